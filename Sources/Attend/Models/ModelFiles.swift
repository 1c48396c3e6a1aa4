import AttendCore

/// The configuration and the weights in a transformer's folder; no weight is read yet.
struct ModelFiles {
    let family: any ModelFamily
    let configuration: TransformerConfiguration
    let weights: CheckpointWeights
    /// Whether there is a language-model head.
    let hasLogits: Bool

    /// - Parameter overrides: Settings of another file that take precedence over `config.json`.
    /// - Throws: ``ModelError`` or ``AttendCore/SafetensorsError``, naming the file and the setting or tensor.
    init(folder: String, overrides: JSONValue = .object([])) throws {
        if let adapter = try InputFile.ifPresent("\(folder)/adapter_config.json") {
            throw ModelError(
                path: adapter.path, reason: "adapters are not known here: merge it into the model (merge_and_unload)")
        }
        let file = try ModelFile("\(folder)/config.json").overridden(by: overrides, of: "config_kwargs")
        let (family, configuration, architecture) = try file.read { root in
            let family = try ModelFamilies.named(by: root)
            return (family, try family.configuration(root), try ModelFamilies.architecture(root))
        }
        let weights = CheckpointWeights(
            try Checkpoint(folder: folder), family.weights(of: configuration))
        hasLogits = family.hasLogits(architecture: architecture, contains: weights.names.contains)
        self.family = family
        self.weights = weights
        self.configuration = try ModelFiles.tied(configuration, weights)
        try checkParts()
    }

    /// A transformer to build one graph with.
    func transformer(declared: Bool, positions: PositionInput = .counted) -> Transformer {
        Transformer(
            configuration, name: family.name, interface: .model(positions: positions),
            weights: declared ? weights.shapes : weights.tensors, label: weights.map.label)
    }

    /// The configuration with an unembedding of its own where the checkpoint stores one that differs from the embeddings, whatever
    /// `tie_word_embeddings` says: as transformers 5 does.
    private static func tied(
        _ configuration: TransformerConfiguration, _ weights: CheckpointWeights
    ) throws -> TransformerConfiguration {
        let (table, own) = ("embedding/weight", "unembedding/weight")
        guard configuration.unembedding == .tied, weights.contains(own), weights.contains(table),
            let rows = configuration.vocabularySize
        else { return configuration }
        let shape = [rows, configuration.modelDimension]
        let tensors = try [table, own].map { name in
            try weights.checkpoint.floats(
                named: weights.names.tensor(for: weights.map.place(of: name).name), shape: shape)
        }
        guard tensors[0] != tensors[1] else { return configuration }
        var untied = configuration
        untied.unembedding = .own
        return untied
    }

    /// Throws for weights in the embeddings and layers that the family does not have, such as an adapter's: leaving them out would change
    /// the result. Heads, poolers and layers beyond the last are left unread, as in `transformers`.
    private func checkParts() throws {
        let layerCount = configuration.mainStack?.layerCount ?? 0
        for name in weights.names.all where weights.map.isUnknown(name, layerCount: layerCount) {
            let tensor = try weights.names.tensor(for: name)
            throw SafetensorsError.tensor(
                path: try weights.checkpoint.file(holding: tensor).path, name: tensor,
                reason: "the \(family.name) family has no such weight, so leaving it out would change the result")
        }
    }
}
