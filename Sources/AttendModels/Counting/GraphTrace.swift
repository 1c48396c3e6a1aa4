import AttendRuntime

/// Determines the roles of a graph's weights by following values along its nodes.
struct GraphTrace {
    let graph: Graph
    /// Inputs declared as weights; without these, constants.
    let weights: Set<Graph.ValueID>
    /// The nodes that read each value.
    let readers: [Graph.ValueID: [Int]]

    init(_ graph: Graph, declaredWeights: Set<String>) {
        self.graph = graph
        weights = Set(
            graph.values.indices.filter { id in
                switch graph.values[id].source {
                // A scalar is part of a formula.
                case .constant: declaredWeights.isEmpty && graph.type(of: id).rank > 0
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

    /// The input of a node by its name in the schema.
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

    /// The weight that a value is or is a view of; nil for other values.
    func weight(behind id: Graph.ValueID?) -> Graph.ValueID? {
        var next = id
        while let id = next {
            if weights.contains(id) { return id }
            guard let node = producer(of: id), node.operation.facts.passage == .view else { return nil }
            next = node.inputs.first ?? nil
        }
        return nil
    }

    /// A matrix product with a weight, and its bias if any.
    struct Projection: Hashable {
        var matrix: Graph.ValueID
        var bias: Graph.ValueID?
        /// `[out, in]`, also for a matrix stored transposed.
        var shape: [Int]
    }

    /// A projection by these weights; nil for values that are not weights.
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

    /// The projection that produces a value, possibly followed by a bias and views.
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

    /// The projection that reads a value, possibly through views.
    func projection(after id: Graph.ValueID) -> Projection? {
        // A stack, nearest reader on top, instead of recursion: a chain of views may be longer than the call stack is
        // deep.
        var open = Array((readers[id] ?? []).reversed())
        while let reader = open.popLast() {
            let node = graph.nodes[reader]
            if let found = projection(node) { return found }
            guard node.operation.facts.passage == .view else { continue }
            open += (readers[node.outputs[0]] ?? []).reversed()
        }
        return nil
    }

    /// Whether the node feeds an activation or a gate, or reads the result of one: the two sides of an MLP.
    func touchesActivation(_ node: Graph.Node) -> Bool {
        func isActivation(_ node: Graph.Node) -> Bool {
            node.operation.facts.isActivation(node.operation.attributes)
        }
        /// An activation by itself, not fused into a product.
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
