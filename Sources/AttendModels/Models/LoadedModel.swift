public import AttendRuntime

/// A model loaded from its folder: a transformer of a supported family, and the modules after it, computed in ``dtype``
/// (see ``Transformer``), whatever the files are stored in. Weights of
/// fewer than 4,096 numbers are read when a graph is built, others when a device needs them: they are not kept in host
/// memory. Files must not be written to in between.
///
/// Inputs of its graph, int64 `[batch, tokens]`: `input_ids`, `attention_mask` (1 = a real token), and `token_type_ids`
/// or `position_ids` if the model has them.
///
/// In addition to the captures of heads under `layers.3.attention` (see ``Graph/capturing(_:)``), runs can capture
/// these values, each `[batch, tokens, width]`:
///
/// - `embeddings.tokens`: the rows of the embedding table.
/// - `embeddings.token_types`.
/// - `embeddings.positions`, `[tokens, width]`.
/// - `embeddings`: their sum, normalized if the model does so.
/// - `layers.3.attention`: the change by attention.
/// - `layers.3.attention_sum`: the input plus the change.
/// - `layers.3.attention_norm`.
/// - `layers.3.feed_forward`: the change by the MLP.
/// - `layers.3.hidden`: the block's result.
/// - `layers.3.feed_forward_sum` or `layers.3.feed_forward_norm`, whichever is not the result.
public struct LoadedModel: Sendable {
    /// The model's folder.
    public let folder: String
    /// The floating-point dtype of weights and states: of `last_hidden_state`, `hidden_states_3`, `attentions_3`,
    /// `pooler_output` and `logits`. The outputs `sentence_embedding` and `mean_pooled` are float32.
    public var dtype: DType { files.weights.dtype }
    let list: ModuleList
    let settings: SentenceSettings
    let transformer: TransformerSettings
    private(set) var files: ModelFiles
    let pipeline: SentencePipeline

    /// Loads a folder in the format of transformers or sentence-transformers: `config.json`, the headers of
    /// `model.safetensors` or its shards, and the modules of `modules.json` if present. No tokenizer is needed.
    ///
    /// Names of weights may have prefixes of wrappers (`model.`, `module.`, `0.auto_model.`, the family's own) and
    /// TensorFlow's endings (`gamma`, `beta`). Weights that are stored in `dtype` are taken as they are; others are
    /// widened, or rounded once. The `dtype` or `torch_dtype` of `config.json`, that of the files, is not read.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in.
    /// - Throws: ``ModelError``, ``AttendGraph/FileError`` or ``AttendGraph/SafetensorsError`` that names the file and
    ///   the problem. A weight beyond the range of `dtype` is found when it is read: when a graph is built, or by the
    ///   first run, as an ``AttendGraph/ConstantError``.
    public init(folder: String, dtype: DType = .float32) throws {
        guard dtype.isFloatingPoint else {
            throw ModelError(path: folder, reason: "models compute in float32, float16 or bfloat16, not in \(dtype)")
        }
        self.folder = folder
        list = try ModuleList(folder: folder)
        // sentence-transformers reads these settings only beside a modules.json.
        settings = list.isListed ? try SentenceSettings(folder: folder) : SentenceSettings()
        transformer = list.isListed ? try TransformerSettings(folder: list.transformerFolder) : TransformerSettings()
        files = try ModelFiles(folder: list.transformerFolder, overrides: transformer.configuration, dtype: dtype)
        var pipeline = try SentencePipeline(list, bare: list.isListed ? .mean : LoadedModel.pooling(files.settings))
        pipeline.truncatedDimension = settings.truncatedDimension
        self.pipeline = pipeline
    }

    /// The form of quantized matrices; nil for a model without any.
    public var quantizedForm: QuantizedForm? { files.weights.quantization?.form }

    /// The forms of quantized weights by their names in graphs.
    var quantizedForms: [String: QuantizedForm] {
        get throws {
            var forms: [String: QuantizedForm] = [:]
            guard files.weights.quantization != nil else { return forms }
            for (name, _) in try files.weightShapes() {
                guard let form = try files.weights.quantizedForm(of: name) else { continue }
                forms[files.weights.map.label(of: name).nodeName] = form
            }
            return forms
        }
    }

    /// The same model with quantized matrices as numbers, for what reads the matrices themselves.
    func dequantized() -> LoadedModel {
        var model = self
        model.files = files.dequantized()
        return model
    }

    /// Whether `modules.json` makes the folder a sentence encoder.
    public var hasModules: Bool { list.isListed }

    /// The files of the model's weights: the transformer's, then those of the modules after it.
    ///
    /// - Throws: ``AttendGraph/SafetensorsError`` for a weight that is missing or of another shape.
    public var weightFiles: [SafetensorsFile] {
        get throws {
            _ = try declaredGraph()
            let modules = try list.entries.dropFirst().compactMap { module in
                try InputFile.ifPresent("\(module.folder)/model.safetensors").map { try SafetensorsFile($0) }
            }
            return files.weights.checkpoint.files + modules
        }
    }

    /// What the folder's settings leave out, a sentence each: such as layers that have weights beyond the number in
    /// `config.json`, which transformers leaves out as well.
    public var warnings: [String] { files.warnings }

    /// The configuration of the transformer.
    public var configuration: TransformerConfiguration { files.configuration }

    /// The outputs that the model supports: states and attention patterns, the outputs of heads with weights, and a
    /// sentence embedding for encoders without a language-model head.
    public var outputs: Set<ModelOutput> {
        var outputs: Set<ModelOutput> = [.lastHiddenState, .hiddenStates, .attentionPatterns]
        if configuration.hasTwoStacks {
            outputs = [
                .lastHiddenState, .encoderLastHiddenState, .encoderHiddenStates, .encoderAttentionPatterns,
                .decoderHiddenStates, .decoderAttentionPatterns, .crossAttentionPatterns
            ]
        }
        if files.hasLogits { outputs.insert(.logits) }
        if files.weights.contains("pooler/weight") { outputs.insert(.poolerOutput) }
        if configuration.decoder == nil, !files.hasLogits || configuration.classifier != nil {
            outputs.insert(.meanPooled)
        }
        if list.isListed || outputs.contains(.meanPooled) { outputs.insert(.sentenceEmbedding) }
        return outputs
    }

    /// The graph with these outputs and the model's weights.
    ///
    /// - Parameter positions: The source of learned positions.
    /// - Throws: ``ModelError`` for an unsupported output, ``AttendGraph/SafetensorsError`` for a missing weight or an
    ///   unexpected shape, ``GraphError`` for inconsistent sizes.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public func graph(_ outputs: Set<ModelOutput>, positions: PositionInput = .counted) throws -> Graph {
        for output in outputs.subtracting(self.outputs).sorted(by: { $0.name < $1.name }) {
            let known = self.outputs.map(\.name).sorted().joined(separator: ", ")
            throw ModelError(path: folder, reason: "the model has no output \(output.name) (it has \(known))")
        }
        let isListed = list.isListed && outputs.contains(.sentenceEmbedding)
        return try graph(
            outputs.subtracting(isListed ? [.sentenceEmbedding] : []), addingModules: isListed, positions: positions)
    }

    /// The graph of the sentence embedding: the transformer and the modules after it.
    ///
    /// - Throws: ``ModelError`` for an encoder with a decoder, which has none.
    func sentenceGraph() throws -> Graph {
        guard !configuration.hasTwoStacks else {
            throw ModelError(
                path: folder,
                reason:
                    """
                    the \(files.family.name) family has an encoder and a decoder, and no sentence embedding; attend \
                    run --inputs takes \(configuration.audio == nil ? "input_ids" : "input_features") and \
                    decoder_input_ids
                    """
            )
        }
        return try graph([], addingModules: true)
    }

    /// The graph with the default outputs: the sentence embedding, or for a decoder without modules the last states and
    /// the logits.
    ///
    /// - Throws: The errors of ``graph(_:positions:)``.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public func graph() throws -> Graph {
        guard configuration.decoder != nil, !list.isListed else { return try sentenceGraph() }
        return try graph(files.hasLogits ? [.lastHiddenState, .logits] : [.lastHiddenState])
    }

    /// The graph for counting, with every head and module that has weights. No weights are read, except a stored
    /// unembedding to compare it with the embeddings.
    func declaredGraph() throws -> Graph {
        try graph(
            outputs.intersection([.lastHiddenState, .poolerOutput, .logits]), addingModules: pipeline.hasWeights,
            declared: true)
    }

    /// - Parameters:
    ///   - addingModules: Whether to add the modules after the transformer, with the output `sentence_embedding`.
    ///   - declared: Whether weights are inputs that are declared by their shapes.
    func graph(
        _ outputs: Set<ModelOutput>, addingModules: Bool, declared: Bool = false, positions: PositionInput = .counted
    ) throws -> Graph {
        let transformer = try files.transformer(
            hasLogits: outputs.contains(.logits), declared: declared, positions: positions)
        return try transformer.graph(outputs) { states in
            if addingModules { try finish(states, of: transformer) }
        }
    }

    private func finish(_ states: Transformer.States, of transformer: Transformer) throws {
        let hidden = states.hidden
        guard let mask = states.attentionMask else { preconditionFailure("a model's graph has a mask") }
        let value: Value
        switch self.transformer.output {
        case .lastHiddenState: value = states.last
        case .pooler:
            guard files.weights.map.known("pooler/weight") != nil else {
                throw ModelError(
                    path: list.transformerFolder,
                    reason: "method_output_name: the \(files.family.name) family has no pooler")
            }
            value = try transformer.pooled(states.last)
        case .hiddenState(let index):
            let place = index < 0 && index >= -hidden.count ? index + hidden.count : index
            guard hidden.indices.contains(place) else {
                throw ModelError(
                    path: list.transformerFolder,
                    reason:
                        "method_output_name: hidden_states has \(hidden.count) states, found the index \(index)"
                )
            }
            value = hidden[place]
        }
        try pipeline.finish(
            transformer.builder, [self.transformer.outputName: value], attentionMask: mask,
            dtype: transformer.dtype, isDeclared: transformer.weight.isDeclared)
    }

    /// The pooling of a transformer without `modules.json`: the last token for a causal language model, else the mean.
    private static func pooling(_ settings: ModelFile) throws -> Pooling.Mode {
        try settings.read { root in
            guard let name = try ModelFamilies.architecture(root), name.hasSuffix("ForCausalLM"),
                try root.flag("is_causal", default: true)
            else { return .mean }
            return .last
        }
    }
}
