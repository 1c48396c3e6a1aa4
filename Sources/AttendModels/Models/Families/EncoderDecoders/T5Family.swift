import AttendRuntime

/// T5, T5 1.1 and Flan-T5: RMS norms, relative positions, unscaled scores, no biases (Raffel et al. 2020).
struct T5Family: ModelFamily {
    let name = "t5"
    let modelTypes: Set<String> = ["t5"]
    let architecturePrefix = "T5"
    let tokenizerClass = "T5Tokenizer"

    /// Missing keys have the defaults of transformers' `T5Config`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        try root.refuseUnknownParts()
        guard try !root.flag("is_decoder", default: false) else {
            throw .type(path: "is_decoder", expected: "false", found: "true")
        }
        // If a size has both names, transformers uses the first.
        let width = try root.size("hidden_size", "d_model", default: 512)
        let heads = try root.size("num_attention_heads", "num_heads", default: 8, atMost: JSONNode.mostHeads)
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: 32_128))
        let layers = try root.size(
            "num_hidden_layers", "num_layers", default: 6, atLeast: 0, atMost: JSONNode.mostLayers)
        var stack = TransformerConfiguration.Stack(
            layerCount: layers, headCount: heads,
            headDimension: try root.size("head_dim", "d_kv", default: 64, atMost: JSONNode.mostHeads),
            feedForwardDimension: try root.size("d_ff", default: 2048), positions: .relative,
            positionCount: try root.size("relative_attention_num_buckets", default: 32, atLeast: 4))
        stack.maximumDistance = try root.size(
            "relative_attention_max_distance", default: 128, atMost: JSONNode.mostPositions)
        guard let buckets = stack.positionCount, stack.maximumDistance > buckets / 2 else {
            throw .type(
                path: "relative_attention_max_distance", expected: "more than half of the buckets",
                found: "\(stack.maximumDistance)")
        }
        configuration.encoder = stack
        if try root.optional("num_decoder_layers") != nil {
            stack.layerCount = try root.size(
                "num_decoder_layers", default: layers, atLeast: 0, atMost: JSONNode.mostLayers)
        }
        if try hasDecoder(root) { configuration.decoder = stack }
        configuration.norm = .rmsNorm
        configuration.normEpsilon = try root.epsilon("layer_norm_epsilon", default: 1e-6)
        configuration.biases = []
        configuration.scoreScale = 1
        try readActivation(root, &configuration)
        // transformers 4 means by untied embeddings that the states are not scaled.
        let isTied = try root.flag("tie_word_embeddings", default: true)
        if try root.flag("scale_decoder_outputs", default: isTied) {
            configuration.logitScale = 1 / Double(width).squareRoot()
        }
        configuration.unembedding = .tied
        return configuration
    }

    private func hasDecoder(_ root: JSONNode) throws(JSONError) -> Bool {
        if try ModelFamilies.architecture(root) == "T5EncoderModel" { return false }
        return try root.flag("is_encoder_decoder", default: true)
    }

    /// `relu`, or `gated-gelu`, which means the approximation by tanh.
    private func readActivation(
        _ root: JSONNode, _ configuration: inout TransformerConfiguration
    ) throws(JSONError) {
        let text = try root.optional("feed_forward_proj")?.string() ?? "relu"
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 1 || parts.count == 2 && parts[0] == "gated",
            let activation = Activation(transformersName: text == "gated-gelu" ? "gelu_new" : String(parts.last ?? ""))
        else {
            throw .type(
                path: "feed_forward_proj", expected: "an activation, or \"gated-\" and an activation",
                found: "\"\(text)\"")
        }
        configuration.activation = activation
        configuration.isGated = parts.count == 2
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        func attention(_ layer: Int, _ kind: String, _ name: String) -> [String: WeightMap.Place] {
            var places: [String: WeightMap.Place] = [
                "\(name)_norm": WeightMap.Place("layer.\(layer).layer_norm")
            ]
            for (role, letter) in [("query", "q"), ("key", "k"), ("value", "v"), ("output", "o")] {
                places["\(name)/\(role)"] = WeightMap.Place("layer.\(layer).\(kind).\(letter)")
            }
            return places
        }
        func feedForward(_ layer: Int) -> [String: WeightMap.Place] {
            let dense = "layer.\(layer).DenseReluDense"
            return [
                "feed_forward_norm": WeightMap.Place("layer.\(layer).layer_norm"),
                "feed_forward/gate": WeightMap.Place("\(dense).wi_0"),
                "feed_forward/up": WeightMap.Place("\(dense).\(configuration.isGated ? "wi_1" : "wi")"),
                "feed_forward/down": WeightMap.Place("\(dense).wo")
            ]
        }
        let own = attention(0, "SelfAttention", "attention")
        let cross = attention(1, "EncDecAttention", "cross_attention")
        let bias = "block.0.layer.0.SelfAttention.relative_attention_bias"
        // Published files have a bias of cross-attention, which no version of transformers reads.
        let unread: Set<String> = [
            "layer.0.SelfAttention.relative_attention_bias.", "layer.1.EncDecAttention.relative_attention_bias."
        ]
        return WeightMap(
            prefixes: ["transformer."],
            outside: [
                "embedding": "shared", "unembedding": "lm_head",
                "encoder/norm": "encoder.final_layer_norm", "decoder/norm": "decoder.final_layer_norm",
                "encoder/relative": WeightMap.Place("encoder.\(bias)"),
                "decoder/relative": WeightMap.Place("decoder.\(bias)")
            ],
            alternatives: [
                "shared.weight": "encoder.embed_tokens.weight",
                "encoder.embed_tokens.weight": "decoder.embed_tokens.weight",
                "decoder.embed_tokens.weight": "lm_head.weight"
            ],
            copies: ["encoder.embed_tokens.weight": "shared.weight", "decoder.embed_tokens.weight": "shared.weight"],
            layers: [
                .encoder: .init(
                    prefix: "encoder.block.", places: own.merging(feedForward(1)) { $1 }, unread: unread),
                .decoder: .init(
                    prefix: "decoder.block.", places: own.merging(cross) { $1 }.merging(feedForward(2)) { $1 },
                    unread: unread)
            ],
            checked: ["shared."])
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        if contains("lm_head.weight") { return true }
        return architecture.map { $0.hasSuffix("ForConditionalGeneration") || $0 == "T5WithLMHeadModel" } ?? true
    }
}
