public import AttendRuntime

/// Multi-head self-attention (Vaswani et al. 2017): the query, key and value matrices of all heads are stacked into one
/// matrix each, and the value-up matrices are concatenated to the output matrix.
public struct MultiHeadSelfAttention: Sendable {
    /// The matrices and biases of all heads.
    public var weights: MultiHeadWeights

    /// Self-attention with these weights.
    public init(_ weights: MultiHeadWeights) { self.weights = weights }

    /// Adds the attention to the input's graph. The output is the change `[batch?, tokens, width]` to add to the input.
    ///
    /// - Parameters:
    ///   - input: The embeddings, `[batch?, tokens, width]`.
    ///   - options: Options of the scores, such as a causal mask.
    ///   - name: The name of the node, and the prefix of the names of its weights.
    /// - Throws: ``GraphError`` for shapes that don't match.
    public func callAsFunction(
        _ input: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.selfAttention(
            weights.constants(in: input.graph, name), heads: weights.heads, keyValueHeads: weights.keyValueHeads,
            options: options, named: name)
    }
}

/// Multi-head cross-attention: queries from one sequence, keys and values from another.
public struct MultiHeadCrossAttention: Sendable {
    /// The matrices and biases of all heads.
    public var weights: MultiHeadWeights

    /// Cross-attention with these weights.
    public init(_ weights: MultiHeadWeights) { self.weights = weights }

    /// Adds the attention to the input's graph. The output is the change `[batch?, tokens, width]` to add to the input.
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
            to: context, weights.constants(in: input.graph, name), heads: weights.heads,
            keyValueHeads: weights.keyValueHeads, options: options, named: name)
    }
}

/// The matrices of a multi-head attention, `[out, in]`, with optional biases `[out]`.
public struct MultiHeadWeights: Sendable {
    /// The number of query heads.
    public var heads: Int
    /// The number of key and value heads; smaller than ``heads`` if query heads share them (Ainslie et al. 2023).
    public var keyValueHeads: Int
    /// `[heads · headDimension, width]`.
    public var query: Tensor
    /// `[keyValueHeads · headDimension, contextWidth]`.
    public var key: Tensor
    /// `[keyValueHeads · valueDimension, contextWidth]`.
    public var value: Tensor
    /// `[width, heads · valueDimension]`.
    public var output: Tensor
    /// `[heads · headDimension]`.
    public var queryBias: Tensor?
    /// `[keyValueHeads · headDimension]`.
    public var keyBias: Tensor?
    /// `[keyValueHeads · valueDimension]`.
    public var valueBias: Tensor?
    /// `[width]`.
    public var outputBias: Tensor?

    /// Weights with the shapes of the properties; shapes are checked when a graph is built.
    ///
    /// - Parameter keyValueHeads: nil for as many as `heads`.
    public init(
        heads: Int, keyValueHeads: Int? = nil, query: Tensor, key: Tensor, value: Tensor, output: Tensor,
        queryBias: Tensor? = nil, keyBias: Tensor? = nil, valueBias: Tensor? = nil, outputBias: Tensor? = nil
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads ?? heads
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        self.queryBias = queryBias
        self.keyBias = keyBias
        self.valueBias = valueBias
        self.outputBias = outputBias
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
            query: try constant(query, "query/weight"), key: try constant(key, "key/weight"),
            value: try constant(value, "value/weight"), output: try constant(output, "output/weight"),
            queryBias: try optional(queryBias, "query/bias"), keyBias: try optional(keyBias, "key/bias"),
            valueBias: try optional(valueBias, "value/bias"), outputBias: try optional(outputBias, "output/bias"))
    }
}
