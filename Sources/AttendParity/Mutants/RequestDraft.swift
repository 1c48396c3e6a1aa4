import AttendRuntime

/// A request before its shapes are checked.
struct RequestDraft {
    struct Input: Hashable {
        var dtype: DType
        var shape: [Int]
        var view = View.dense

        /// The shape of the graph's input, which the operation reads through the view.
        var stored: [Int] {
            guard let last = shape.last else { return shape }
            switch view {
            case .dense: return shape
            case .transposed: return shape.count > 1 ? shape.dropLast(2) + [last, shape[shape.count - 2]] : shape
            case .everySecond: return shape.dropLast() + [2 * last + 1]
            case .stretched: return shape.dropLast() + [1]
            }
        }

        func seen(_ value: Value) throws(GraphError) -> Value {
            let rank = shape.count
            switch view {
            case .dense: return value
            case .transposed:
                return rank > 1 ? try value.transposed(Array(0..<rank - 2) + [rank - 1, rank - 2]) : value
            case .everySecond:
                return rank > 0
                    ? try value.sliced(axis: rank - 1, from: 1, to: Size(stored[rank - 1]), step: 2) : value
            case .stretched: return rank > 0 ? try value.broadcast(shape.map { Size($0) }) : value
            }
        }
    }

    /// How an operand lies in memory.
    enum View: CaseIterable {
        case dense, transposed, everySecond, stretched
    }

    let schema: OperationSchema
    var inputs: [Input?]
    var attributes: Attributes

    var elementCount: Int {
        let shapes =
            inputs.compactMap { $0?.stored } + inputs.compactMap { $0?.shape } + [sizesOfAttributes.map { max(0, $0) }]
        return shapes.reduce(0) { $0 + min((try? Tensor.elementCount(of: $1)) ?? .max, 1 << 50) }
    }

    /// The sizes of the attribute that gives a shape.
    var sizesOfAttributes: [Int] {
        guard case .sizes(let sizes) = attributes["shape"] else { return [] }
        return sizes.compactMap(\.constant)
    }

    var request: KernelRequest {
        KernelRequest(
            operation: Operation(schema.name, version: schema.version, attributes: attributes),
            inputs: inputs.map { $0.map { Operand(dtype: $0.dtype, layout: Layout(dense: $0.stored)) } },
            outputs: schema.outputs.map { _ in Operand(dtype: .float32, layout: Layout(dense: [])) })
    }

    /// The graph of the operation alone; nil for an invalid request.
    func graph() -> Graph? {
        guard elementCount < 1 << 40, inputs.allSatisfy({ $0?.shape.count ?? 0 <= 8 }) else { return nil }
        let request = self.request
        return try? OneNodeGraph.make(request) { builder, values throws(GraphError) in
            var seen: [Value?] = []
            for (input, value) in zip(inputs, values) {
                guard let input, let value else {
                    seen.append(nil)
                    continue
                }
                seen.append(try input.seen(value))
            }
            return try OneNodeGraph.apply(request, attributes, builder, seen)
        }
    }

    var outputShape: [Int]? {
        graph().flatMap { graph in graph.outputs.first.flatMap { graph.type(of: $0.value).concreteShape } }
    }

    mutating func replace(_ size: Int, by other: Int) {
        for index in inputs.indices {
            guard let shape = inputs[index]?.shape else { continue }
            inputs[index]?.shape = shape.map { $0 == size ? other : $0 }
        }
        for (name, value) in attributes.values {
            guard case .sizes(let sizes) = value else { continue }
            attributes[name] = .sizes(sizes.map { $0.constant == size ? Size(other) : $0 })
        }
    }

    mutating func replace(_ dtype: DType, by other: DType) {
        for index in inputs.indices where inputs[index]?.dtype == dtype { inputs[index]?.dtype = other }
    }
}
