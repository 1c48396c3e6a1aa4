extension Graph {
    /// Whether an output or a state depends on a value, by value.
    fileprivate var neededValues: [Bool] {
        var needed = [Bool](repeating: false, count: values.count)
        for output in outputs { needed[output.value] = true }
        for state in states { if let update = state.update { needed[update] = true } }
        for node in nodes.reversed() where node.isNeeded(needed) {
            for case let input? in node.inputs { needed[input] = true }
        }
        return needed
    }

    /// Number of nodes that outputs or states depend on.
    var neededNodeCount: Int {
        let needed = neededValues
        return nodes.count { $0.isNeeded(needed) }
    }
}

extension Graph.Node {
    fileprivate func isNeeded(_ needed: [Bool]) -> Bool { outputs.contains { needed[$0] } }
}

/// Rebuilds a graph node by node, replacing some nodes.
///
/// Building begins at the first replacement: a pass without any returns the graph itself, in O(nodes).
struct GraphRewriter {
    let reader: PatternReader
    /// ``Graph/neededValues`` of the old graph.
    private let needed: [Bool]
    /// The new graph; empty until building begins.
    private var copy: GraphCopy
    /// Entries of ``copy`` before the current replacement changed them, for ``undo(to:)``.
    private var journal: [(id: Graph.ValueID, before: Value?)] = []
    /// The current node's index.
    private var position = 0
    /// The state of the new graph before the current node's replacement; nil until building begins.
    private var mark: GraphBuilder.Mark?

    private var graph: Graph { reader.graph }
    private var target: GraphBuilder { copy.target }

    private init(_ graph: Graph) {
        reader = PatternReader(graph)
        needed = graph.neededValues
        copy = GraphCopy(graph)
    }

    /// The builder of replacements.
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
        target.reserve(Set(graph.nodes.map(\.name) + graph.constants.map(\.name)))
        for id in graph.inputs + graph.states.map(\.value) { try copy.copySource(id) }
        for node in graph.nodes[..<position] where node.isNeeded(needed) { try adopt(node) }
        mark = target.mark
        // These copies stay if the current replacement is undone.
        journal.removeAll(keepingCapacity: true)
    }

    /// The new graph's counterpart of an old value. Constants are copied on first use.
    mutating func value(_ id: Graph.ValueID) throws(GraphError) -> Value {
        try begin()
        if let known = copy[id] { return known }
        journal.append((id, nil))
        try copy.copySource(id)
        guard let made = copy[id] else { preconditionFailure("nodes must be in topological order") }
        return made
    }

    /// Sets the counterpart of an old value from here on.
    mutating func set(_ id: Graph.ValueID, _ value: Value) throws(GraphError) {
        try begin()
        journal.append((id, copy[id]))
        copy[id] = value
    }

    /// The graph with each node replaced by the result of `replacement`: values for its outputs in order, or nil to
    /// keep the node. Unused nodes and constants are omitted.
    ///
    /// A replacement of another type than the node's is undone, and the node kept: where an operand broadcasts, a match
    /// may not be equivalent.
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
                for (id, value) in zip(node.outputs, made) { rewriter.copy[id] = value }
                continue
            }
            guard let mark = rewriter.mark else { continue }
            if made != nil { rewriter.undo(to: mark) }
            try rewriter.adopt(node)
        }
        return try rewriter.finish()
    }

    private mutating func finish() throws(GraphError) -> Graph {
        if mark == nil, isWholeNeeded { return graph }
        position = graph.nodes.count
        try begin()
        // Constants among them may not be copied yet.
        for id in graph.outputs.map(\.value) + graph.states.compactMap(\.update) { _ = try value(id) }
        try copy.copyResults()
        return try target.build()
    }

    private var isWholeNeeded: Bool {
        graph.nodes.allSatisfy { $0.isNeeded(needed) }
            && graph.values.enumerated().allSatisfy { id, value in
                if case .constant = value.source { needed[id] } else { true }
            }
    }

    private mutating func undo(to mark: GraphBuilder.Mark) {
        for change in journal.reversed() { copy[change.id] = change.before }
        target.undo(to: mark)
    }

    private func fits(_ made: [Value?], _ node: Graph.Node) -> Bool {
        zip(node.outputs, made).allSatisfy { id, value in value.map { $0.type == graph.type(of: id) } ?? true }
    }

    private mutating func adopt(_ node: Graph.Node) throws(GraphError) {
        for case let input? in node.inputs { _ = try value(input) }
        try copy.adopt(node)
    }

    /// Adds the parts of a graph in place of a node, under its name.
    ///
    /// - Returns: The parts' outputs by name.
    mutating func inline(
        _ parts: Graph, inputs: [Value], under name: String
    ) throws(GraphError) -> [String: Value] {
        var part = GraphCopy(parts, into: try builder)
        try part.inline(inputs, needed: parts.outputs.map(\.value), under: name)
        var results: [String: Value] = [:]
        for output in parts.outputs { results[output.name] = part[output.value] }
        return results
    }
}
