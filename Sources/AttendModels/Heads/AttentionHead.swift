public import AttendRuntime

/// One head of self-attention, as in the film: a query and a key matrix, and the value map
/// factored into value-down and value-up.
///
/// Call it with the embeddings `[batch?, tokens, width]`; what comes back is the change that the
/// head proposes, to be added to them.
public struct SelfAttentionHead: Sendable {
    public var weights: HeadWeights

    public init(_ weights: HeadWeights) { self.weights = weights }

    public func callAsFunction(
        _ input: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.selfAttention(weights.constants(in: input.graph, name), heads: 1, options: options, named: name)
    }
}

/// One head of cross-attention: queries from one sequence, keys and values from another, as a
/// translation's words look at the words of the original.
public struct CrossAttentionHead: Sendable {
    public var weights: HeadWeights

    public init(_ weights: HeadWeights) { self.weights = weights }

    /// - Parameters:
    ///   - input: `[batch?, tokens, width]`.
    ///   - context: `[batch?, contextTokens, contextWidth]`.
    public func callAsFunction(
        _ input: Value, context: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.crossAttention(
            to: context, weights.constants(in: input.graph, name), heads: 1, options: options, named: name)
    }
}

/// The four matrices of one head, and their biases where there are any.
public struct HeadWeights: Sendable {
    /// `[headDimension, width]`: embeddings to queries.
    public var query: Tensor
    /// `[headDimension, contextWidth]`: embeddings to keys.
    public var key: Tensor
    /// `[valueDimension, contextWidth]`: embeddings to the small space of values.
    public var valueDown: Tensor
    /// `[width, valueDimension]`: values back to a change of an embedding.
    public var valueUp: Tensor
    /// `[headDimension]`.
    public var queryBias: Tensor?
    /// `[headDimension]`.
    public var keyBias: Tensor?
    /// `[valueDimension]`.
    public var valueDownBias: Tensor?
    /// `[width]`.
    public var valueUpBias: Tensor?

    /// Matrices and optional biases, with the shapes of the properties.
    public init(
        query: Tensor, key: Tensor, valueDown: Tensor, valueUp: Tensor, queryBias: Tensor? = nil,
        keyBias: Tensor? = nil, valueDownBias: Tensor? = nil, valueUpBias: Tensor? = nil
    ) {
        self.query = query
        self.key = key
        self.valueDown = valueDown
        self.valueUp = valueUp
        self.queryBias = queryBias
        self.keyBias = keyBias
        self.valueDownBias = valueDownBias
        self.valueUpBias = valueUpBias
    }

    func constants(in graph: GraphBuilder, _ name: String?) throws(GraphError) -> AttentionWeights {
        func constant(_ tensor: Tensor, _ role: String) throws(GraphError) -> Value {
            try graph.constant(tensor, named: name.map { "\($0)/\(role)" })
        }
        func optional(_ tensor: Tensor?, _ role: String) throws(GraphError) -> Value? {
            guard let tensor else { return nil }
            return try constant(tensor, role)
        }
        return AttentionWeights(
            query: try constant(query, "query"), key: try constant(key, "key"),
            value: try constant(valueDown, "value_down"), output: try constant(valueUp, "value_up"),
            queryBias: try optional(queryBias, "query_bias"), keyBias: try optional(keyBias, "key_bias"),
            valueBias: try optional(valueDownBias, "value_down_bias"),
            outputBias: try optional(valueUpBias, "value_up_bias"))
    }
}
