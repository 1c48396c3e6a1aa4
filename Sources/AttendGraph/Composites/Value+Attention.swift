/// What changes which keys a query sees, and how scores are made. See `attention.v1`.
public struct AttentionOptions {
    /// Which way a causal mask or a window is aligned where queries and keys differ in number.
    public enum Alignment: String, Sendable {
        /// The last query sees the last key, as a key/value cache needs.
        case lowerRight = "lower_right"
        /// The first query sees the first key, as PyTorch and cache-less ONNX have it.
        case upperLeft = "upper_left"
    }

    /// Key j is visible to query i only if j ≤ offset + i.
    public var isCausal = false
    /// Where the first query is among the keys, for causal masks and windows without an offset.
    public var alignment = Alignment.lowerRight
    /// Multiplies the scores; 1/√headDimension unless given.
    public var scale: Double?
    /// Scores become `cap · tanh(score / cap)`; nil or 0 for no cap.
    public var softCap: Double?
    /// How many positions a query sees on each side, its own included.
    public var window: Int?
    /// Bool that broadcasts to `[batch, queryHeads, queries, keys]`; true keeps.
    public var mask: Value?
    /// Float that broadcasts likewise, added to the scores; −∞ hides.
    public var bias: Value?
    /// Integers `[batch]`: how many keys of each sequence are real.
    public var keyLengths: Value?
    /// Integers `[]` or `[batch]`: the first query's position.
    public var queryOffset: Value?

    /// Options in one expression; each parameter is the property of its name. Invalid values are errors where the attention is built.
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

    /// Key j is visible to query i only if j ≤ offset + i.
    public static var causal: AttentionOptions { AttentionOptions(causal: true) }

    /// - Parameter mask: Bool that broadcasts to `[batch, queryHeads, queries, keys]`; true keeps.
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

/// What attention gives. The pattern and the log-sum-exp are computed only if something uses them.
public struct AttentionResult {
    /// `[batch, queryHeads, queries, valueDimension]`; of a whole head `[batch?, tokens, width]`.
    public let output: Value
    /// `[batch?, queryHeads, queries, keys]`: how strongly each query attends to each key.
    public let pattern: Value
    /// `[batch?, queryHeads, queries]`.
    public let logSumExp: Value

    init(_ outputs: [Value]) {
        (output, pattern, logSumExp) = (outputs[0], outputs[1], outputs[2])
    }
}

/// The matrices of a multi-head attention, each `[out, in]` as in PyTorch, and their biases.
public struct AttentionWeights {
    public var query: Value
    public var key: Value
    public var value: Value
    public var output: Value
    public var queryBias: Value?
    public var keyBias: Value?
    public var valueBias: Value?
    public var outputBias: Value?

    /// Matrices `[out, in]`, with optional biases `[out]`.
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

    fileprivate var inputs: [String: Value] {
        [
            "query_weight": query, "key_weight": key, "value_weight": value, "output_weight": output,
            "query_bias": queryBias, "key_bias": keyBias, "value_bias": valueBias, "output_bias": outputBias
        ].compactMapValues(\.self)
    }
}

extension Value {
    /// Attention with this value as the queries: query `[batch, queryHeads, queries, headDimension]`,
    /// key `[batch, keyValueHeads, keys, headDimension]`, value `[batch, keyValueHeads, keys, valueDimension]`.
    public func attention(
        key: Value, value: Value, options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        let inputs = options.inputs.merging(["query": self, "key": key, "value": value]) { $1 }
        return AttentionResult(
            try graph.apply(.attention, inputs: inputs, attributes: options.attributes, named: name))
    }

    /// Multi-head self-attention over this value `[batch?, tokens, width]`.
    public func selfAttention(
        _ weights: AttentionWeights, heads: Int, keyValueHeads: Int? = nil,
        options: AttentionOptions = AttentionOptions(), named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        try projectedAttention(.selfAttention, [:], weights, heads, keyValueHeads, options, name)
    }

    /// Multi-head cross-attention: queries from this value, keys and values from `context`.
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
