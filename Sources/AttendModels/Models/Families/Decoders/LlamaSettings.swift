import AttendRuntime

/// The settings that Llama and the decoders after it share, with a family's defaults.
struct LlamaSettings {
    /// The defaults of a family for missing keys.
    struct Defaults {
        var vocabulary: Int
        var width: Int
        var inner: Int
        var layers: Int
        var heads: Int
        /// Nil for as many as heads.
        var keyValueHeads: Int?
        /// Nil for the width over the heads.
        var headDimension: Int?
        var activationKey = "hidden_act"
        var activation = "silu"
        var isTied = false
    }

    var configuration: TransformerConfiguration
    var stack: TransformerConfiguration.Stack
    let root: JSONNode

    /// Sizes, norms, a gated MLP without biases, and the head. Positions and windows are left to the family.
    ///
    /// - Throws: ``JSONError`` for an invalid or unsupported setting.
    init(_ root: JSONNode, _ defaults: Defaults) throws(JSONError) {
        self.root = root
        try root.refuseUnknownParts()
        let width = try root.size("hidden_size", default: defaults.width)
        let heads = try root.size("num_attention_heads", default: defaults.heads, atMost: JSONNode.mostHeads)
        let shared: Int
        if root.value["num_key_value_heads"] == .null {
            shared = heads
        } else {
            shared = try root.size("num_key_value_heads", default: defaults.keyValueHeads ?? heads)
        }
        guard heads.isMultiple(of: shared) else {
            throw .type(
                path: "num_attention_heads", expected: "a multiple of num_key_value_heads, \(shared)",
                found: "\(heads)")
        }
        let headDimension: Int
        if try root.optional("head_dim") != nil {
            headDimension = try root.size("head_dim", default: 1, atMost: JSONNode.mostHeads)
        } else if let dimension = defaults.headDimension {
            headDimension = dimension
        } else {
            headDimension = try root.headDimension(width, heads: heads, "hidden_size", "num_attention_heads")
        }
        configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: defaults.vocabulary))
        stack = TransformerConfiguration.Stack(
            layerCount: try root.size(
                "num_hidden_layers", default: defaults.layers, atLeast: 0, atMost: JSONNode.mostLayers),
            headCount: heads,
            keyValueHeadCount: shared, headDimension: headDimension,
            feedForwardDimension: try root.size("intermediate_size", default: defaults.inner), positions: .rotary)
        configuration.norm = .rmsNorm
        configuration.normEpsilon = try root.epsilon("rms_norm_eps", default: 1e-6)
        configuration.activation = try root.activation(defaults.activationKey, default: defaults.activation)
        (configuration.isGated, configuration.biases) = (true, [])
        configuration.unembedding =
            try root.flag("tie_word_embeddings", default: defaults.isTied) ? .tied : .own
    }

    /// The biases of `attention_bias` and `mlp_bias`.
    mutating func readBiases(attention: Bool = true, feedForward: Bool = false) throws(JSONError) {
        if attention, try root.flag("attention_bias", default: false) { configuration.biases.insert(.attention) }
        if feedForward, try root.flag("mlp_bias", default: false) { configuration.biases.insert(.feedForward) }
    }

    /// Throws for layers of several kinds in a family that has one.
    func refuseLayerTypes() throws(JSONError) {
        guard let node = try root.optional("layer_types") else { return }
        for layer in try node.elements() where try layer.string() != "full_attention" {
            throw layer.unexpected("\"full_attention\"")
        }
    }

    /// The configuration: a decoder, or an encoder where `is_causal` is false, as in embedding models.
    ///
    /// - Parameter isCausal: Whether queries see the keys up to their own only.
    func finished(isCausal: Bool) -> TransformerConfiguration {
        var configuration = configuration
        if isCausal { configuration.decoder = stack } else { configuration.encoder = stack }
        return configuration
    }

    /// The configuration, by `is_causal`. Without it, windows reach one key further, as in transformers.
    mutating func finished() throws(JSONError) -> TransformerConfiguration {
        let isCausal = try root.flag("is_causal", default: true)
        if !isCausal { stack.window = stack.window.map { $0 + 1 } }
        return finished(isCausal: isCausal)
    }
}

extension WeightMap {
    /// The names of Llama's weights, which the decoders after it share.
    ///
    /// - Parameter norms: The norms of a layer.
    static func llama(
        _ configuration: TransformerConfiguration,
        norms: [String: Place] = ["attention_norm": "input_layernorm", "feed_forward_norm": "post_attention_layernorm"]
    ) -> WeightMap {
        var inLayer: [String: Place] = [
            "attention/query": "self_attn.q_proj", "attention/key": "self_attn.k_proj",
            "attention/value": "self_attn.v_proj", "attention/output": "self_attn.o_proj",
            "feed_forward/gate": "mlp.gate_proj", "feed_forward/up": "mlp.up_proj",
            "feed_forward/down": "mlp.down_proj"
        ]
        if configuration.normalizesHeads {
            inLayer["attention/query_norm"] = "self_attn.q_norm"
            inLayer["attention/key_norm"] = "self_attn.k_norm"
        }
        return WeightMap(
            prefixes: [],
            outside: ["embedding": "embed_tokens", "norm": "norm", "unembedding": "lm_head"],
            alternatives: configuration.unembedding == .tied ? ["embed_tokens.weight": "lm_head.weight"] : [:],
            layers: "layers.", inLayer: inLayer.merging(norms) { $1 },
            checked: ["embed_tokens.", "norm.", "lm_head."],
            unread: ["rotary_emb.inv_freq"],
            // The frequencies, written by older versions of transformers.
            unreadInLayer: ["self_attn.rotary_emb.inv_freq"])
    }
}

/// A family whose weights have Llama's names.
protocol LlamaLike: ModelFamily {}

extension LlamaLike {
    func weights(of configuration: TransformerConfiguration) -> WeightMap { .llama(configuration) }

    /// A tied head is not stored, so only the class name shows whether there is one.
    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        if contains("lm_head.weight") { return true }
        return architecture.map { $0.hasSuffix("ForCausalLM") } ?? true
    }
}
