/// Visibility of keys, and scaling of scores. See `attention.v1`.
public struct AttentionOptions {
    /// Alignment of a causal mask or a window if queries and keys differ in number.
    public enum Alignment: String, Sendable {
        /// The last query is aligned with the last key, as needed for a key/value cache.
        case lowerRight = "lower_right"
        /// The first query is aligned with the first key, as in PyTorch and in ONNX without a cache.
        case upperLeft = "upper_left"
    }

    /// Whether key j is visible to query i only if j ≤ offset + i.
    public var isCausal = false
    /// Position of the first query among the keys, for causal masks and windows without ``queryOffset``.
    public var alignment = Alignment.lowerRight
    /// Factor of the scores; nil for 1/√headDimension.
    public var scale: Double?
    /// Scores become `cap · tanh(score / cap)`; nil or 0 for no cap.
    public var softCap: Double?
    /// Visible positions on each side of a query, including its own; nil for no limit, else 1 to 2⁴⁰.
    public var window: Int?
    /// Bool, broadcasts to `[batch, queryHeads, queries, keys]`; true keeps a key visible.
    public var mask: Value?
    /// Floats, broadcast to `[batch, queryHeads, queries, keys]` and added to the scores; −∞ hides a key.
    public var bias: Value?
    /// Integers `[batch]`, or `[]` for a multi-head operation without a batch: valid keys of each sequence.
    public var keyLengths: Value?
    /// Integers `[]` or `[batch]`: position of the first query.
    public var queryOffset: Value?

    /// Options in one expression; each parameter sets the property of its name. Invalid values are errors when the
    /// attention is built.
    public init(
        causal: Bool = false, alignment: Alignment = .lowerRight, scale: Double? = nil, softCap: Double? = nil,
        window: Int? = nil, mask: Value? = nil, bias: Value? = nil, keyLengths: Value? = nil,
        queryOffset: Value? = nil
    ) {
        isCausal = causal
        self.alignment = alignment
        self.scale = scale
        self.softCap = softCap
        self.window = window
        self.mask = mask
        self.bias = bias
        self.keyLengths = keyLengths
        self.queryOffset = queryOffset
    }

    /// Causal attention: key j is visible to query i only if j ≤ offset + i.
    public static var causal: AttentionOptions { AttentionOptions(causal: true) }

    /// Attention with a mask.
    ///
    /// - Parameter mask: Bool, broadcasts to `[batch, queryHeads, queries, keys]`; true keeps a key visible.
    public static func masked(_ mask: Value) -> AttentionOptions { AttentionOptions(mask: mask) }

    var inputs: [String: Value] {
        ["mask": mask, "bias": bias, "key_lengths": keyLengths, "query_offset": queryOffset].compactMapValues(\.self)
    }

    var attributes: Attributes {
        var attributes: Attributes = ["causal": .bool(isCausal), "alignment": .string(alignment.rawValue)]
        attributes["scale"] = scale.map { .number($0) }
        attributes["soft_cap"] = softCap.map { .number($0) }
        attributes["window"] = window.map { .integer($0) }
        return attributes
    }
}

/// The results of an attention. The pattern and the log-sum-exp are computed only if used.
public struct AttentionResult {
    /// `[batch, queryHeads, queries, valueDimension]`; of a multi-head operation `[batch?, tokens, width]`.
    public let output: Value
    /// `[batch?, queryHeads, queries, keys]`: the softmax of the scores; each row sums to 1, or to 0 if no key is
    /// visible.
    public let pattern: Value
    /// `[batch?, queryHeads, queries]`, float32: `log Σ exp(score)` over the visible keys; −∞ if none is visible.
    public let logSumExp: Value

    init(_ outputs: [Value]) {
        (output, pattern, logSumExp) = (outputs[0], outputs[1], outputs[2])
    }

    package init(output: Value, pattern: Value, logSumExp: Value) {
        (self.output, self.pattern, self.logSumExp) = (output, pattern, logSumExp)
    }
}

/// The matrices of a multi-head attention, each `[out, in]` as in PyTorch, and their biases `[out]`.
public struct AttentionWeights {
    /// `[heads · headDimension, width]`.
    public var query: Value
    /// `[keyValueHeads · headDimension, contextWidth]`.
    public var key: Value
    /// `[keyValueHeads · valueDimension, contextWidth]`.
    public var value: Value
    /// `[out, heads · valueDimension]`.
    public var output: Value
    /// `[heads · headDimension]`; nil for 0.
    public var queryBias: Value?
    /// `[keyValueHeads · headDimension]`; nil for 0.
    public var keyBias: Value?
    /// `[keyValueHeads · valueDimension]`; nil for 0.
    public var valueBias: Value?
    /// `[out]`; nil for 0.
    public var outputBias: Value?

    /// Matrices `[out, in]` and optional biases `[out]`.
    public init(
        query: Value, key: Value, value: Value, output: Value, queryBias: Value? = nil, keyBias: Value? = nil,
        valueBias: Value? = nil, outputBias: Value? = nil
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        self.queryBias = queryBias
        self.keyBias = keyBias
        self.valueBias = valueBias
        self.outputBias = outputBias
    }

    /// The matrices and biases by their inputs' names in `self_attention`.
    var inputs: [String: Value] {
        [
            "query_weight": query, "key_weight": key, "value_weight": value, "output_weight": output,
            "query_bias": queryBias, "key_bias": keyBias, "value_bias": valueBias, "output_bias": outputBias
        ].compactMapValues(\.self)
    }
}

extension Value {
    /// Scaled dot-product attention (Vaswani et al. 2017) with this value as the queries: query `[batch, queryHeads,
    /// queries, headDimension]`, key `[batch, keyValueHeads, keys, headDimension]`, value `[batch, keyValueHeads, keys,
    /// valueDimension]`.
    ///
    /// With fewer key/value heads, each is shared by a group of query heads (Ainslie et al. 2023).
    ///
    /// - Throws: ``GraphError`` for dtypes or shapes that don't agree, numbers of heads that don't divide, or invalid
    ///   options.
    public func attention(
        key: Value, value: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        let inputs = options.inputs.merging(["query": self, "key": key, "value": value]) { $1 }
        return AttentionResult(
            try graph.apply(.attention, inputs: inputs, attributes: options.attributes, named: name))
    }

    /// Multi-head self-attention over this value `[batch?, tokens, width]`.
    ///
    /// - Parameter keyValueHeads: A divisor of `heads`; nil for as many.
    /// - Throws: ``GraphError`` for dtypes or shapes that don't agree, numbers of heads that don't divide, or invalid
    ///   options.
    public func selfAttention(
        _ weights: AttentionWeights, heads: Int, keyValueHeads: Int? = nil,
        options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try projectedAttention(.selfAttention, [:], weights, heads, keyValueHeads, options, name)
    }

    /// Multi-head cross-attention: queries from this value `[batch?, tokens, width]`, keys and values from `context`
    /// `[batch?, contextTokens, contextWidth]`.
    ///
    /// - Parameter keyValueHeads: A divisor of `heads`; nil for as many.
    /// - Throws: ``GraphError`` for dtypes or shapes that don't agree, numbers of heads that don't divide, or invalid
    ///   options.
    public func crossAttention(
        to context: Value, _ weights: AttentionWeights, heads: Int, keyValueHeads: Int? = nil,
        options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try projectedAttention(.crossAttention, ["context": context], weights, heads, keyValueHeads, options, name)
    }

    private func projectedAttention(
        _ operation: OperationID, _ more: [String: Value], _ weights: AttentionWeights, _ heads: Int,
        _ keyValueHeads: Int?, _ options: AttentionOptions, _ name: String?
    ) throws(GraphError) -> AttentionResult {
        var inputs = options.inputs.merging(weights.inputs) { $1 }.merging(more) { $1 }
        inputs["input"] = self
        var attributes = options.attributes
        attributes["heads"] = .integer(heads)
        attributes["key_value_heads"] = keyValueHeads.map { .integer($0) }
        return AttentionResult(try graph.apply(operation, inputs: inputs, attributes: attributes, named: name))
    }
}
