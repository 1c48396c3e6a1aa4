/// Copies values and nodes of a graph into the builder of another.
///
/// Used by passes, captures, symbol binding and constant folding.
struct GraphCopy {
    let source: Graph
    let target: GraphBuilder
    /// The copies, indexed by the source's values; nil for values not copied.
    private(set) var values: [Value?]

    init(_ source: Graph, into target: GraphBuilder) {
        self.source = source
        self.target = target
        values = Array(repeating: nil, count: source.values.count)
    }

    /// A copy into an empty builder that knows the same composites.
    init(_ source: Graph, named name: String? = nil) {
        self.init(source, into: GraphBuilder(name ?? source.name, knowing: source.knownComposites))
    }

    /// The copy of a value, or its replacement.
    subscript(id: Graph.ValueID) -> Value? {
        get { values[id] }
        set { values[id] = newValue }
    }

    // MARK: Sources

    /// Copies an input, constant or state; does nothing for a node's value.
    ///
    /// - Parameters:
    ///   - type: The copy's type, if different.
    ///   - name: The copy's name, if different.
    mutating func copySource(
        _ id: Graph.ValueID, type: TensorType? = nil, named name: String? = nil
    ) throws(GraphError) {
        let value = source.values[id]
        let (type, name) = (type ?? value.type, name ?? value.name)
        switch value.source {
        case .input: values[id] = try target.input(name, type)
        case .constant(let index): values[id] = try target.constant(source.constants[index].content, named: name)
        case .state: values[id] = try target.state(name, type.dtype, type.shape)
        case .node: break
        }
    }

    /// Copies all inputs, constants and states in their order.
    mutating func copySources() throws(GraphError) {
        for id in source.values.indices { try copySource(id) }
    }

    // MARK: Nodes

    /// Copies a node and infers its types anew.
    ///
    /// - Parameter operation: The copy's operation, if different.
    mutating func infer(_ node: Graph.Node, as operation: Operation? = nil) throws(GraphError) {
        let made = try target.append(operation ?? node.operation, inputs: copiedInputs(of: node), named: node.name)
        for (id, value) in zip(node.outputs, made) { values[id] = value }
    }

    /// Copies a node with its types, which are those of a verified graph.
    ///
    /// - Parameter name: The copy's name, if different.
    mutating func adopt(_ node: Graph.Node, named name: String? = nil) throws(GraphError) {
        let (name, inputs) = (try target.claim(name ?? node.name), copiedInputs(of: node))
        var outputs: [Graph.ValueID] = []
        outputs.reserveCapacity(node.outputs.count)
        for (position, id) in node.outputs.enumerated() {
            let old = source.values[id]
            // A value is named after its node: `head`, `head.pattern`.
            let own = name + old.name.dropFirst(node.name.count)
            let value = target.add(own, old.type, .node(target.nodes.count, output: position))
            values[id] = value
            outputs.append(value.id)
        }
        target.nodes.append(Graph.Node(name: name, operation: node.operation, inputs: inputs, outputs: outputs))
    }

    private func copiedInputs(of node: Graph.Node) -> [Graph.ValueID?] {
        node.inputs.map { $0.map { copy(of: $0).id } }
    }

    /// Copies the outputs and the state updates.
    func copyResults() throws(GraphError) {
        for output in source.outputs { try target.output(output.name, copy(of: output.value)) }
        for state in source.states {
            guard let update = state.update else { continue }
            try target.update(copy(of: state.value), with: copy(of: update))
        }
    }

    /// The copy of a value; traps if it was not copied.
    func copy(of id: Graph.ValueID) -> Value {
        guard let value = values[id] else { preconditionFailure("a value must be copied before its readers") }
        return value
    }

    // MARK: Parts

    /// Copies the source, as the parts of a node, in place of that node.
    ///
    /// - Parameters:
    ///   - inputs: The copies of the source's inputs, in their order.
    ///   - needed: The source's values in use; only their dependencies are copied.
    ///   - name: The node's name, prefixed to the parts' names with a slash.
    mutating func inline(
        _ inputs: [Value], needed: [Graph.ValueID], under name: String
    ) throws(GraphError) {
        var live = Set(needed)
        for node in source.nodes.reversed() where node.outputs.contains(where: live.contains) {
            live.formUnion(node.inputs.compactMap(\.self))
        }
        let target = target
        func free(_ part: String) -> String {
            var free = "\(name)/\(part)"
            while !target.isFree(free) { free += "_" }
            return free
        }
        target.adopt(source.composites)
        for (id, value) in zip(source.inputs, inputs) { values[id] = value }
        for (id, value) in source.values.enumerated() where live.contains(id) {
            if case .constant = value.source { try copySource(id, named: free(value.name)) }
        }
        for node in source.nodes where node.outputs.contains(where: live.contains) {
            try adopt(node, named: free(node.name))
        }
    }
}
