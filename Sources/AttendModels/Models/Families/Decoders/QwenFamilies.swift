import AttendRuntime

/// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values (Yang et al. 2024).
struct Qwen2Family: LlamaLike {
    let name = "qwen2"
    let modelTypes: Set<String> = ["qwen2"]
    let architecturePrefix = "Qwen2"
    let tokenizerClass = "Qwen2Tokenizer"

    /// Missing keys have the defaults of transformers' `Qwen2Config`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root, .init(vocabulary: 151_936, width: 4096, inner: 22_016, layers: 32, heads: 32, keyValueHeads: 32))
        settings.configuration.biases = [.query, .key, .value]
        try settings.readQwenPositions()
        return try settings.finished()
    }
}

/// Qwen3: Llama with normalized queries and keys (Yang et al. 2025).
struct Qwen3Family: LlamaLike {
    let name = "qwen3"
    let modelTypes: Set<String> = ["qwen3"]
    let architecturePrefix = "Qwen3"
    let tokenizerClass = "Qwen2Tokenizer"

    /// Missing keys have the defaults of transformers' `Qwen3Config`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try LlamaSettings(
            root,
            .init(
                vocabulary: 151_936, width: 4096, inner: 22_016, layers: 32, heads: 32, keyValueHeads: 32,
                headDimension: 128))
        settings.configuration.normalizesHeads = true
        try settings.readBiases()
        try settings.readQwenPositions()
        return try settings.finished()
    }
}

extension LlamaSettings {
    /// Rotary positions, and a window in the layers from `max_window_layers` on if `use_sliding_window` is set.
    fileprivate mutating func readQwenPositions() throws(JSONError) {
        stack.rotary = try root.rotary(headDimension: stack.headDimension)
        let first = try root.size("max_window_layers", default: 28, atLeast: 0)
        if try root.flag("use_sliding_window", default: false), root.value["sliding_window"] != .null {
            stack.window = try root.size("sliding_window", default: 4096, atMost: 1 << 40)
        }
        let hasWindow = stack.window != nil
        stack.localLayers = try root.localLayers(of: stack.layerCount) { hasWindow && $0 >= first }
        guard hasWindow || stack.localLayers.isEmpty else {
            throw .type(
                path: "layer_types", expected: "\"full_attention\" without use_sliding_window and sliding_window",
                found: "\"sliding_attention\"")
        }
    }
}
