extension Graph {
    /// By value, whether an output or a state depends on it.
    fileprivate var neededValues: [Bool] {
        var needed = [Bool](repeating: false, count: values.count)
        for output in outputs { needed[output.value] = true }
        for state in states { if let update = state.update { needed[update] = true } }
        for node in nodes.reversed() where node.isNeeded(needed) {
            for case let input? in node.inputs { needed[input] = true }
        }
        return needed
    }

    /// Nodes that outputs or states follow from.
    var neededNodeCount: Int {
        let needed = neededValues
        return nodes.count { $0.isNeeded(needed) }
    }
}

extension Graph.Node {
    fileprivate func isNeeded(_ needed: [Bool]) -> Bool { outputs.contains { needed[$0] } }
}

/// Builds a graph anew, node by node, with some nodes replaced.
///
/// Building begins with the first replacement: a pass without any returns the graph itself, at O(nodes).
struct GraphRewriter {
    let reader: PatternReader
    private let target: GraphBuilder
    /// ``Graph/neededValues`` of the old graph.
    private let needed: [Bool]
    /// By the old graph's values; empty before the building begins.
    private var values: [Value?] = []
    /// Entries of ``values`` before the current replacement changed them, for ``undo(to:)``.
    private var journal: [(id: Graph.ValueID, before: Value?)] = []
    /// The current node's index, and the state of ``target`` before its replacement.
    private var position = 0
    private var mark: GraphBuilder.Mark?

    private var graph: Graph { reader.graph }

    private init(_ graph: Graph) {
        reader = PatternReader(graph)
        needed = graph.neededValues
        target = GraphBuilder(graph.name, composites: Array(graph.composites.values))
    }

    /// Where replacements are built.
    var builder: GraphBuilder {
        mutating get throws(GraphError) {
            try begin()
            return target
        }
    }

    /// Starts the new graph with copies of all nodes before the current one.
    private mutating func begin() throws(GraphError) {
        guard mark == nil else { return }
        mark = target.mark
        values = Array(repeating: nil, count: graph.values.count)
        target.reserve(Set(graph.nodes.map(\.name) + graph.constants.map(\.name)))
        for id in graph.inputs { values[id] = try target.input(graph.values[id].name, graph.type(of: id)) }
        for state in graph.states {
            let type = graph.type(of: state.value)
            values[state.value] = try target.state(state.name, type.dtype, type.shape)
        }
        for node in graph.nodes[..<position] where node.isNeeded(needed) { try copy(node) }
        mark = target.mark
    }

    /// The new graph's value for one of the old. A constant is carried over when it is first asked for.
    mutating func value(_ id: Graph.ValueID) throws(GraphError) -> Value {
        try begin()
        if let known = values[id] { return known }
        guard case .constant(let index) = graph.values[id].source else {
            preconditionFailure("nodes stand in an order in which they can run")
        }
        let made = try target.constant(graph.constants[index].tensor, named: graph.constants[index].name)
        try set(id, made)
        return made
    }

    /// Says what stands for a value of the old graph from here on.
    mutating func set(_ id: Graph.ValueID, _ value: Value) throws(GraphError) {
        try begin()
        journal.append((id, values[id]))
        values[id] = value
    }

    /// The graph in which each node is what `replacement` says: values for its outputs in order, or nil for the node itself. What
    /// nothing reads is left out.
    ///
    /// A replacement of another type than the node's is none: where an operand broadcasts, a form that looks like a known one may
    /// mean more than that. The node then stays.
    static func rewrite(
        _ graph: Graph,
        _ replacement: (Graph.Node, inout GraphRewriter) throws(GraphError) -> [Value?]?
    ) throws(GraphError) -> Graph {
        var rewriter = GraphRewriter(graph)
        for (position, node) in graph.nodes.enumerated() where node.isNeeded(rewriter.needed) {
            rewriter.position = position
            rewriter.journal.removeAll(keepingCapacity: true)
            if rewriter.mark != nil { rewriter.mark = rewriter.target.mark }
            let made = try replacement(node, &rewriter)
            if let made, rewriter.fits(made, node) {
                try rewriter.begin()
                for (id, value) in zip(node.outputs, made) { rewriter.values[id] = value }
                continue
            }
            guard let mark = rewriter.mark else { continue }
            if made != nil { rewriter.undo(to: mark) }
            try rewriter.copy(node)
        }
        return try rewriter.finish()
    }

    private mutating func finish() throws(GraphError) -> Graph {
        if mark == nil, isWholeNeeded { return graph }
        position = graph.nodes.count
        try begin()
        for output in graph.outputs { try target.output(output.name, value(output.value)) }
        for state in graph.states {
            guard let update = state.update else { continue }
            try target.update(value(state.value), with: value(update))
        }
        return try target.build()
    }

    private var isWholeNeeded: Bool {
        graph.nodes.allSatisfy { $0.isNeeded(needed) }
            && graph.values.enumerated().allSatisfy { id, value in
                if case .constant = value.source { needed[id] } else { true }
            }
    }

    private mutating func undo(to mark: GraphBuilder.Mark) {
        for change in journal.reversed() { values[change.id] = change.before }
        target.undo(to: mark)
    }

    private func fits(_ made: [Value?], _ node: Graph.Node) -> Bool {
        zip(node.outputs, made).allSatisfy { id, value in value.map { $0.type == graph.type(of: id) } ?? true }
    }

    private mutating func copy(_ node: Graph.Node) throws(GraphError) {
        var inputs: [Graph.ValueID?] = []
        for input in node.inputs {
            guard let input else {
                inputs.append(nil)
                continue
            }
            inputs.append(try value(input).id)
        }
        let types = node.outputs.map { graph.type(of: $0) }
        let names = node.outputs.map { graph.values[$0].name }
        for (id, value) in zip(node.outputs, try target.adopt(node, inputs: inputs, types: types, names: names)) {
            values[id] = value
        }
    }

    /// The parts of a graph in the place of a node, under its name.
    ///
    /// - Returns: The part's outputs by name.
    mutating func inline(
        _ parts: Graph, inputs: [Value], under name: String
    ) throws(GraphError) -> [String: Value] {
        var known: [Graph.ValueID: Value] = [:]
        for (id, value) in zip(parts.inputs, inputs) { known[id] = value }
        for (id, value) in parts.values.enumerated() {
            if case .constant(let index) = value.source {
                known[id] = try builder.constant(parts.constants[index].tensor)
            }
        }
        for node in parts.nodes {
            let inputs = node.inputs.map { $0.flatMap { known[$0]?.id } }
            var inner = node
            inner.name = "\(name)/\(node.name)"
            let names = node.outputs.map { "\(name)/\(parts.values[$0].name)" }
            let types = node.outputs.map { parts.type(of: $0) }
            for (id, value) in zip(node.outputs, try builder.adopt(inner, inputs: inputs, types: types, names: names)) {
                known[id] = value
            }
        }
        var results: [String: Value] = [:]
        for output in parts.outputs { results[output.name] = known[output.value] }
        return results
    }
}

extension GraphBuilder {
    /// Adds a node of a verified graph, whose types are known.
    fileprivate func adopt(
        _ node: Graph.Node, inputs: [Graph.ValueID?], types: [TensorType], names: [String]
    ) throws(GraphError) -> [Value] {
        try claim(node.name)
        let index = nodes.count
        let results = types.indices.map { add(names[$0], types[$0], .node(index, output: $0)) }
        nodes.append(
            Graph.Node(name: node.name, operation: node.operation, inputs: inputs, outputs: results.map(\.id)))
        return results
    }
}
