import AttendRuntime

/// GPT-2 and decoders of the same architecture, such as DistilGPT-2 (Radford et al. 2019).
struct GPT2Family: ModelFamily {
    let name = "gpt2"
    let modelTypes: Set<String> = ["gpt2"]
    let architecturePrefix = "GPT2"
    let tokenizerClass = "GPT2Tokenizer"

    /// Missing keys have the defaults of transformers' `GPT2Config`; its other keys concern training and generation.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        guard try !root.flag("add_cross_attention", default: false) else {
            throw .type(path: "add_cross_attention", expected: "false", found: "true")
        }
        try root.refuseUnknownParts()
        guard try root.flag("is_causal", default: true) else {
            throw .type(path: "is_causal", expected: "true", found: "false")
        }
        // If a size has both names, transformers uses the first.
        let width = try root.size("hidden_size", "n_embd", default: 768)
        let heads = try root.size("num_attention_heads", "n_head", default: 12)
        let headDimension = try root.headDimension(
            width, heads: heads, root.given("hidden_size", "n_embd"), root.given("num_attention_heads", "n_head"))
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: 50_257))
        configuration.decoder = TransformerConfiguration.Stack(
            layerCount: try root.size(
                "num_hidden_layers", "n_layer", default: 12, atLeast: 0, atMost: JSONNode.mostLayers), headCount: heads,
            headDimension: headDimension, feedForwardDimension: try innerWidth(root, width), positions: .learned,
            positionCount: try root.size("max_position_embeddings", "n_positions", default: 1024))
        configuration.normEpsilon = try root.epsilon("layer_norm_epsilon", default: 1e-5)
        configuration.activation = try root.activation("activation_function", default: "gelu_new")
        if try !root.flag("scale_attn_weights", default: true) { configuration.scoreScale = 1 }
        configuration.dividesScoresByLayer = try root.flag("scale_attn_by_inverse_layer_idx", default: false)
        configuration.unembedding = try root.flag("tie_word_embeddings", default: true) ? .tied : .own
        return configuration
    }

    /// `n_inner`, or four times the width by default.
    private func innerWidth(_ root: JSONNode, _ width: Int) throws(JSONError) -> Int {
        if let inner = try root.optional("n_inner") { return try inner.integer(atLeast: 1) }
        let (inner, overflow) = width.multipliedReportingOverflow(by: 4)
        guard !overflow else {
            throw .type(path: "n_embd", expected: "a width whose fourfold fits in an integer", found: "\(width)")
        }
        return inner
    }

    /// Matrices are stored `[in, out]`; the projections to queries, keys and values are one.
    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        func projection(_ index: Int) -> WeightMap.Place {
            WeightMap.Place("attn.c_attn", isTransposed: true, part: WeightMap.Part(index: index, count: 3))
        }
        return WeightMap(
            prefixes: ["transformer."],
            outside: [
                "embedding": "wte", "positions": "wpe", "norm": "ln_f", "unembedding": "lm_head"
            ],
            alternatives: configuration.unembedding == .tied ? ["wte.weight": "lm_head.weight"] : [:],
            layers: "h.",
            inLayer: [
                "attention/query": projection(0), "attention/key": projection(1), "attention/value": projection(2),
                "attention/output": WeightMap.Place("attn.c_proj", isTransposed: true), "attention_norm": "ln_1",
                "feed_forward/up": WeightMap.Place("mlp.c_fc", isTransposed: true),
                "feed_forward/down": WeightMap.Place("mlp.c_proj", isTransposed: true), "feed_forward_norm": "ln_2"
            ],
            checked: ["wte.", "wpe.", "ln_f."],
            // The causal mask and its fill value, written by older versions of transformers.
            unreadInLayer: ["attn.bias", "attn.masked_bias"])
    }

    /// The head shares the embedding table, so only the class name shows whether there is one.
    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        if contains("lm_head.weight") { return true }
        return architecture.map { ["GPT2LMHeadModel", "GPT2DoubleHeadsModel"].contains($0) } ?? true
    }
}
