import AttendRuntime

/// Gemma: scaled embeddings, and norms that store the difference of their scale from 1 (Gemma Team 2024).
struct GemmaFamily: LlamaLike {
    let name = "gemma"
    let modelTypes: Set<String> = ["gemma"]
    let architecturePrefix = "Gemma"
    let tokenizerClass = "GemmaTokenizer"

    /// Missing keys have the defaults of transformers' `GemmaConfig`, which reads "gelu" as its approximation by tanh.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root,
            .init(
                vocabulary: 256_000, width: 3072, inner: 24_576, layers: 28, heads: 16, keyValueHeads: 16,
                headDimension: 256, activation: "gelu_pytorch_tanh", isTied: true))
        settings.readGemma()
        if settings.configuration.activation == .gelu { settings.configuration.activation = .geluTanh }
        try settings.readBiases()
        try settings.refuseLayerTypes()
        settings.stack.rotary = try root.rotary(headDimension: settings.stack.headDimension)
        try settings.refuseBothWays()
        return settings.finished(isCausal: true)
    }
}

/// Gemma 2: norms around each part, windows in every other layer, and soft caps (Gemma Team 2024).
struct Gemma2Family: LlamaLike {
    let name = "gemma2"
    let modelTypes: Set<String> = ["gemma2"]
    let architecturePrefix = "Gemma2"
    let tokenizerClass = "GemmaTokenizer"

    /// Missing keys have the defaults of transformers' `Gemma2Config`; a null cap is none.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root,
            .init(
                vocabulary: 256_000, width: 2304, inner: 9216, layers: 26, heads: 8, keyValueHeads: 4,
                headDimension: 256, activationKey: "hidden_activation", activation: "gelu_pytorch_tanh",
                isTied: true))
        settings.readGemma()
        try settings.readBiases()
        try settings.readScoreScale()
        settings.configuration.normPlacement = .around
        settings.configuration.scoreCap = try settings.cap("attn_logit_softcapping", default: 50)
        settings.configuration.logitCap = try settings.cap("final_logit_softcapping", default: 30)
        settings.stack.rotary = try root.rotary(headDimension: settings.stack.headDimension)
        try settings.readGemmaWindow { $0.isMultiple(of: 2) }
        try settings.refuseBothWays()
        return settings.finished(isCausal: true)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        .llama(configuration, norms: WeightMap.gemmaNorms)
    }
}

/// Gemma 3, its text model: normalized queries and keys, and other frequencies in local layers (Gemma Team 2025).
struct Gemma3Family: LlamaLike {
    let name = "gemma3_text"
    let modelTypes: Set<String> = ["gemma3_text"]
    let architecturePrefix = "Gemma3"
    let tokenizerClass = "GemmaTokenizer"

    /// Missing keys have the defaults of transformers' `Gemma3TextConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root,
            .init(
                vocabulary: 262_208, width: 2304, inner: 9216, layers: 26, heads: 8, keyValueHeads: 4,
                headDimension: 256, activationKey: "hidden_activation", activation: "gelu_pytorch_tanh",
                isTied: true))
        settings.readGemma()
        try settings.readBiases()
        try settings.readScoreScale()
        settings.configuration.normPlacement = .around
        settings.configuration.normalizesHeads = true
        // transformers has this setting without obeying it.
        if let node = try root.optional("attn_logit_softcapping") {
            throw node.unexpected("null: Gemma 3 does not cap its scores")
        }
        settings.configuration.logitCap = try settings.cap("final_logit_softcapping", default: nil)
        let pattern = try root.size("sliding_window_pattern", default: 6)
        try settings.readGemmaWindow { !($0 + 1).isMultiple(of: pattern) }
        (settings.stack.rotary, settings.stack.localRotary) = try root.layeredRotary(
            headDimension: settings.stack.headDimension, global: ("rope_theta", 1_000_000),
            local: ("rope_local_base_freq", 10_000), scalesLocal: false)
        let isCausal = try settings.isCausalGemma()
        // Embedding models give the whole width of the window.
        if !isCausal { settings.stack.window = settings.stack.window.map { $0 / 2 + 1 } }
        return settings.finished(isCausal: isCausal)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        .llama(configuration, norms: WeightMap.gemmaNorms)
    }
}

extension WeightMap {
    fileprivate static var gemmaNorms: [String: Place] {
        [
            "attention_norm": "input_layernorm", "attention_output_norm": "post_attention_layernorm",
            "feed_forward_norm": "pre_feedforward_layernorm",
            "feed_forward_output_norm": "post_feedforward_layernorm"
        ]
    }
}

extension LlamaSettings {
    fileprivate mutating func readGemma() {
        configuration.addsOneToNorms = true
        configuration.embeddingScale = Double(configuration.modelDimension).squareRoot()
    }

    fileprivate mutating func readScoreScale() throws(JSONError) {
        let scalar = try root.optional("query_pre_attn_scalar")
        let value = try scalar?.number() ?? 256
        guard value > 0 else { throw scalar?.unexpected("a number above 0") ?? .missing(path: "query_pre_attn_scalar") }
        configuration.scoreScale = 1 / value.squareRoot()
    }

    /// A soft cap; null is none.
    fileprivate func cap(_ key: String, default fallback: Double?) throws(JSONError) -> Double? {
        guard root.value[key] != .null else { return nil }
        guard let node = try root.optional(key) else { return fallback }
        let cap = try node.number()
        guard cap > 0, Float(cap).isNormal else { throw node.unexpected("a number above 0, or null") }
        return cap
    }

    fileprivate mutating func readGemmaWindow(_ isLocal: (Int) -> Bool) throws(JSONError) {
        stack.localLayers = try root.localLayers(of: stack.layerCount, isLocal)
        if root.value["sliding_window"] != .null {
            stack.window = try root.size("sliding_window", default: 4096, atMost: 1 << 40)
        }
        guard stack.window != nil || stack.localLayers.isEmpty else {
            throw .type(path: "sliding_window", expected: "a window for the local layers", found: "null")
        }
    }

    /// Throws for `use_bidirectional_attention`, which transformers obeys in some implementations of attention only.
    fileprivate func refuseBothWays() throws(JSONError) {
        guard try isCausalGemma() else {
            throw .type(path: "use_bidirectional_attention", expected: "false", found: "true")
        }
    }

    /// Whether queries see the keys up to their own only; not so in embedding models.
    fileprivate func isCausalGemma() throws(JSONError) -> Bool {
        let isBidirectional = try root.flag("use_bidirectional_attention", default: false)
        guard try root.flag("is_causal", default: true) else {
            throw .type(path: "is_causal", expected: "true; use_bidirectional_attention opens the view", found: "false")
        }
        return !isBidirectional
    }
}
