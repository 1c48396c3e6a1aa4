import AttendRuntime

/// Whisper: an encoder of spectrograms and a decoder of text (Radford et al. 2022).
struct WhisperFamily: ModelFamily {
    let name = "whisper"
    let modelTypes: Set<String> = ["whisper"]
    let architecturePrefix = "Whisper"
    let tokenizerClass = "WhisperTokenizer"

    /// Missing keys have the defaults of transformers' `WhisperConfig`, which has `scale_embedding` without obeying it.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        let source = try root.size("max_source_positions", default: 1500, atMost: JSONNode.mostPositions)
        var configuration = try root.bartConfiguration(
            vocabulary: 51_865, positions: .learned, source, defaults: (384, 4, 6, 1536))
        configuration.decoder?.positionCount = try root.size("max_target_positions", default: 448)
        configuration.audio = .init(binCount: try root.size("num_mel_bins", default: 80), positionCount: source)
        configuration.normPlacement = .before
        configuration.biases = .allButKey
        (configuration.embeddingScale, configuration.hasUnembeddingBias) = (nil, false)
        return configuration
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bart()
        map.outside = [
            "embedding": "decoder.embed_tokens", "unembedding": "proj_out",
            "encoder/positions": "encoder.embed_positions", "decoder/positions": "decoder.embed_positions",
            "encoder/convolution/0": "encoder.conv1", "encoder/convolution/1": "encoder.conv2",
            "encoder/norm": "encoder.layer_norm", "decoder/norm": "decoder.layer_norm"
        ]
        map.alternatives =
            configuration.unembedding == .tied ? ["decoder.embed_tokens.weight": "proj_out.weight"] : [:]
        map.copies = [:]
        map.checked = ["decoder.embed_tokens.", "encoder.conv1.", "encoder.conv2."]
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        if contains("proj_out.weight") { return true }
        return architecture.map { $0.hasSuffix("ForConditionalGeneration") } ?? true
    }
}
