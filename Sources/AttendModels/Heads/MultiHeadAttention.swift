public import AttendRuntime

/// Many heads of self-attention at once: their queries, keys and values stand above each other in
/// one matrix each, and their value-up matrices are stapled together into the output matrix.
public struct MultiHeadSelfAttention: Sendable {
    public var weights: MultiHeadWeights

    public init(_ weights: MultiHeadWeights) { self.weights = weights }

    /// - Parameter input: `[batch?, tokens, width]`.
    public func callAsFunction(
        _ input: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try input.selfAttention(
            weights.constants(in: input.graph, name), heads: weights.heads, keyValueHeads: weights.keyValueHeads,
            options: options, named: name)
    }
}

/// Many heads of cross-attention at once.
public struct MultiHeadCrossAttention: Sendable {
    public var weights: MultiHeadWeights

    public init(_ weights: MultiHeadWeights) { self.weights = weights }

    /// - Parameters:
    ///   - input: `[batch?, tokens, width]`: asks.
    ///   - context: `[batch?, contextTokens, contextWidth]`: is asked.
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
    public var heads: Int
    /// Fewer than `heads` where several query heads share their keys and values.
    public var keyValueHeads: Int
    /// `[heads · headDimension, width]`.
    public var query: Tensor
    /// `[keyValueHeads · headDimension, contextWidth]`.
    public var key: Tensor
    /// `[keyValueHeads · valueDimension, contextWidth]`.
    public var value: Tensor
    /// `[width, heads · valueDimension]`.
    public var output: Tensor
    public var queryBias: Tensor?
    public var keyBias: Tensor?
    public var valueBias: Tensor?
    public var outputBias: Tensor?

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
