import AttendRuntime

/// The settings that BERT and the encoders after it share, with a family's defaults.
struct EncoderSettings {
    /// The defaults of a family for missing keys.
    struct Defaults {
        var vocabulary = 30_522
        var width = 768
        var layers = 12
        var heads = 12
        var inner = 3072
        var activation = "gelu"
        /// Nil for a family without token types.
        var tokenTypes: Int? = 2
    }

    var configuration: TransformerConfiguration
    var stack: TransformerConfiguration.Stack
    let root: JSONNode

    /// Sizes, norms after each sum, learned positions from row 0 on, and a head with a layer before it.
    ///
    /// - Throws: ``JSONError`` for an invalid or unsupported setting.
    init(_ root: JSONNode, _ defaults: Defaults = Defaults()) throws(JSONError) {
        self.root = root
        if let positions = try root.optional("position_embedding_type"), try positions.string() != "absolute" {
            throw positions.unexpected("\"absolute\"")
        }
        try root.refuseUnknownParts()
        let width = try root.size("hidden_size", default: defaults.width)
        let heads = try root.size("num_attention_heads", default: defaults.heads)
        configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: defaults.vocabulary))
        stack = TransformerConfiguration.Stack(
            layerCount: try root.size(
                "num_hidden_layers", default: defaults.layers, atLeast: 0, atMost: JSONNode.mostLayers),
            headCount: heads,
            headDimension: try root.headDimension(width, heads: heads, "hidden_size", "num_attention_heads"),
            feedForwardDimension: try root.size("intermediate_size", default: defaults.inner), positions: .learned,
            positionCount: try root.size("max_position_embeddings", default: 512))
        if let count = defaults.tokenTypes {
            configuration.tokenTypeCount = try root.size("type_vocab_size", default: count)
        }
        configuration.normalizesEmbeddings = true
        configuration.normPlacement = .after
        configuration.normEpsilon = try root.epsilon("layer_norm_eps", default: 1e-12)
        configuration.activation = try root.activation("hidden_act", default: defaults.activation)
        configuration.unembedding = try root.flag("tie_word_embeddings", default: true) ? .tied : .own
        configuration.prediction = .init(.gelu)
        configuration.hasUnembeddingBias = true
    }

    /// Positions that skip padding, from the row after its id on.
    mutating func skipPadding(_ padding: Int) throws(JSONError) {
        guard let rows = stack.positionCount, rows - 1 > padding else {
            throw .type(
                path: "max_position_embeddings", expected: "more than pad_token_id + 1, which is after \(padding)",
                found: "\(stack.positionCount ?? 0)")
        }
        stack.paddingID = padding
    }

    /// An encoder, or with `is_decoder` a decoder without cross-attention.
    func finished() throws(JSONError) -> TransformerConfiguration {
        let isDecoder = try root.flag("is_decoder", default: false)
        // Without an encoder's states, a decoder has no cross-attention.
        let hasCrossAttention = try root.flag("add_cross_attention", default: false)
        guard isDecoder || !hasCrossAttention else {
            throw .type(path: "add_cross_attention", expected: "false without is_decoder", found: "true")
        }
        let isCausal = try root.optional("is_causal") == nil ? isDecoder : root.flag("is_causal", default: isDecoder)
        guard isCausal == isDecoder else {
            throw .type(
                path: "is_causal", expected: "the value of is_decoder, \(isDecoder)", found: "\(!isDecoder)")
        }
        var configuration = configuration
        if isDecoder { configuration.decoder = stack } else { configuration.encoder = stack }
        return configuration
    }

    /// An encoder, of a family without decoders.
    func encoder() throws(JSONError) -> TransformerConfiguration {
        let configuration = try finished()
        guard configuration.decoder == nil else {
            throw .type(path: "is_decoder", expected: "false", found: "true")
        }
        return configuration
    }
}

extension WeightMap {
    /// The names of BERT's weights, which the encoders after it share.
    ///
    /// - Parameters:
    ///   - prefix: The name of the encoder in a model with a head.
    ///   - head: The layer before the unembedding, its norm, the unembedding, and the bias beside it.
    static func bert(
        _ configuration: TransformerConfiguration, prefix: String,
        head: (dense: Place, norm: Place, unembedding: Place, bias: String)
    ) -> WeightMap {
        WeightMap(
            prefixes: ["\(prefix)."],
            // TensorFlow's BERT.
            endings: [(".LayerNorm.gamma", ".LayerNorm.weight"), (".LayerNorm.beta", ".LayerNorm.bias")],
            outside: [
                "embedding": "embeddings.word_embeddings", "token_types": "embeddings.token_type_embeddings",
                "positions": "embeddings.position_embeddings", "embedding/norm": "embeddings.LayerNorm",
                "pooler": "pooler.dense", "classifier/dense": "classifier.dense",
                "classifier/output": "classifier.out_proj", "prediction/dense": head.dense,
                "prediction/norm": head.norm,
                "unembedding": head.unembedding
            ],
            alternatives: configuration.unembedding == .tied
                ? [
                    "\(head.unembedding.name).bias": head.bias,
                    "embeddings.word_embeddings.weight": "\(head.unembedding.name).weight"
                ] : [:],
            layers: "encoder.layer.",
            inLayer: [
                "attention/query": "attention.self.query", "attention/key": "attention.self.key",
                "attention/value": "attention.self.value", "attention/output": "attention.output.dense",
                "attention_norm": "attention.output.LayerNorm", "feed_forward/up": "intermediate.dense",
                "feed_forward/down": "output.dense", "feed_forward_norm": "output.LayerNorm"
            ],
            checked: ["embeddings."],
            // 0, 1, 2, …, and zeros, written by older versions of transformers.
            unread: ["embeddings.position_ids", "embeddings.token_type_ids"],
            // A decoder's cross-attention, unused without an encoder's states.
            unreadInLayer: configuration.decoder == nil ? [] : ["crossattention."])
    }
}
