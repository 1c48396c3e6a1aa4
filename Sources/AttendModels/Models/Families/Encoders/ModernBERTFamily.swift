import AttendRuntime

/// ModernBERT: norms before each part, rotary positions, gated MLPs, and windows in two of three layers (Warner et al.
/// 2024).
struct ModernBERTFamily: ModelFamily {
    let name = "modernbert"
    let modelTypes: Set<String> = ["modernbert"]
    let architecturePrefix = "ModernBert"
    let tokenizerClass = "TokenizersBackend"

    /// Missing keys have the defaults of transformers' `ModernBertConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        try root.refuseUnknownParts()
        if let node = try root.optional("position_embedding_type"), !["absolute", "rope"].contains(try node.string()) {
            throw node.unexpected("\"rope\"")
        }
        let width = try root.size("hidden_size", default: 768)
        let heads = try root.size("num_attention_heads", default: 12)
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: 50_368))
        var stack = TransformerConfiguration.Stack(
            layerCount: try root.size("num_hidden_layers", default: 22, atLeast: 0, atMost: JSONNode.mostLayers),
            headCount: heads,
            headDimension: try root.headDimension(width, heads: heads, "hidden_size", "num_attention_heads"),
            feedForwardDimension: try root.size("intermediate_size", default: 1152), positions: .rotary)
        let every = try root.size("global_attn_every_n_layers", default: 3)
        stack.localLayers = try root.localLayers(of: stack.layerCount) { !$0.isMultiple(of: every) }
        stack.window = try root.size("local_attention", default: 128) / 2 + 1
        (stack.rotary, stack.localRotary) = try root.layeredRotary(
            headDimension: stack.headDimension, global: ("global_rope_theta", 160_000),
            local: ("local_rope_theta", 10_000), scalesLocal: true)
        configuration.encoder = stack
        configuration.normalizesEmbeddings = true
        configuration.normalizesFirstInput = false
        configuration.normEpsilon = try root.epsilon("norm_eps", default: 1e-5)
        configuration.hasNormBiases = try root.flag("norm_bias", default: false)
        configuration.activation = try root.activation("hidden_activation", default: "gelu")
        configuration.isGated = true
        configuration.biases = []
        if try root.flag("attention_bias", default: false) { configuration.biases.insert(.attention) }
        if try root.flag("mlp_bias", default: false) { configuration.biases.insert(.feedForward) }
        configuration.unembedding = try root.flag("tie_word_embeddings", default: true) ? .tied : .own
        configuration.prediction = .init(
            try root.activation("classifier_activation", default: "gelu"),
            hasBias: try root.flag("classifier_bias", default: false))
        configuration.hasUnembeddingBias = try root.flag("decoder_bias", default: true)
        return configuration
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        var classifier = TransformerConfiguration.Classifier(
            labelCount: labelCount, activation: try root.activation("classifier_activation", default: "gelu"))
        classifier.hasBias = try root.flag("classifier_bias", default: false)
        classifier.normalizes = true
        if let node = try root.optional("classifier_pooling") {
            switch try node.string() {
            case "cls": break
            case "mean": classifier.averages = true
            default: throw node.unexpected("\"cls\" or \"mean\"")
            }
        }
        return classifier
    }

    /// The projections to queries, keys and values are one, as are the two inner layers of an MLP.
    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        func part(_ name: String, _ index: Int, of count: Int) -> WeightMap.Place {
            WeightMap.Place(name, part: WeightMap.Part(index: index, count: count))
        }
        return WeightMap(
            prefixes: [],
            outside: [
                "embedding": "embeddings.tok_embeddings", "embedding/norm": "embeddings.norm", "norm": "final_norm",
                "prediction/dense": "head.dense", "prediction/norm": "head.norm", "classifier/dense": "head.dense",
                "classifier/norm": "head.norm", "classifier/output": "classifier", "unembedding": "decoder"
            ],
            alternatives: configuration.unembedding == .tied
                ? ["embeddings.tok_embeddings.weight": "decoder.weight"] : [:],
            layers: "layers.",
            inLayer: [
                "attention/query": part("attn.Wqkv", 0, of: 3), "attention/key": part("attn.Wqkv", 1, of: 3),
                "attention/value": part("attn.Wqkv", 2, of: 3), "attention/output": "attn.Wo",
                "attention_norm": "attn_norm", "feed_forward/gate": part("mlp.Wi", 0, of: 2),
                "feed_forward/up": part("mlp.Wi", 1, of: 2), "feed_forward/down": "mlp.Wo",
                "feed_forward_norm": "mlp_norm"
            ],
            checked: ["embeddings.", "final_norm."])
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        // A classifier has the layer before the unembedding too.
        architecture.map { $0.hasSuffix("ForMaskedLM") } ?? contains("decoder.bias")
    }
}
