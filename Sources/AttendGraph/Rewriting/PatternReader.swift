/// Read-only queries on a graph, for pattern matching.
struct PatternReader {
    let graph: Graph
    /// Number of readers of each value: nodes, the graph's outputs, state updates.
    private let useCounts: [Int]
    /// See ``number(_:)``, by value.
    private let numbers: [Double?]

    init(_ graph: Graph) {
        self.graph = graph
        numbers = PatternReader.numbers(graph)
        var counts = [Int](repeating: 0, count: graph.values.count)
        for node in graph.nodes { for input in node.inputs.compactMap(\.self) { counts[input] += 1 } }
        for output in graph.outputs { counts[output.value] += 1 }
        for state in graph.states { if let update = state.update { counts[update] += 1 } }
        useCounts = counts
    }

    func type(_ id: Graph.ValueID) -> TensorType { graph.type(of: id) }
    func shape(_ id: Graph.ValueID) -> [Size] { graph.type(of: id).shape }

    /// Whether the value has exactly one reader.
    func isUsedOnce(_ id: Graph.ValueID) -> Bool { useCounts[id] == 1 }

    /// The node whose first output this is; nil for any other value.
    func maker(_ id: Graph.ValueID) -> Graph.Node? {
        guard case .node(let index, output: 0) = graph.values[id].source else { return nil }
        return graph.nodes[index]
    }

    func maker(_ id: Graph.ValueID, _ primitive: Primitive) -> Graph.Node? {
        maker(id).flatMap { $0.operation.primitive == primitive ? $0 : nil }
    }

    func maker(_ id: Graph.ValueID, _ operation: OperationID) -> Graph.Node? {
        maker(id).flatMap { $0.operation.id == operation ? $0 : nil }
    }

    /// A node's inputs, without absent ones.
    func inputs(_ node: Graph.Node) -> [Graph.ValueID] { node.inputs.compactMap(\.self) }

    /// The two inputs in both orders; empty for another number of inputs.
    func eitherOrder(_ node: Graph.Node) -> [(Graph.ValueID, Graph.ValueID)] {
        let inputs = inputs(node)
        guard inputs.count == 2 else { return [] }
        return [(inputs[0], inputs[1]), (inputs[1], inputs[0])]
    }

    func constant(_ id: Graph.ValueID) -> ConstantTensor? {
        guard case .constant(let index) = graph.values[id].source else { return nil }
        return graph.constants[index].content
    }

    /// Reads constants. O(bytes).
    func tensors(_ constants: [ConstantTensor]) throws(GraphError) -> [Tensor] {
        do throws(ConstantError) {
            return try constants.map { constant throws(ConstantError) in try constant.tensor() }
        } catch {
            throw .constant(error)
        }
    }

    /// The value of all elements, for a constant of one element, possibly broadcast, reshaped or cast. O(1).
    func number(_ id: Graph.ValueID) -> Double? { numbers[id] }

    /// One forward sweep; values are in topological order. O(values).
    private static func numbers(_ graph: Graph) -> [Double?] {
        var numbers: [Double?] = []
        numbers.reserveCapacity(graph.values.count)
        for value in graph.values {
            switch value.source {
            case .constant(let index): numbers.append(number(graph.constants[index].content))
            case .node(let index, output: 0):
                let node = graph.nodes[index]
                guard let primitive = node.operation.primitive, [.broadcast, .reshape, .cast].contains(primitive),
                    value.type.dtype.isFloatingPoint, let input = node.inputs[0]
                else {
                    numbers.append(nil)
                    continue
                }
                // A cast rounds.
                numbers.append(
                    numbers[input].flatMap {
                        primitive == .cast ? number(.held(Tensor(scalar: $0, dtype: value.type.dtype))) : $0
                    })
            case .input, .state, .node: numbers.append(nil)
            }
        }
        return numbers
    }

    private static func number(_ content: ConstantTensor) -> Double? {
        guard case .held(let tensor) = content, tensor.elementCount == 1 else { return nil }
        if let floats = try? tensor.floats() { return floats.first.map(Double.init) }
        return (try? tensor.integers())?.first.map(Double.init)
    }

    /// Whether this is a number equal to `expected` in float32.
    func isNumber(_ id: Graph.ValueID, _ expected: Double) -> Bool {
        number(id).map { Float($0) == Float(expected) } ?? false
    }

    /// The other input, if one of a node's two is this number.
    func other(_ node: Graph.Node, than expected: Double) -> Graph.ValueID? {
        eitherOrder(node).first { isNumber($0.1, expected) }?.0
    }

    /// Whether a reduction is over the last axis only and keeps it.
    func isOverRows(_ node: Graph.Node) -> Bool {
        guard let input = node.inputs[0], let axes = node.operation.attributes.optionalIntegers("axes"),
            axes.count == 1, node.operation.attributes.bool("keep_dimensions")
        else { return false }
        return axes[0] == -1 || axes[0] == shape(input).count - 1
    }

    /// The input of a mean over the last axis, kept with size 1; nil for any other value.
    func rowMean(_ id: Graph.ValueID) -> Graph.ValueID? {
        if let node = maker(id, .reduceMean) { return isOverRows(node) ? node.inputs[0] : nil }
        guard let quotient = maker(id, .divide), let sum = quotient.inputs[0], let count = quotient.inputs[1],
            let node = maker(sum, .reduceSum), isOverRows(node), let input = node.inputs[0],
            let width = shape(input).last?.constant, isNumber(count, Double(width))
        else { return nil }
        return input
    }

    /// The base of a square; nil for any other value.
    func squared(_ id: Graph.ValueID) -> Graph.ValueID? {
        if let product = maker(id, .multiply), product.inputs[0] == product.inputs[1] { return product.inputs[0] }
        if let power = maker(id, .power), let exponent = power.inputs[1], isNumber(exponent, 2) {
            return power.inputs[0]
        }
        return nil
    }

    /// The factors of nested products, in order; inner products must be used only once. Nil for more than `limit`.
    /// O(limit).
    func factors(_ id: Graph.ValueID, upTo limit: Int) -> [Graph.ValueID]? {
        var found: [Graph.ValueID] = []
        var open = [(id: id, isInside: false)]
        while let next = open.popLast() {
            if !next.isInside || isUsedOnce(next.id), let product = maker(next.id, .multiply) {
                open += inputs(product).reversed().map { ($0, true) }
            } else {
                found.append(next.id)
            }
            guard found.count + open.count <= limit else { return nil }
        }
        return found
    }
}
