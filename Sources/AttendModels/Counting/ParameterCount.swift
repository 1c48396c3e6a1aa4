public import AttendRuntime

/// The parameters of a graph by what they are for: a sum over its weights, each counted once however often it is used.
///
/// Nothing is known beforehand: what a weight is for follows from the nodes that read it.
public struct ParameterCount: Sendable {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case attention = "attention"
        case attentionBias = "attention's biases"
        case feedForward = "feed-forward"
        case embedding = "embeddings"
        case norm = "norms"
        /// Products outside of attention and MLPs, such as an unembedding, and whatever else a graph holds.
        case other = "other"
    }

    /// Weights whose names differ in numbers alone: one for each block.
    public struct Group: Sendable, Hashable {
        /// With `*` for the numbers.
        public var name: String
        public var role: Role
        public var shape: [Int]
        public var count: Int
        /// Parameters of all its weights; `Int.max` on overflow.
        public var parameterCount: Int { shape.product.times(count) }
    }

    /// In the graph's order.
    public private(set) var groups: [Group] = []
    /// The attention blocks by shape, in the graph's order.
    public private(set) var attentions: [(shape: AttentionShape, count: Int)] = []

    /// Parameters of all groups; `Int.max` on overflow.
    public var total: Int { groups.map(\.parameterCount).total }

    public func total(of role: Role) -> Int {
        groups.filter { $0.role == role }.map(\.parameterCount).total
    }

    /// O(nodes + weights).
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

    /// What a node takes the weights that it reads for.
    private static func roles(of node: Graph.Node, _ trace: GraphTrace) -> [(Graph.ValueID, Role)] {
        node.operation.facts.weights.sorted { $0.key < $1.key }.compactMap { input, use in
            guard let id = trace.weight(behind: trace.input(input, of: node)) else { return nil }
            switch use {
            case .norm: return (id, .norm)
            // A vector or more of which a part is read is no table of vectors.
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

    /// nil for other nodes, and for attention whose inputs are no projections by weights.
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
        // One matrix may hold the rows of several: each has those that its heads need.
        if let rows = found.rows { (shape.query[0], shape.key[0], shape.value[0]) = rows }
        self.shape = shape
    }

    private struct Found {
        var projections: [GraphTrace.Projection?]
        var heads: Int
        var keyValueHeads: Int
        var rows: (query: Int, key: Int, value: Int)?
    }

    /// A whole head or many: the matrices are the node's own inputs.
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

    /// Attention alone: its inputs are followed back to their projections, and its output on to the next one.
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
