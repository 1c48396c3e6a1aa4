import AttendRuntime

/// BERT and encoders of the same architecture, such as MiniLM, BGE and GTE (Devlin et al. 2019).
struct BERTFamily: ModelFamily {
    let name = "bert"
    let modelTypes: Set<String> = ["bert"]
    let architecturePrefix = "Bert"

    /// Missing keys have the defaults of transformers' `BertConfig`; `BertModel` reads no other key.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        try refuseOthers(root)
        let width = try root.size("hidden_size", default: 768)
        let heads = try root.size("num_attention_heads", default: 12)
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: 30_522))
        let stack = TransformerConfiguration.Stack(
            layerCount: try root.size("num_hidden_layers", default: 12, atLeast: 0), headCount: heads,
            headDimension: try root.headDimension(width, heads: heads, "hidden_size", "num_attention_heads"),
            feedForwardDimension: try root.size("intermediate_size", default: 3072), positions: .learned,
            positionCount: try root.size("max_position_embeddings", default: 512))
        if try root.flag("is_decoder", default: false) {
            configuration.decoder = stack
        } else {
            configuration.encoder = stack
        }
        configuration.tokenTypeCount = try root.size("type_vocab_size", default: 2)
        configuration.normalizesEmbeddings = true
        configuration.normPlacement = .after
        configuration.normEpsilon = try root.epsilon("layer_norm_eps", default: 1e-12)
        configuration.activation = try root.activation("hidden_act", default: "gelu")
        configuration.unembedding = try root.flag("tie_word_embeddings", default: true) ? .tied : .own
        (configuration.hasPredictionTransform, configuration.hasUnembeddingBias) = (true, true)
        return configuration
    }

    /// Throws for unsupported settings that change the result.
    private func refuseOthers(_ root: JSONNode) throws(JSONError) {
        if let positions = try root.optional("position_embedding_type"), try positions.string() != "absolute" {
            throw positions.unexpected("\"absolute\"")
        }
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
        try root.refuseUnknownParts()
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        WeightMap(
            prefixes: ["bert."],
            // TensorFlow's BERT.
            endings: [(".LayerNorm.gamma", ".LayerNorm.weight"), (".LayerNorm.beta", ".LayerNorm.bias")],
            outside: [
                "embedding": "embeddings.word_embeddings", "token_types": "embeddings.token_type_embeddings",
                "positions": "embeddings.position_embeddings", "embedding/norm": "embeddings.LayerNorm",
                "pooler": "pooler.dense", "prediction/dense": "cls.predictions.transform.dense",
                "prediction/norm": "cls.predictions.transform.LayerNorm", "unembedding": "cls.predictions.decoder"
            ],
            alternatives: configuration.unembedding == .tied
                ? [
                    "cls.predictions.decoder.bias": "cls.predictions.bias",
                    "embeddings.word_embeddings.weight": "cls.predictions.decoder.weight"
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

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        contains("cls.predictions.transform.dense.weight")
    }
}
