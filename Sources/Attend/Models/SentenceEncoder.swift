public import AttendCore

/// Turns sentences into vectors whose dot products say how alike they are: a BERT-family encoder,
/// the mean over its tokens, and length 1 (Reimers and Gurevych 2019).
public struct SentenceEncoder: Sendable {
    public let tokenizer: WordPieceTokenizer
    public let configuration: BERTConfiguration
    /// The most tokens a text is cut to, special ones included.
    public let maximumLength: Int
    public let program: Program

    /// Loads a sentence-transformers folder: `config.json`, `tokenizer.json`, the weights, and
    /// `sentence_bert_config.json` where there is one.
    ///
    /// - Parameter fallbacks: For what `backend` has no kernel for, see ``AttendCore/Program``.
    /// - Throws: An error that names the file and what is wrong with it.
    public init(
        folder: String, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = []
    ) throws {
        let encoder = try BERTEncoder(folder: folder)
        configuration = encoder.configuration
        tokenizer = try WordPieceTokenizer(contentsOf: "\(folder)/tokenizer.json")
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw ModelError(
                path: "\(folder)/tokenizer.json",
                reason:
                    "it has ids up to \(tokenizer.vocabularySize - 1), but the model's table ends at \(configuration.vocabularySize - 1)"
            )
        }
        let limit = try ModelFile.optional("\(folder)/sentence_bert_config.json")?.read { root in
            try root.optional("max_seq_length")?.integer()
        }
        maximumLength = min(limit ?? configuration.positionCount, configuration.positionCount)
        try SentenceEncoder.checkPooling(folder)
        program = Program(try encoder.graph([.sentenceEmbedding]), on: backend, fallingBackTo: fallbacks)
    }

    /// Only the mean over tokens is known here.
    private static func checkPooling(_ folder: String) throws {
        guard let file = try ModelFile.optional("\(folder)/1_Pooling/config.json") else { return }
        try file.read { root in
            for (key, node) in try root.members() where key.hasPrefix("pooling_mode_") && node.value == .bool(true) {
                guard key == "pooling_mode_mean_tokens" else {
                    throw ModelError(path: file.path, reason: "\(key): only pooling_mode_mean_tokens is known here")
                }
            }
        }
    }

    public func encode(_ text: String) -> Encoding {
        tokenizer.encode(text, maximumLength: maximumLength)
    }

    /// What the program reads: the ids side by side, short ones filled up.
    public func inputs(for encodings: [Encoding]) throws(TensorError) -> [String: Tensor] {
        let length = encodings.map(\.ids.count).max() ?? 0
        var ids: [Int64] = []
        var types: [Int64] = []
        var mask: [Int64] = []
        for encoding in encodings {
            let missing = length - encoding.ids.count
            ids += encoding.ids.map { Int64($0) } + Array(repeating: Int64(tokenizer.padID), count: missing)
            types += encoding.typeIDs.map { Int64($0) } + Array(repeating: 0, count: missing)
            mask += encoding.ids.map { _ in 1 } + Array(repeating: 0, count: missing)
        }
        let shape = [encodings.count, length]
        return [
            "input_ids": try Tensor(ids, shape: shape), "token_type_ids": try Tensor(types, shape: shape),
            "attention_mask": try Tensor(mask, shape: shape)
        ]
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
