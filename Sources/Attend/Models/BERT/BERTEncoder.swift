public import AttendCore

/// What a BERT graph may be asked for.
public enum BERTOutput: Sendable, Hashable {
    /// `last_hidden_state` `[batch, tokens, modelDimension]`.
    case lastHiddenState
    /// `hidden_states_0` (the embeddings) to `hidden_states_N`.
    case hiddenStates
    /// `attentions_0` …: the attention patterns `[batch, heads, tokens, tokens]`, by layer.
    case attentionPatterns
    /// `mean_pooled` `[batch, modelDimension]`: the mean over the real tokens.
    case meanPooled
    /// `sentence_embedding`: the mean, scaled to length 1, whatever else a folder's modules say: see ``SentenceModel``.
    case sentenceEmbedding
    /// `pooler_output`: the first token's state through the pooler.
    case poolerOutput
    /// `logits` `[batch, tokens, vocabularySize]` of the masked-language-model head.
    case logits
}

/// Builds the graph of a BERT-family encoder from its weights.
///
/// Inputs: `input_ids`, `attention_mask` (1 = a real token) and `token_type_ids`, all int64
/// `[batch, tokens]`.
///
/// Runs may capture, beside what heads offer under `layers.3.attention` (see ``Graph/capturing(_:)``), each `[batch, tokens, width]`:
/// `embeddings.tokens` (the rows of the table), `embeddings.token_types`, `embeddings.positions` (`[tokens, width]`), `embeddings`
/// (their normalized sum), and of each layer `layers.3.attention` (the change), `layers.3.attention_sum` (input and change),
/// `layers.3.attention_norm`, `layers.3.feed_forward` (the MLP's change), `layers.3.feed_forward_sum` and `layers.3.hidden`.
public struct BERTEncoder {
    public let configuration: BERTConfiguration
    private let constant: GraphWeights
    private let builder = GraphBuilder("bert")

    /// The names of the graph's inputs that are no weights.
    public static let inputNames: Set<String> = ["input_ids", "attention_mask", "token_type_ids"]

    /// - Parameter weights: Looks weights up by the names they have in `BertModel`, such as `encoder.layer.0.output.dense.bias`.
    public init(_ configuration: BERTConfiguration, weights: WeightSource) {
        self.configuration = configuration
        constant = GraphWeights(weights, in: builder)
    }

    /// - Throws: What the weight source throws, or ``GraphError`` where the weights don't fit together.
    public func graph(_ outputs: Set<BERTOutput>) throws -> Graph { try graph(outputs) { _ in } }

    /// The encoder's states, for a graph that continues from them.
    struct States {
        let builder: GraphBuilder
        /// Whether weights are inputs that are declared by their shapes.
        let isDeclared: Bool
        let attentionMask: Value
        /// `[batch, tokens, modelDimension]`: the embeddings, and the states after each block.
        let hidden: [Value]
        /// `[batch, modelDimension]`, made when it is asked for.
        let pooled: () throws -> Value
    }

    /// - Parameter body: Adds what comes after the encoder.
    func graph(_ outputs: Set<BERTOutput>, then body: (States) throws -> Void) throws -> Graph {
        let shape: [Size] = ["batch", "tokens"]
        let ids = try builder.input("input_ids", .int64, shape)
        let mask = try builder.input("attention_mask", .int64, shape)
        let types = try builder.input("token_type_ids", .int64, shape)

        var hidden = try embeddings(ids, types)
        var states = [hidden]
        let visible = try mask.cast(to: .bool).reshaped(["batch", 1, 1, "tokens"])
        if outputs.contains(.hiddenStates) { try builder.output("hidden_states_0", hidden) }
        for layer in 0..<configuration.layerCount {
            let attention = try attention(hidden, visible, layer: layer)
            hidden = try feedForward(attention.hidden, layer: layer)
            states.append(hidden)
            if outputs.contains(.attentionPatterns) { try builder.output("attentions_\(layer)", attention.pattern) }
            if outputs.contains(.hiddenStates) { try builder.output("hidden_states_\(layer + 1)", hidden) }
        }
        if outputs.contains(.lastHiddenState) { try builder.output("last_hidden_state", hidden) }
        if outputs.contains(.logits) { try builder.output("logits", logits(hidden)) }
        if outputs.contains(.poolerOutput) { try builder.output("pooler_output", pooled(hidden)) }
        if !outputs.isDisjoint(with: [.meanPooled, .sentenceEmbedding]) {
            let mean = try PooledTokens(hidden, mask: mask).pooled(.mean)
            if outputs.contains(.meanPooled) { try builder.output("mean_pooled", mean) }
            if outputs.contains(.sentenceEmbedding) {
                try builder.output("sentence_embedding", Normalization.unitLength(mean))
            }
        }
        let last = hidden
        try body(
            States(
                builder: builder, isDeclared: constant.isDeclared, attentionMask: mask, hidden: states,
                pooled: { try pooled(last) }))
        return try builder.build()
    }

    // MARK: Parts

    private func embeddings(_ ids: Value, _ types: Value) throws -> Value {
        let width = configuration.modelDimension
        let words = try wordEmbeddings().embedding(ids, named: "embeddings/tokens")
        let positions = try constant("embeddings.position_embeddings.weight", [configuration.positionCount, width])
            .sliced(axis: 0, from: 0, to: "tokens", named: "embeddings/positions")
        let kinds = try constant("embeddings.token_type_embeddings.weight", [configuration.tokenTypeCount, width])
            .embedding(types, named: "embeddings/token_types")
        return try norm(words + kinds + positions, "embeddings.LayerNorm", named: "embeddings")
    }

    private func wordEmbeddings() throws -> Value {
        try constant("embeddings.word_embeddings.weight", [configuration.vocabularySize, configuration.modelDimension])
    }

    private func attention(_ hidden: Value, _ visible: Value, layer: Int) throws -> (hidden: Value, pattern: Value) {
        let (prefix, width) = ("encoder.layer.\(layer).attention", configuration.modelDimension)
        func matrix(_ name: String) throws -> Value { try constant("\(prefix).\(name).weight", [width, width]) }
        func bias(_ name: String) throws -> Value { try constant("\(prefix).\(name).bias", [width]) }
        var weights = AttentionWeights(
            query: try matrix("self.query"), key: try matrix("self.key"), value: try matrix("self.value"),
            output: try matrix("output.dense"))
        weights.queryBias = try bias("self.query")
        weights.keyBias = try bias("self.key")
        weights.valueBias = try bias("self.value")
        weights.outputBias = try bias("output.dense")
        var options = AttentionOptions.masked(visible)
        options.isCausal = configuration.isCausal
        let attended = try hidden.selfAttention(
            weights, heads: configuration.headCount, options: options, named: "layers/\(layer)/attention")
        let sum = try attended.output.adding(hidden, named: "layers/\(layer)/attention_sum")
        return (
            try norm(sum, "\(prefix).output.LayerNorm", named: "layers/\(layer)/attention_norm"), attended.pattern
        )
    }

    private func feedForward(_ hidden: Value, layer: Int) throws -> Value {
        let (prefix, width) = ("encoder.layer.\(layer)", configuration.modelDimension)
        let inner = configuration.feedForwardDimension
        let up = try configuration.activation(linear(hidden, "\(prefix).intermediate.dense", [inner, width]))
        let down = try linear(up, "\(prefix).output.dense", [width, inner], named: "layers/\(layer)/feed_forward")
        let sum = try down.adding(hidden, named: "layers/\(layer)/feed_forward_sum")
        return try norm(sum, "\(prefix).output.LayerNorm", named: "layers/\(layer)/hidden")
    }

    private func pooled(_ hidden: Value) throws -> Value {
        let width = configuration.modelDimension
        let first = try hidden.sliced(axis: 1, from: 0, to: 1).reshaped(["batch", Size(width)])
        return try linear(first, "pooler.dense", [width, width]).tanh()
    }

    /// The head's matrix is the table of word embeddings.
    private func logits(_ hidden: Value) throws -> Value {
        let width = configuration.modelDimension
        let transformed = try norm(
            configuration.activation(linear(hidden, "cls.predictions.transform.dense", [width, width])),
            "cls.predictions.transform.LayerNorm")
        return try transformed.linear(
            weight: wordEmbeddings(), bias: constant("cls.predictions.bias", [configuration.vocabularySize]))
    }

    private func linear(
        _ input: Value, _ name: String, _ shape: [Int], named node: String? = nil
    ) throws -> Value {
        try input.linear(
            weight: constant("\(name).weight", shape), bias: constant("\(name).bias", [shape[0]]), named: node)
    }

    private func norm(_ input: Value, _ name: String, named node: String? = nil) throws -> Value {
        let shape = [configuration.modelDimension]
        return try input.layerNorm(
            scale: constant("\(name).weight", shape), bias: constant("\(name).bias", shape),
            epsilon: configuration.layerNormEpsilon, named: node)
    }
}
