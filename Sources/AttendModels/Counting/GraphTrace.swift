import AttendRuntime

/// Finds out what a graph's weights are for, by following values along its nodes.
struct GraphTrace {
    let graph: Graph
    /// Constants, and the inputs that are declared as weights.
    let weights: Set<Graph.ValueID>
    /// The nodes that read each value.
    let readers: [Graph.ValueID: [Int]]

    init(_ graph: Graph, declaredWeights: Set<String>) {
        self.graph = graph
        weights = Set(
            graph.values.indices.filter { id in
                switch graph.values[id].source {
                // A scalar is part of a formula.
                case .constant: graph.type(of: id).rank > 0
                case .input: declaredWeights.contains(graph.values[id].name)
                case .state, .node: false
                }
            })
        var readers: [Graph.ValueID: [Int]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for id in Set(node.inputs.compactMap(\.self)) { readers[id, default: []].append(index) }
        }
        self.readers = readers
    }

    /// The node's input of this name.
    func input(_ name: String, of node: Graph.Node) -> Graph.ValueID? {
        let schema = node.operation.primitive?.schema ?? graph.composite(named: node.operation.versionedName)?.schema
        guard let index = schema?.inputs.firstIndex(where: { $0.name == name }), index < node.inputs.count else {
            return nil
        }
        return node.inputs[index]
    }

    private func producer(of id: Graph.ValueID) -> Graph.Node? {
        guard case .node(let index, _) = graph.values[id].source else { return nil }
        return graph.nodes[index]
    }

    /// The weight that the value is, or is a view of.
    func weight(behind id: Graph.ValueID?) -> Graph.ValueID? {
        var next = id
        while let id = next {
            if weights.contains(id) { return id }
            guard let node = producer(of: id), node.operation.facts.passage == .view else { return nil }
            next = node.inputs.first ?? nil
        }
        return nil
    }

    /// A product with a weight: the matrix, and a bias if it has one.
    struct Projection: Hashable {
        var matrix: Graph.ValueID
        var bias: Graph.ValueID?
        /// `[out, in]`, whichever way the matrix lies.
        var shape: [Int]
    }

    /// nil where these are no weights.
    func projection(matrix: Graph.ValueID?, bias: Graph.ValueID?, isTransposed: Bool = false) -> Projection? {
        guard let used = matrix, let found = weight(behind: used), let shape = graph.type(of: used).concreteShape,
            shape.count == 2
        else { return nil }
        return Projection(
            matrix: found, bias: weight(behind: bias), shape: isTransposed ? shape.reversed() : shape)
    }

    private func projection(_ node: Graph.Node) -> Projection? {
        if node.operation.primitive == .matmul {
            return projection(
                matrix: input("rhs", of: node), bias: nil,
                isTransposed: !node.operation.attributes.bool("transpose_rhs"))
        }
        guard node.operation.facts.work == .product else { return nil }
        return projection(matrix: input("weight", of: node), bias: input("bias", of: node))
    }

    /// The projection that a value comes from.
    func projection(before id: Graph.ValueID?) -> Projection? {
        var (next, bias) = (id, Graph.ValueID?.none)
        while let id = next, let node = producer(of: id) {
            if var found = projection(node) {
                found.bias = found.bias ?? bias
                return found
            }
            guard node.operation.facts.passage != .no else { return nil }
            if node.operation.primitive == .add { bias = node.inputs.lazy.compactMap(weight(behind:)).first }
            next = node.inputs.compactMap(\.self).first { weight(behind: $0) == nil }
        }
        return nil
    }

    /// The projection that a value goes into.
    func projection(after id: Graph.ValueID) -> Projection? {
        // A work list, nearest on top, in place of recursion: a chain of views may be longer than the stack is deep.
        var open = Array((readers[id] ?? []).reversed())
        while let reader = open.popLast() {
            let node = graph.nodes[reader]
            if let found = projection(node) { return found }
            guard node.operation.facts.passage == .view else { continue }
            open += (readers[node.outputs[0]] ?? []).reversed()
        }
        return nil
    }

    /// True when the value goes into an activation, or comes out of one that gates: the two sides of an MLP.
    func touchesActivation(_ node: Graph.Node) -> Bool {
        func isActivation(_ node: Graph.Node) -> Bool {
            node.operation.facts.isActivation(node.operation.attributes)
        }
        /// A function alone, not at the end of a product.
        func isFunction(_ node: Graph.Node) -> Bool { isActivation(node) && node.operation.facts.work != .product }
        func comesFromActivation(_ id: Graph.ValueID?) -> Bool {
            id.flatMap(producer(of:)).map(isActivation) ?? false
        }
        func isGate(_ node: Graph.Node) -> Bool {
            node.operation.primitive == .multiply && node.inputs.contains(where: comesFromActivation)
        }
        func isActive(_ id: Graph.ValueID?) -> Bool {
            comesFromActivation(id) || (id.flatMap(producer(of:)).map(isGate) ?? false)
        }
        let goesIn = (readers[node.outputs[0]] ?? []).contains {
            isFunction(graph.nodes[$0]) || isGate(graph.nodes[$0])
        }
        return isActivation(node) || goesIn || isActive(node.inputs.first ?? nil)
    }
}
