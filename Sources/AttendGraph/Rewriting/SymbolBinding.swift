extension Graph {
    /// Symbol values inferred from the inputs' shapes.
    ///
    /// - Parameters:
    ///   - shapes: Each input's dtype and shape by name. All inputs are required.
    ///   - given: Values of further symbols, such as a cache's capacity.
    /// - Returns: `given` and the inferred values.
    /// - Throws: ``GraphError`` that names the input: missing, unknown, of another dtype or rank, or with a size that
    ///   contradicts a number, an expression or another input; or that names a symbol without a value.
    /// - Complexity: O(axes of inputs and states)
    public func bindSymbols(
        _ shapes: [String: (dtype: DType, shape: [Int])], given: [String: Int] = [:]
    ) throws(GraphError) -> [String: Int] {
        let known = inputs.map { values[$0].name }
        let isKnown = Set(known)
        for name in shapes.keys.sorted() where !isKnown.contains(name) {
            throw .unknownInput(name, hint: Nearest.hint(for: name, among: known))
        }
        var bound = given
        var places = given.mapValues { _ in "the session" }
        for id in inputs {
            let (name, type) = (values[id].name, values[id].type)
            guard let found = shapes[name] else { throw .missingInput(name) }
            guard found.dtype == type.dtype, found.shape.count == type.rank else {
                throw .type(name: name, expected: "\(type)", found: "\(found.dtype)\(found.shape)")
            }
            for (axis, size) in type.shape.enumerated() {
                guard let symbol = size.bareSymbol else { continue }
                let (value, place) = (found.shape[axis], "axis \(axis) of \"\(name)\"")
                if let earlier = bound[symbol], earlier != value {
                    throw .symbol(
                        symbol, first: earlier, firstPlace: places[symbol] ?? "", second: value, secondPlace: place)
                }
                bound[symbol] = value
                places[symbol] = place
            }
        }
        try check(shapes, bound)
        for state in states {
            for symbol in values[state.value].type.shape.flatMap(\.symbols) where bound[symbol] == nil {
                throw .unboundSymbol(symbol, place: "state \"\(state.name)\"")
            }
        }
        return bound
    }

    /// Checks that the inputs' declared sizes, numbers and expressions included, equal the given ones.
    private func check(
        _ shapes: [String: (dtype: DType, shape: [Int])], _ bound: [String: Int]
    ) throws(GraphError) {
        for id in inputs {
            let (name, type) = (values[id].name, values[id].type)
            let expected: TensorType
            do throws(SizeError) {
                expected = try type.bound(to: bound)
            } catch .unbound(let symbol, _) {
                throw .unboundSymbol(symbol, place: "input \"\(name)\"")
            } catch {
                throw .size(name: name, reason: error.description)
            }
            guard let found = shapes[name], expected.concreteShape == found.shape else {
                throw .type(name: name, expected: "\(type)", found: "\(type.dtype)\(shapes[name]?.shape ?? [])")
            }
        }
    }

    /// The same graph with every symbol replaced by its value, types inferred anew from the inputs on.
    package func bound(to symbols: [String: Int]) throws(GraphError) -> Graph {
        var copy = GraphCopy(self)
        for (id, value) in values.enumerated() {
            switch value.source {
            case .input, .state: try copy.copySource(id, type: bound(value, symbols))
            case .constant: try copy.copySource(id)
            case .node(let index, output: 0):
                let node = nodes[index]
                var operation = node.operation
                do {
                    operation.attributes = try operation.attributes.bound(to: symbols)
                } catch {
                    throw .node(name: node.name, operation: operation.name, reason: error.description)
                }
                try copy.infer(node, as: operation)
            case .node: break
            }
        }
        try copy.copyResults()
        return copy.target.unverified()
    }

    private func bound(_ value: Value, _ symbols: [String: Int]) throws(GraphError) -> TensorType {
        do {
            return try value.type.bound(to: symbols)
        } catch {
            throw .size(name: value.name, reason: error.description)
        }
    }
}
