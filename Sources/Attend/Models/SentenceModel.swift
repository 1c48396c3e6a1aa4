public import AttendCore

/// A sentence encoder as its files describe it: tokenizer and graph, on no backend yet.
public struct SentenceModel: Sendable {
    public let tokenizer: WordPieceTokenizer
    public let configuration: BERTConfiguration
    /// The most tokens a text is cut to, special ones included.
    public let maximumLength: Int
    /// From ids to `sentence_embedding`, `[texts, modelDimension]`.
    public let graph: Graph

    /// Loads a sentence-transformers folder: `config.json`, `tokenizer.json`, the weights, and
    /// `sentence_bert_config.json` where there is one.
    ///
    /// - Throws: An error that names the file and what is wrong with it.
    public init(folder: String) throws {
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
        try SentenceModel.checkPooling(folder)
        graph = try encoder.graph([.sentenceEmbedding])
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
}
