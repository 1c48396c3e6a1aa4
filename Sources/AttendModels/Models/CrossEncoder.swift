public import AttendRuntime

/// A model that reads a pair of texts at once and gives their relevance (Nogueira and Cho 2019): a tokenizer and a
/// graph, independent of a backend.
public struct CrossEncoder: Sendable {
    /// The tokenizer of the model's folder.
    public let tokenizer: TextTokenizer
    /// The maximum number of tokens of a pair, and its source.
    public let length: SequenceLength
    /// The graph from token ids to ``output``, float32 `[pairs, 1]`.
    public let graph: Graph
    /// The model's folder.
    public let folder: String
    private let configuration: TransformerConfiguration
    private let padsStart: Bool

    /// The name of the graph's output: the score after the activation.
    static let output = "score"

    /// Loads a folder of a model for sequence classification with one label. Its activation is that of `config.json`, by
    /// default the sigmoid, as in sentence-transformers.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in; see ``LoadedModel``.
    /// - Throws: ``ModelError``, ``TokenizerError`` or ``AttendGraph/SafetensorsError`` that names the file and the
    ///   problem.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init(folder: String, dtype: DType = .float32) throws {
        try self.init(LoadedModel(folder: folder, dtype: dtype))
    }

    /// The ranker of a loaded model.
    ///
    /// - Throws: The errors of ``init(folder:dtype:)``.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init(_ model: LoadedModel) throws {
        configuration = model.configuration
        folder = model.folder
        guard let classifier = configuration.classifier, model.outputs.contains(.logits) else {
            throw ModelError(
                path: model.files.settings.path,
                reason: "architectures: expected an encoder for sequence classification, whose score ranks texts")
        }
        guard classifier.labelCount == 1 else {
            throw ModelError(
                path: model.files.settings.path,
                reason: "id2label: expected one label, whose score ranks texts, found \(classifier.labelCount)")
        }
        let activation = try CrossEncoder.activation(model.files.settings)
        let transformer = try model.files.transformer(hasLogits: true, declared: false, positions: .counted)
        graph = try transformer.graph([]) { states in
            let logits = try transformer.classified(states.last, classifier, mask: states.attentionMask)
            try transformer.builder.output(CrossEncoder.output, activation(logits.cast(to: .float32)))
        }
        let tokenizer = try model.tokenizer()
        (self.tokenizer, length, padsStart) = (tokenizer.tokenizer, tokenizer.length, tokenizer.sides.padsStart)
    }

    /// The activation that sentence-transformers applies to the score.
    private static func activation(_ settings: ModelFile) throws -> Activation {
        try settings.read { root in
            var node = try root.optional("sentence_transformers")?.optional("activation_fn")
            if node == nil { node = try root.optional("sbert_ce_default_activation_function") }
            guard let node else { return .sigmoid }
            guard let activation = Activation(torchClass: try node.string()) else {
                throw node.unexpected("a class of torch.nn without weights of its own")
            }
            return activation
        }
    }

    /// Encodes a query with a text, the longer one truncated to ``length``.
    public func encode(_ query: String, _ text: String) -> Encoding {
        tokenizer.encode(query, pair: text, maximumLength: length.count)
    }

    /// The inputs of ``graph`` for a batch of encodings, int64 `[pairs, tokens]` each, padded to the longest.
    ///
    /// - Throws: ``ModelError`` for a token without a row in the model's table; ``AttendGraph/TensorError`` for a batch
    ///   too large for a tensor.
    /// - Complexity: O(pairs · tokens).
    public func inputs(for encodings: [Encoding]) throws -> [String: Tensor] {
        try TokenBatch(tokenizer: tokenizer, configuration: configuration, padsStart: padsStart).inputs(for: encodings)
    }

    /// The scores of texts for a query, in batches of texts of similar length.
    ///
    /// - Parameter session: A session of a program with ``graph``.
    /// - Throws: Errors of the run; ``ModelError`` for a score that is not finite, with its text.
    public func scores(_ query: String, _ texts: [String], session: Session) throws -> [Float] {
        let encodings = texts.map { encode(query, $0) }
        let scores = try TextBatches(encodings).embeddings { part in
            guard let found = try session.run(inputs(for: part.map { encodings[$0] }))[CrossEncoder.output] else {
                preconditionFailure("the graph has this output")
            }
            return found
        }.floats()
        if let index = scores.firstIndex(where: { !$0.isFinite }) {
            throw ModelError(path: folder, reason: "the score of text \(index + 1) is \(scores[index])")
        }
        return scores
    }
}
