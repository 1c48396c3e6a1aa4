public import AttendRuntime

/// A sentence encoder (Reimers and Gurevych 2019): a tokenizer and a graph, independent of a backend.
public struct SentenceModel: Sendable {
    /// The tokenizer of the model's folder.
    public let tokenizer: TextTokenizer
    /// The configuration of the transformer.
    public let configuration: TransformerConfiguration
    /// The maximum number of tokens, and its source.
    public let length: SequenceLength
    /// The prompts by name, texts to prepend to inputs, and the default one.
    public let prompts: Prompts
    /// The similarity that the model was trained for.
    public let similarity: Similarity
    /// The graph from token ids to `sentence_embedding`, float32 `[texts, width]`.
    public let graph: Graph
    /// A summary of the pooling and the modules after it, such as "mean, of length 1".
    public let poolingSummary: String
    /// The model's folder.
    public let folder: String
    /// Whether long texts are truncated at the start.
    public let cutsStart: Bool
    private let padsStart: Bool
    private let excludesPrompt: Bool

    /// Loads a sentence-transformers folder: the modules in `modules.json`, with their settings and weights. A folder
    /// without that file is a plain transformer: only the files of transformers are read, and the embedding is the mean
    /// over the tokens, or the last token's state for a causal language model.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in; see ``LoadedModel``.
    /// - Throws: ``ModelError``, ``TokenizerError`` or ``AttendGraph/SafetensorsError`` that names the file and the
    ///   problem.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init(folder: String, dtype: DType = .float32) throws {
        try self.init(LoadedModel(folder: folder, dtype: dtype))
    }

    /// The sentence encoder of a loaded model.
    ///
    /// - Throws: The errors of ``init(folder:dtype:)`` for its tokenizer and weights.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init(_ model: LoadedModel) throws {
        graph = try model.sentenceGraph()
        try model.refuseChats()
        let tokenizer = try model.tokenizer()
        configuration = model.configuration
        folder = model.folder
        (self.tokenizer, length) = (tokenizer.tokenizer, tokenizer.length)
        (cutsStart, padsStart) = (tokenizer.sides.cutsStart, tokenizer.sides.padsStart)
        (prompts, similarity) = (model.settings.prompts, model.settings.similarity)
        (poolingSummary, excludesPrompt) = (model.pipeline.summary, model.pipeline.excludesPrompt)
    }

    /// The embeddings of texts, `[texts, width]`, in batches of texts of similar length.
    ///
    /// - Parameters:
    ///   - prompt: A text to prepend to each text; nil for the model's default.
    ///   - session: A session of a program with ``graph``.
    /// - Throws: Errors of the run; ``ModelError`` for an embedding that is not finite, with its text and the first
    ///   such tensor.
    public func embeddings(_ texts: [String], prompt: String? = nil, session: Session) throws -> Tensor {
        guard !texts.isEmpty else { return try Tensor([Float](), shape: [0, dimension]) }
        let encodings = texts.map { encode($0, prompt: prompt) }
        func inputs(_ part: [Int]) throws -> [String: Tensor] {
            try self.inputs(for: part.map { encodings[$0] }, prompt: prompt)
        }
        let embeddings = try batches(encodings).embeddings { part in
            guard let found = try session.run(inputs(part))[SentenceFeatures.sentenceEmbedding] else {
                preconditionFailure("the graph has this output")
            }
            return found
        }
        try checkFinite(embeddings, of: texts, in: session) { try inputs([$0]) }
        return embeddings
    }

    /// The batches of texts. With padding at the start, positions depend on it.
    package func batches(_ encodings: [Encoding]) -> TextBatches {
        TextBatches(encodings, limitsPadding: !padsStart)
    }

    /// The maximum number of tokens of a text, special tokens included; longer texts are truncated.
    public var maximumLength: Int { length.count }

    /// The number of components of an embedding.
    public var dimension: Int {
        let output = graph.outputs.first { $0.name == SentenceFeatures.sentenceEmbedding }
        return output.flatMap { graph.type(of: $0.value).shape.last?.constant } ?? configuration.modelDimension
    }

    /// The text of a prompt.
    ///
    /// - Throws: ``ModelError`` for an unknown name, with the known ones.
    public func prompt(named name: String) throws(ModelError) -> String {
        if let text = prompts.texts[name] { return text }
        let known = prompts.texts.keys.sorted()
        throw ModelError(
            path: folder,
            reason:
                """
                there is no prompt "\(name)"\(Nearest.hint(for: name, among: known)) (there are \
                \(known.joined(separator: ", ")))
                """
        )
    }

    /// Encodes a text with the default prompt, truncated to ``maximumLength``.
    public func encode(_ text: String) -> Encoding { encode(text, prompt: nil) }

    /// Encodes a text with a prompt, truncated to ``maximumLength``.
    ///
    /// - Parameter prompt: A text to prepend; nil for the default prompt.
    public func encode(_ text: String, prompt: String?) -> Encoding {
        tokenizer.encode((prompt ?? prompts.standard) + text, maximumLength: maximumLength)
    }

    /// The inputs of ``graph`` for a batch of encodings, int64 `[texts, tokens]` each, padded to the longest.
    ///
    /// - Parameter prompt: The prompt of the encodings; nil for the default prompt.
    /// - Throws: ``ModelError`` for a token without a row in the model's table; ``AttendGraph/TensorError`` for a batch
    ///   too large for a tensor.
    /// - Complexity: O(texts · tokens).
    public func inputs(for encodings: [Encoding], prompt: String? = nil) throws -> [String: Tensor] {
        let promptLength = excludesPrompt ? promptLength(prompt ?? prompts.standard) : 0
        let batch = TokenBatch(tokenizer: tokenizer, configuration: configuration, padsStart: padsStart)
        var inputs = try batch.inputs(for: encodings)
        if excludesPrompt {
            inputs[SentenceFeatures.poolingMaskName] = try batch.rows(of: encodings) { encoding in
                encoding.ids.indices.map { $0 < promptLength ? 0 : 1 }
            }
        }
        return inputs
    }

    /// The number of tokens of a prompt, including the special tokens before it.
    private func promptLength(_ prompt: String) -> Int {
        guard !prompt.isEmpty else { return 0 }
        let ids = encode("", prompt: prompt).ids
        return ids.last.map(tokenizer.specialIDs.contains) ?? false ? ids.count - 1 : ids.count
    }
}
