public import AttendCore

/// Turns sentences into embeddings, to be compared (Reimers and Gurevych 2019): a BERT-family encoder and the modules after it, on a
/// backend.
public struct SentenceEncoder: Sendable {
    public let model: SentenceModel
    public let program: Program

    /// Loads a sentence-transformers folder, see ``SentenceModel``.
    ///
    /// - Parameter fallbacks: For what `backend` has no kernel for, see ``AttendCore/Program``.
    /// - Throws: An error that names the file and what is wrong with it.
    public init(
        folder: String, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = []
    ) throws {
        model = try SentenceModel(folder: folder)
        program = Program(model.graph, on: backend, fallingBackTo: fallbacks)
    }

    public var tokenizer: WordPieceTokenizer { model.tokenizer }
    public var configuration: BERTConfiguration { model.configuration }
    /// The most tokens a text is cut to, special ones included.
    public var maximumLength: Int { model.maximumLength }

    /// A text with the model's default prompt before it.
    public func encode(_ text: String) -> Encoding { model.encode(text) }

    /// What the program reads: the ids side by side, short ones filled up.
    ///
    /// - Throws: ``ModelError`` for a token that the model's table has no row for; ``AttendCore/TensorError`` for encodings without ids.
    public func inputs(for encodings: [Encoding]) throws -> [String: Tensor] {
        try model.inputs(for: encodings)
    }

    /// The sentences' vectors, `[texts, width]`.
    ///
    /// - Parameter prompt: Put before each text; nil for the model's default one.
    /// - Throws: Errors of the run; ``ModelError`` for an embedding that is not finite, with its text and the first such tensor.
    public func embeddings(_ texts: [String], prompt: String? = nil, session: Session) throws -> Tensor {
        guard !texts.isEmpty else { return try Tensor([Float](), shape: [0, model.dimension]) }
        let encodings = texts.map { model.encode($0, prompt: prompt) }
        let inputs = try model.inputs(for: encodings, prompt: prompt)
        guard let embeddings = try session.run(inputs)[SentenceFeatures.sentenceEmbedding] else {
            preconditionFailure("the graph has this output")
        }
        try model.checkFinite(embeddings, of: texts, in: session) { _ in inputs }
        return embeddings
    }
}
