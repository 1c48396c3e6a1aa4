import AttendRuntime

/// Llama and decoders of the same architecture, such as SmolLM and TinyLlama (Touvron et al. 2023): RMS norms, rotary
/// positions, grouped heads and a gated MLP.
struct LlamaFamily: LlamaLike {
    let name = "llama"
    let modelTypes: Set<String> = ["llama"]
    let architecturePrefix = "Llama"
    let tokenizerClass = "LlamaTokenizer"

    /// Missing keys have the defaults of transformers' `LlamaConfig`; its other keys concern training and generation.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root, .init(vocabulary: 32_000, width: 4096, inner: 11_008, layers: 32, heads: 32))
        try settings.readBiases(feedForward: true)
        try settings.refuseLayerTypes()
        settings.stack.rotary = try root.rotary(headDimension: settings.stack.headDimension)
        return try settings.finished()
    }
}

/// Mistral: Llama with a window in every layer (Jiang et al. 2023).
struct MistralFamily: LlamaLike {
    let name = "mistral"
    let modelTypes: Set<String> = ["mistral"]
    let architecturePrefix = "Mistral"
    let tokenizerClass = "LlamaTokenizer"

    /// Missing keys have the defaults of transformers' `MistralConfig`; a null window is none.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root, .init(vocabulary: 32_000, width: 4096, inner: 14_336, layers: 32, heads: 32, keyValueHeads: 8))
        try settings.refuseLayerTypes()
        settings.stack.rotary = try root.rotary(headDimension: settings.stack.headDimension)
        if root.value["sliding_window"] != .null {
            settings.stack.window = try root.size("sliding_window", default: 4096, atMost: 1 << 40)
            settings.stack.localLayers = Set(0..<settings.stack.layerCount)
        }
        return try settings.finished()
    }
}
