import AttendCore

extension BERTEncoder {
    /// An encoder with the weights of a transformers folder: `config.json` and `model.safetensors`, or the shards of
    /// `model.safetensors.index.json`.
    ///
    /// Names may have prefixes (`bert.`, `model.`, `module.`, `0.auto_model.`) and TensorFlow's endings (`gamma`, `beta`). Weights are computed
    /// in float32: 16-bit ones are widened, float64 is rounded.
    ///
    /// - Throws: ``ModelError`` or ``AttendCore/SafetensorsError``, naming the file and what is wrong with it.
    public init(folder: String) throws {
        try self.init(BERTFiles(folder: folder))
    }

    init(_ files: BERTFiles) { self.init(files.configuration, weights: files.weights.tensors) }

    /// With the shapes of the weights alone, none of which is read.
    init(declaring files: BERTFiles) { self.init(files.configuration, weights: files.weights.shapes) }
}

/// Configuration and weights of a BERT-family encoder's folder.
struct BERTFiles {
    let configuration: BERTConfiguration
    let weights: CheckpointWeights

    /// - Parameter overrides: Settings of another file that take precedence over `config.json`.
    init(folder: String, overrides: JSONValue = .object([])) throws {
        if let adapter = try InputFile.ifPresent("\(folder)/adapter_config.json") {
            throw ModelError(
                path: adapter.path, reason: "adapters are not known here: merge it into the model (merge_and_unload)")
        }
        configuration = try BERTConfiguration(
            ModelFile("\(folder)/config.json").overridden(by: overrides, of: "config_kwargs"))
        weights = try CheckpointWeights(folder: folder)
        try checkParts()
    }

    /// The outputs that the files have weights for.
    var outputs: Set<BERTOutput> {
        var outputs: Set<BERTOutput> = [.lastHiddenState]
        if weights.contains("pooler.dense.weight") { outputs.insert(.poolerOutput) }
        if weights.contains("cls.predictions.transform.dense.weight") { outputs.insert(.logits) }
        return outputs
    }

    private static let ofEmbeddings: Set<Substring> = [
        "word_embeddings.weight", "position_embeddings.weight", "token_type_embeddings.weight", "LayerNorm.weight",
        "LayerNorm.bias",
        // 0, 1, 2, …, and zeros, as older versions of transformers wrote them.
        "position_ids", "token_type_ids"
    ]

    private static let ofLayer: Set<Substring> = Set(
        [
            "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
            "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"
        ].flatMap { ["\($0).weight", "\($0).bias"] })

    /// Throws for weights in the embeddings and blocks that BERT does not have, such as an adapter's: leaving them out would change the
    /// result. Heads, poolers and layers beyond `num_hidden_layers` are left unread, as in `transformers`.
    private func checkParts() throws {
        for name in weights.names.all {
            let isKnown: Bool
            if name.hasPrefix("embeddings.") {
                isKnown = BERTFiles.ofEmbeddings.contains(name.dropFirst("embeddings.".count))
            } else if name.hasPrefix("encoder.layer.") {
                let rest = name.dropFirst("encoder.layer.".count)
                let number = rest.prefix { $0 != "." }
                guard let layer = Int(number), layer < configuration.layerCount else { continue }
                isKnown =
                    BERTFiles.ofLayer.contains(rest.dropFirst(number.count + 1))
                    // A decoder's, of no use without an encoder's states.
                    || configuration.isCausal && rest.dropFirst(number.count + 1).hasPrefix("crossattention.")
            } else {
                continue
            }
            guard !isKnown else { continue }
            let tensor = try weights.names.tensor(for: name)
            throw SafetensorsError.tensor(
                path: try weights.checkpoint.file(holding: tensor).path, name: tensor,
                reason: "BERT has no such weight, so leaving it out would change the result")
        }
    }
}
