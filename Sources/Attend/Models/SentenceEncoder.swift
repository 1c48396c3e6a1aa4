public import AttendCore

/// Turns sentences into vectors whose dot products say how alike they are: a BERT-family encoder,
/// the mean over its tokens, and length 1 (Reimers and Gurevych 2019).
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

    public func encode(_ text: String) -> Encoding { model.encode(text) }

    /// What the program reads: the ids side by side, short ones filled up.
    public func inputs(for encodings: [Encoding]) throws(TensorError) -> [String: Tensor] {
        try model.inputs(for: encodings)
    }

    /// The sentences' vectors, `[texts, modelDimension]`, each of length 1.
    public func embeddings(_ texts: [String], session: Session) throws -> Tensor {
        guard !texts.isEmpty else { return try Tensor([Float](), shape: [0, configuration.modelDimension]) }
        let results = try session.run(inputs(for: texts.map(encode)))
        guard let embeddings = results["sentence_embedding"] else { preconditionFailure("the graph has this output") }
        return embeddings
    }
}

/// How alike vectors are.
public enum Similarity {
    /// Cosines between the rows of `[texts, width]`, by row.
    public static func cosines(_ vectors: Tensor) throws(TensorError) -> [[Double]] {
        let (count, values) = (vectors.shape.first ?? 0, try vectors.floats().map(Double.init))
        let width = count == 0 ? 0 : values.count / count
        let rows = (0..<count).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
        func dot(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
        let lengths = rows.map { dot($0, $0).squareRoot() }
        return rows.indices.map { i in
            rows.indices.map { j in dot(rows[i], rows[j]) / max(lengths[i] * lengths[j], .leastNormalMagnitude) }
        }
    }
}
