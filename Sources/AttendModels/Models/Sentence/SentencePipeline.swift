import AttendRuntime

/// The modules after a sentence encoder's transformer, and the truncation of the embedding.
struct SentencePipeline: Sendable {
    /// The folder or file for error messages.
    let path: String
    let modules: [any SentenceModule]
    /// The number of leading components to keep (`truncate_dim`); nil for all.
    var truncatedDimension: Int?

    /// The modules after the transformer in a list.
    ///
    /// - Parameter bare: The pooling of a folder without `modules.json`.
    /// - Throws: ``ModelError``, ``AttendGraph/FileError`` or ``AttendGraph/SafetensorsError`` that names a module's
    ///   file.
    init(_ list: ModuleList, bare: Pooling.Mode = .mean) throws {
        path = list.path
        guard list.isListed else {
            modules = [Pooling([bare], path: list.path)]
            return
        }
        modules = try list.entries.enumerated().dropFirst().compactMap { index, entry in
            let config = "\(entry.folder)/config.json"
            switch entry.kind {
            case .transformer: return nil
            case .pooling: return try Pooling(ModelFile(config))
            case .dense: return try Dense(folder: entry.folder, index: index)
            case .layerNorm: return try LayerNormalization(folder: entry.folder, index: index)
            case .normalize:
                // In the transformer's folder, config.json is the transformer's.
                let isOwn = entry.folder != list.transformerFolder
                return try Normalization(isOwn ? ModelFile.optional(config) : nil, path: list.path)
            case .dropout:
                // The identity outside of training.
                try ModelFile.optional(config)?.read { try $0.allowKeys(["dropout"]) }
                return nil
            }
        }
    }

    /// Whether pooling excludes the prompt's tokens.
    var excludesPrompt: Bool { modules.contains { ($0 as? Pooling)?.includesPrompt == false } }

    /// Whether a module has weights.
    var hasWeights: Bool { modules.contains { !($0 is Pooling || $0 is Normalization) } }

    /// A summary such as "mean, normalized".
    var summary: String {
        let cut = truncatedDimension.map { ["first \($0) components"] } ?? []
        return (modules.map(\.summary) + cut).joined(separator: ", ")
    }

    /// Adds the modules' nodes and the output `sentence_embedding`, float32 `[batch, width]`.
    ///
    /// - Parameters:
    ///   - values: The transformer's outputs by name.
    ///   - dtype: The floating-point dtype of the modules' weights.
    func finish(
        _ builder: GraphBuilder, _ values: [String: Value], attentionMask: Value, dtype: DType, isDeclared: Bool
    ) throws {
        var poolingMask = attentionMask
        if excludesPrompt {
            poolingMask = try builder.input(SentenceFeatures.poolingMaskName, attentionMask.type)
        }
        var features = SentenceFeatures(
            builder: builder, dtype: dtype, isDeclared: isDeclared, attentionMask: attentionMask,
            poolingMask: poolingMask,
            values: values)
        for module in modules { try module.apply(to: &features) }
        var embedding = try features.value(SentenceFeatures.sentenceEmbedding, for: path)
        guard embedding.rank == 2 else {
            throw ModelError(
                path: path, reason: "the sentence_embedding has one vector per token: no module pools them")
        }
        if let dimension = truncatedDimension, let width = embedding.shape[1].constant, dimension < width {
            embedding = try embedding.sliced(axis: 1, from: 0, to: Size(dimension))
        }
        try builder.output(SentenceFeatures.sentenceEmbedding, embedding.cast(to: .float32))
    }
}
