public import AttendRuntime

/// The parameters of a graph by role: a sum over its weights, each counted once however often it is used.
///
/// Roles follow from the nodes that read a weight, not from names.
public struct ParameterCount: Sendable {
    /// The role of a weight.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case attention = "attention"
        case attentionBias = "attention's biases"
        case feedForward = "feed-forward"
        case embedding = "embeddings"
        case norm = "norms"
        /// Weights outside of attention and MLPs, such as an unembedding, and all others.
        case other = "other"
    }

    /// Weights of one shape and role whose names differ only in numbers: one per block.
    public struct Group: Sendable, Hashable {
        /// The common name, with `*` for the numbers.
        public var name: String
        /// The role of the weights.
        public var role: Role
        /// The shape of each weight.
        public var shape: [Int]
        /// The number of weights.
        public var count: Int
        /// The number of parameters of all weights in the group; `Int.max` on overflow.
        public var parameterCount: Int { shape.product.times(count) }
    }

    /// The groups of weights, in the graph's order.
    public private(set) var groups: [Group] = []
    /// The attention blocks by shape with their counts, in the graph's order.
    public private(set) var attentions: [(shape: AttentionShape, count: Int)] = []

    /// The number of parameters of all groups; `Int.max` on overflow.
    public var total: Int { groups.map(\.parameterCount).total }

    /// The number of parameters of one role; `Int.max` on overflow.
    public func total(of role: Role) -> Int {
        groups.filter { $0.role == role }.map(\.parameterCount).total
    }

    /// Counts the floating-point weights of a graph: constants of rank 1 or more, and declared inputs.
    ///
    /// - Parameter declaredWeights: The names of inputs that represent weights.
    /// - Complexity: O(nodes + weights · groups).
    public init(_ graph: Graph, declaredWeights: Set<String> = []) {
        let trace = GraphTrace(graph, declaredWeights: declaredWeights)
        var roles: [Graph.ValueID: Role] = [:]
        for node in graph.nodes {
            if let block = AttentionBlock(node, trace) {
                for matrix in block.matrices { roles[matrix] = .attention }
                for bias in block.biases where roles[bias] == nil { roles[bias] = .attentionBias }
                add(block.shape)
            }
        }
        for node in graph.nodes {
            for (id, role) in ParameterCount.roles(of: node, trace) where roles[id] == nil { roles[id] = role }
        }
        for id in trace.weights.sorted() where graph.type(of: id).dtype.isFloatingPoint {
            add(graph.values[id].name, graph.type(of: id).concreteShape ?? [], roles[id] ?? .other)
        }
    }

    private mutating func add(_ shape: AttentionShape) {
        if let index = attentions.firstIndex(where: { $0.shape == shape }) {
            attentions[index].count += 1
        } else {
            attentions.append((shape, 1))
        }
    }

    private mutating func add(_ name: String, _ shape: [Int], _ role: Role) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let pattern = parts.map { $0.allSatisfy(\.isWholeNumber) ? "*" : $0 }.joined(separator: "/")
        if let index = groups.firstIndex(where: { $0.name == pattern && $0.shape == shape && $0.role == role }) {
            groups[index].count += 1
        } else {
            groups.append(Group(name: pattern, role: role, shape: shape, count: 1))
        }
    }

    /// The roles of the weights that a node reads.
    private static func roles(of node: Graph.Node, _ trace: GraphTrace) -> [(Graph.ValueID, Role)] {
        node.operation.facts.weights.sorted { $0.key < $1.key }.compactMap { input, use in
            guard let id = trace.weight(behind: trace.input(input, of: node)) else { return nil }
            switch use {
            case .norm: return (id, .norm)
            // A sliced tensor is a table only if it is a matrix.
            case .table:
                let isTable = node.operation.primitive != .slice || trace.graph.type(of: id).rank == 2
                return isTable ? (id, .embedding) : nil
            case .projection: return trace.touchesActivation(node) ? (id, .feedForward) : nil
            }
        }
    }
}

/// The weights around one node of attention.
private struct AttentionBlock {
    let shape: AttentionShape
    let matrices: [Graph.ValueID]
    let biases: [Graph.ValueID]

    /// Nil for other nodes, and for attention whose inputs are not projections by weights.
    init?(_ node: Graph.Node, _ trace: GraphTrace) {
        guard let found = AttentionBlock.heads(node, trace) ?? AttentionBlock.bare(node, trace) else { return nil }
        let known = found.projections.compactMap(\.self)
        guard known.count == 4, found.heads > 0, found.keyValueHeads > 0 else { return nil }
        matrices = known.map(\.matrix)
        biases = known.compactMap(\.bias)
        var shape = AttentionShape(
            kind: node.operation.id == .crossAttention ? .crossAttention : .selfAttention,
            headCount: found.heads, keyValueHeadCount: found.keyValueHeads, query: known[0].shape,
            key: known[1].shape, value: known[2].shape, output: known[3].shape,
            biasCount: Set(biases).map { (trace.graph.type(of: $0).concreteShape ?? []).product }.total)
        // One matrix may hold the rows of several projections: each has the rows that its heads need.
        if let rows = found.rows { (shape.query[0], shape.key[0], shape.value[0]) = rows }
        self.shape = shape
    }

    private struct Found {
        var projections: [GraphTrace.Projection?]
        var heads: Int
        var keyValueHeads: Int
        var rows: (query: Int, key: Int, value: Int)?
    }

    /// Attention with its projections in one node: the matrices are the node's inputs.
    private static func heads(_ node: Graph.Node, _ trace: GraphTrace) -> Found? {
        guard [.selfAttention, .crossAttention].contains(node.operation.id) else { return nil }
        let projections = ["query", "key", "value", "output"].map { role in
            trace.projection(
                matrix: trace.input("\(role)_weight", of: node), bias: trace.input("\(role)_bias", of: node))
        }
        let count = node.operation.attributes.integer("heads")
        return Found(
            projections: projections, heads: count,
            keyValueHeads: node.operation.attributes.optionalInteger("key_value_heads") ?? count)
    }

    /// Attention without projections: its inputs are traced back to their projections, and its output to the next one.
    private static func bare(_ node: Graph.Node, _ trace: GraphTrace) -> Found? {
        guard node.operation.id == .attention else { return nil }
        let inputs = ["query", "key", "value"].map { trace.input($0, of: node) }
        let sizes = inputs.compactMap { $0.map { trace.graph.type(of: $0).shape } }
        guard sizes.count == 3, let heads = sizes[0][1].constant, let keyValueHeads = sizes[1][1].constant,
            let dimension = sizes[0][3].constant, let valueDimension = sizes[2][3].constant
        else { return nil }
        return Found(
            projections: inputs.map(trace.projection(before:)) + [trace.projection(after: node.outputs[0])],
            heads: heads, keyValueHeads: keyValueHeads,
            rows: (heads.times(dimension), keyValueHeads.times(dimension), keyValueHeads.times(valueDimension)))
    }
}
