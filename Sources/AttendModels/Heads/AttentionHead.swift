public import AttendRuntime

/// One head of self-attention with a query and a key matrix and a value map factored into value-down and value-up
/// (Vaswani et al. 2017; the factored form as in 3Blue1Brown, "Attention in transformers, step by step", 2024).
public struct SelfAttentionHead: Sendable {
    /// The head's matrices and biases.
    public var weights: HeadWeights

    /// A head with these weights.
    public init(_ weights: HeadWeights) { self.weights = weights }

    /// Adds the head to the input's graph. The output is the change `[batch?, tokens, width]` to add to the input.
    ///
    /// - Parameters:
    ///   - input: The embeddings, `[batch?, tokens, width]`.
    ///   - options: Options of the scores, such as a causal mask.
    ///   - name: The name of the node, and the prefix of the names of its weights.
    /// - Throws: ``GraphError`` for shapes that don't match.
    public func callAsFunction(
        _ input: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.selfAttention(weights.constants(in: input.graph, name), heads: 1, options: options, named: name)
    }
}

/// One head of cross-attention: queries from one sequence, keys and values from another, as in translation.
public struct CrossAttentionHead: Sendable {
    /// The head's matrices and biases.
    public var weights: HeadWeights

    /// A head with these weights.
    public init(_ weights: HeadWeights) { self.weights = weights }

    /// Adds the head to the input's graph. The output is the change `[batch?, tokens, width]` to add to the input.
    ///
    /// - Parameters:
    ///   - input: The sequence of the queries, `[batch?, tokens, width]`.
    ///   - context: The sequence of the keys and values, `[batch?, contextTokens, contextWidth]`.
    ///   - options: Options of the scores, such as a causal mask.
    ///   - name: The name of the node, and the prefix of the names of its weights.
    /// - Throws: ``GraphError`` for shapes that don't match.
    public func callAsFunction(
        _ input: Value, context: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.crossAttention(
            to: context, weights.constants(in: input.graph, name), heads: 1, options: options, named: name)
    }
}

/// The four matrices of one head, with optional biases.
public struct HeadWeights: Sendable {
    /// `[headDimension, width]`: embeddings to queries.
    public var query: Tensor
    /// `[headDimension, contextWidth]`: embeddings to keys.
    public var key: Tensor
    /// `[valueDimension, contextWidth]`: embeddings to values.
    public var valueDown: Tensor
    /// `[width, valueDimension]`: values to the change of an embedding.
    public var valueUp: Tensor
    /// `[headDimension]`.
    public var queryBias: Tensor?
    /// `[headDimension]`.
    public var keyBias: Tensor?
    /// `[valueDimension]`.
    public var valueDownBias: Tensor?
    /// `[width]`.
    public var valueUpBias: Tensor?

    /// Weights with the shapes of the properties; shapes are checked when a graph is built.
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
