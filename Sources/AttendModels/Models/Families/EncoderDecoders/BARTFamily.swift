import AttendRuntime

/// BART: an encoder and a decoder with learned positions and normalized embeddings (Lewis et al. 2020).
struct BARTFamily: ModelFamily {
    let name = "bart"
    let modelTypes: Set<String> = ["bart"]
    let architecturePrefix = "Bart"
    let tokenizerClass = "BartTokenizer"

    /// Missing keys have the defaults of transformers' `BartConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        // Rows 0 and 1 of the tables are unused.
        let positions = try root.size("max_position_embeddings", default: 1024, atMost: JSONNode.mostPositions) + 2
        var configuration = try root.bartConfiguration(vocabulary: 50_265, positions: .learned, positions)
        configuration.encoder?.positionOffset = 2
        configuration.decoder?.positionOffset = 2
        configuration.normalizesEmbeddings = true
        // Settings of mBART that older files have.
        for (key, expected) in [
            ("normalize_before", false), ("add_final_layer_norm", false), ("add_bias_logits", false),
            ("normalize_embedding", true), ("static_position_embeddings", false)
        ] where try root.flag(key, default: expected) != expected {
            throw .type(path: key, expected: "\(expected)", found: "\(!expected)")
        }
        return configuration
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bart()
        map.outside.merge([
            "encoder/positions": "encoder.embed_positions", "decoder/positions": "decoder.embed_positions",
            "encoder/embedding/norm": "encoder.layernorm_embedding",
            "decoder/embedding/norm": "decoder.layernorm_embedding"
        ]) { $1 }
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("final_logits_bias") }
}

/// Marian: translation models with sinusoidal positions (Junczys-Dowmunt et al. 2018).
struct MarianFamily: ModelFamily {
    let name = "marian"
    let modelTypes: Set<String> = ["marian"]
    let architecturePrefix = "Marian"
    let tokenizerClass = "MarianTokenizer"

    /// Missing keys have the defaults of transformers' `MarianConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        let configuration = try root.bartConfiguration(
            vocabulary: 58_101, positions: .sinusoidalTable,
            root.size(
                "max_position_embeddings", default: 1024, atMost: JSONNode.mostPositions))
        guard try root.flag("share_encoder_decoder_embeddings", default: true) else {
            throw .type(path: "share_encoder_decoder_embeddings", expected: "true", found: "false")
        }
        if let node = try root.optional("decoder_vocab_size"), let size = configuration.vocabularySize,
            try node.integer(atLeast: 1) != size
        {
            throw node.unexpected("vocab_size, \(size): the embeddings are shared")
        }
        return configuration
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bart()
        map.outside["encoder/positions"] = "encoder.embed_positions"
        map.outside["decoder/positions"] = "decoder.embed_positions"
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("final_logits_bias") }

    func isNamed(by architecture: String) -> Bool { architecture.hasPrefix(architecturePrefix) }
}

extension JSONNode {
    /// The settings that BART, Marian and Whisper share: the sizes of two stacks with norms after each sum.
    ///
    /// - Parameters:
    ///   - vocabulary: The default number of tokens.
    ///   - rows: The number of rows of the positions.
    func bartConfiguration(
        vocabulary: Int, positions: TransformerConfiguration.Positions, _ rows: Int,
        defaults: (width: Int, layers: Int, heads: Int, inner: Int) = (1024, 12, 16, 4096)
    ) throws(JSONError) -> TransformerConfiguration {
        try refuseUnknownParts()
        guard try !flag("is_decoder", default: false), try flag("is_encoder_decoder", default: true) else {
            throw .type(path: "is_encoder_decoder", expected: "true", found: "a decoder alone")
        }
        // If a size has both names, transformers uses the first.
        let width = try size("hidden_size", "d_model", default: defaults.width)
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try size("vocab_size", default: vocabulary))
        func stack(_ side: String, _ heads: Int, _ layers: Int) throws(JSONError) -> TransformerConfiguration.Stack {
            TransformerConfiguration.Stack(
                layerCount: layers, headCount: heads,
                headDimension: try headDimension(width, heads: heads, "d_model", "\(side)_attention_heads"),
                feedForwardDimension: try size("\(side)_ffn_dim", default: defaults.inner), positions: positions,
                positionCount: rows)
        }
        configuration.encoder = try stack(
            "encoder", size("num_attention_heads", "encoder_attention_heads", default: defaults.heads),
            size(
                "num_hidden_layers", "encoder_layers", default: defaults.layers, atLeast: 0, atMost: JSONNode.mostLayers
            ))
        configuration.decoder = try stack(
            "decoder", size("decoder_attention_heads", default: defaults.heads),
            size("decoder_layers", default: defaults.layers, atLeast: 0, atMost: JSONNode.mostLayers))
        configuration.normPlacement = .after
        configuration.activation = try activation("activation_function", default: "gelu")
        if try flag("scale_embedding", default: false) { configuration.embeddingScale = Double(width).squareRoot() }
        configuration.unembedding = try flag("tie_word_embeddings", default: true) ? .tied : .own
        configuration.hasUnembeddingBias = true
        return configuration
    }
}

extension WeightMap {
    /// The names of BART's weights, which Marian and Whisper share.
    static func bart() -> WeightMap {
        func attention(_ name: String, _ part: String) -> [String: Place] {
            [
                "\(part)/query": Place("\(name).q_proj"), "\(part)/key": Place("\(name).k_proj"),
                "\(part)/value": Place("\(name).v_proj"), "\(part)/output": Place("\(name).out_proj"),
                "\(part)_norm": Place("\(name)_layer_norm")
            ]
        }
        let places = attention("self_attn", "attention").merging([
            "feed_forward/up": "fc1", "feed_forward/down": "fc2", "feed_forward_norm": "final_layer_norm"
        ]) { $1 }
        return WeightMap(
            prefixes: [],
            outside: [
                "embedding": "shared", "unembedding": "lm_head",
                "unembedding/bias": Place("final_logits_bias", isRow: true)
            ],
            alternatives: [
                "shared.weight": "encoder.embed_tokens.weight",
                "encoder.embed_tokens.weight": "decoder.embed_tokens.weight",
                "decoder.embed_tokens.weight": "lm_head.weight"
            ],
            copies: ["encoder.embed_tokens.weight": "shared.weight", "decoder.embed_tokens.weight": "shared.weight"],
            layers: [
                .encoder: .init(prefix: "encoder.layers.", places: places),
                .decoder: .init(
                    prefix: "decoder.layers.",
                    places: places.merging(attention("encoder_attn", "cross_attention")) { $1 })
            ],
            checked: ["shared."])
    }
}
