import AttendRuntime

/// The configuration and the weights in a transformer's folder; weights are not read yet.
struct ModelFiles {
    /// `config.json`, with the overrides applied.
    let settings: ModelFile
    let family: any ModelFamily
    private(set) var configuration: TransformerConfiguration
    private(set) var weights: CheckpointWeights
    /// Whether there is a language-model head.
    let hasLogits: Bool

    /// - Parameters:
    ///   - overrides: Settings of another file that take precedence over `config.json`.
    ///   - dtype: The floating-point dtype of the weights in graphs.
    /// - Throws: ``ModelError`` or ``AttendGraph/SafetensorsError``, naming the file and the setting or tensor.
    init(folder: String, overrides: JSONValue = .object([]), dtype: DType) throws {
        if let adapter = try InputFile.ifPresent("\(folder)/adapter_config.json") {
            throw ModelError(
                path: adapter.path, reason: "adapters are not supported; merge it into the model (merge_and_unload)")
        }
        settings = try ModelFile("\(folder)/config.json").overridden(by: overrides, of: "config_kwargs")
        let architecture: String?
        (family, configuration, architecture) = try settings.read { root in
            let family = try ModelFamilies.named(by: root)
            var configuration = try family.configuration(root)
            let architecture = try ModelFamilies.architecture(root)
            if architecture?.hasSuffix("ForSequenceClassification") ?? false, configuration.decoder == nil {
                configuration.classifier = try family.classifier(root, labelCount: root.labelCount())
            }
            return (family, configuration, architecture)
        }
        weights = CheckpointWeights(
            try Checkpoint(folder: folder), family.weights(of: configuration), dtype,
            try settings.read { try QuantizationSettings.read($0) })
        try weights.checkQuantization(settings.path)
        // A stored table takes the place of sinusoids, as in transformers.
        if weights.contains("encoder/positions/weight"), configuration.encoder?.positions == .sinusoidalTable {
            configuration.encoder?.positions = .learned
        }
        if weights.contains("decoder/positions/weight"), configuration.decoder?.positions == .sinusoidalTable {
            configuration.decoder?.positions = .learned
        }
        hasLogits =
            configuration.classifier == nil
            ? family.hasLogits(architecture: architecture, contains: weights.names.contains)
            : weights.contains("classifier/output/weight")
        try checkParts()
    }

    /// A transformer to build one graph with.
    ///
    /// - Parameter hasLogits: Whether the graph has logits; then a stored unembedding is compared with the embeddings.
    func transformer(hasLogits: Bool, declared: Bool, positions: PositionInput) throws -> Transformer {
        if !declared { try checkCopies() }
        return try transformer(hasLogits, positions, declared ? weights.shapes : weights.constants)
    }

    /// A transformer to build a graph of generation with: logits, and counted positions.
    func generatingTransformer() throws -> Transformer {
        try checkCopies()
        return try transformer(true, .counted, weights.constants)
    }

    private func transformer(
        _ hasLogits: Bool, _ positions: PositionInput, _ source: WeightSource
    ) throws -> Transformer {
        var configuration = configuration
        if hasLogits, configuration.classifier == nil, try hasOwnUnembedding { configuration.unembedding = .own }
        return Transformer(
            configuration, name: family.name, interface: .model(configuration, positions: positions),
            dtype: weights.dtype, weights: source, label: weights.map.label)
    }

    /// Whether the checkpoint stores an unembedding that differs from the embeddings. It is then used regardless of
    /// `tie_word_embeddings`, as in transformers 5.
    private var hasOwnUnembedding: Bool {
        get throws {
            let (table, own) = ("embedding/weight", "unembedding/weight")
            guard configuration.unembedding == .tied, weights.contains(own), weights.contains(table),
                let rows = configuration.vocabularySize
            else { return false }
            let shape = [rows, configuration.modelDimension]
            let places = [weights.map.place(of: table), weights.map.place(of: own)]
            guard places.allSatisfy({ $0.part == nil && !$0.isTransposed && !$0.isRow }) else {
                return try weights.tensor(table, shape) != weights.tensor(own, shape)
            }
            let stored = try places.map { try weights.names.tensor(for: $0.name) }
            return try !weights.holdSame(stored[0], stored[1], shape: shape)
        }
    }

    /// Throws for copies of the embeddings that differ from them: transformers would use one for both.
    private func checkCopies() throws {
        guard let rows = configuration.vocabularySize else { return }
        let shape = [rows, configuration.modelDimension]
        for (first, second) in try copies {
            guard try weights.holdSame(first, second, shape: shape) else {
                throw SafetensorsError.tensor(
                    path: try weights.checkpoint.file(holding: first).path, name: first,
                    reason: "expected a copy of \(second), found other numbers")
            }
        }
    }

    /// The tensors that must equal another one, by the full names of both, sorted.
    private var copies: [(copy: String, original: String)] {
        get throws {
            try weights.map.copies.sorted { $0.key < $1.key }
                .filter { weights.names.contains($0.key) && weights.names.contains($0.value) }
                .map { (try weights.names.tensor(for: $0.key), try weights.names.tensor(for: $0.value)) }
        }
    }

    /// The full names of the tensors that repeat the embeddings, and which a model does without: copies, and a stored
    /// unembedding that equals the table of a model that ties them. O(bytes): they are compared.
    func repetitions() throws -> Set<String> {
        try checkCopies()
        var names = Set(try copies.map(\.copy))
        let (table, own) = ("embedding/weight", "unembedding/weight")
        if configuration.unembedding == .tied, configuration.vocabularySize != nil, weights.contains(table),
            weights.contains(own), try !hasOwnUnembedding
        {
            let stored = try [table, own].map { try weights.names.tensor(for: weights.map.place(of: $0).name) }
            if stored[0] != stored[1] { names.insert(stored[1]) }
        }
        return names
    }

    /// The names and shapes of all weights that a graph with every output reads; no weights are read.
    func weightShapes() throws -> [(name: String, shape: [Int])] {
        var shapes: [(name: String, shape: [Int])] = []
        let transformer = try transformer(hasLogits, .counted, .declared { shapes.append(($0, $1)) })
        var outputs: Set<ModelOutput> = [.lastHiddenState]
        if hasLogits { outputs.insert(.logits) }
        if weights.contains("pooler/weight") { outputs.insert(.poolerOutput) }
        _ = try transformer.graph(outputs) { _ in }
        return shapes
    }

    /// The same files, with quantized matrices as numbers in graphs.
    func dequantized() -> ModelFiles {
        var files = self
        files.weights.dequantizes = true
        return files
    }

    /// Settings of the folder that leave stored weights unread, a sentence each.
    var warnings: [String] {
        let sides: [(TransformerInterface.Side, TransformerConfiguration.Stack?)] = [
            (.encoder, configuration.encoder), (.decoder, configuration.decoder)
        ]
        return sides.compactMap { side, stack in
            guard let stack else { return nil }
            let stored = weights.map.storedLayerCount(side, in: weights.names.all)
            guard stored > stack.layerCount else { return nil }
            let kind = configuration.hasTwoStacks ? " of the \(side.rawValue)" : ""
            return
                "\(settings.path) says \(stack.layerCount) layer\(stack.layerCount == 1 ? "" : "s")\(kind), and the weights have \(stored): the "
                + "model ends after \(stack.layerCount)"
        }
    }

    /// Throws for weights in the embeddings and layers that the family does not have, such as an adapter's: ignoring
    /// them would change the result. Unused heads, poolers and layers beyond the last are ignored, as in
    /// `transformers`.
    private func checkParts() throws {
        var layerCounts: [TransformerInterface.Side: Int] = [:]
        layerCounts[.encoder] = configuration.encoder?.layerCount
        layerCounts[.decoder] = configuration.decoder?.layerCount
        for name in weights.names.all.sorted()

        where weights.map.isUnknown(name, layerCounts: layerCounts)
            && (weights.quantization == nil || !weights.isPart(name))
        {
            let tensor = try weights.names.tensor(for: name)
            let path = try weights.checkpoint.file(holding: tensor).path
            if weights.quantization == nil, weights.isPart(name) {
                throw SafetensorsError.tensor(
                    path: path, name: tensor,
                    reason: "its weight is quantized, and config.json has no \"quantization\" (bits and group_size)")
            }
            throw SafetensorsError.tensor(
                path: path, name: tensor,
                reason: "the \(family.name) family has no such weight, and ignoring it would change the result"
                    + weights.map.hint(for: name))
        }
    }
}
