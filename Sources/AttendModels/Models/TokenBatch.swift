import AttendRuntime

/// A batch of encodings as the inputs of a model's graph, padded to the longest.
struct TokenBatch {
    let tokenizer: TextTokenizer
    let configuration: TransformerConfiguration
    let padsStart: Bool

    /// Int64 `[texts, tokens]` each: `input_ids`, `attention_mask`, and `token_type_ids` if the model reads them.
    ///
    /// - Throws: ``ModelError`` for a token without a row in the model's table; `TensorError` for a batch too large for a
    ///   tensor.
    /// - Complexity: O(texts · tokens).
    func inputs(for encodings: [Encoding]) throws -> [String: Tensor] {
        try checkRows(encodings)
        var inputs = [
            "input_ids": try rows(of: encodings, fill: tokenizer.padID, \.ids),
            "attention_mask": try rows(of: encodings) { $0.ids.map { _ in 1 } }
        ]
        if configuration.tokenTypeCount > 0 { inputs["token_type_ids"] = try rows(of: encodings, \.typeIDs) }
        return inputs
    }

    /// Values of each token, int64 `[texts, tokens]`, with `fill` for padding.
    func rows(of encodings: [Encoding], fill: Int = 0, _ values: (Encoding) -> [Int]) throws(TensorError) -> Tensor {
        // A text may have no tokens, but a batch has at least one column.
        let length = max(1, encodings.map(\.ids.count).max() ?? 1)
        var numbers: [Int64] = []
        for encoding in encodings {
            let row = values(encoding).map { Int64($0) }
            let missing = Array(repeating: Int64(fill), count: length - row.count)
            numbers += padsStart ? missing + row : row + missing
        }
        return try Tensor(numbers, shape: [encodings.count, length])
    }

    /// Throws for ids beyond the embedding table: a special token that only a setting names gets an id after the
    /// vocabulary.
    private func checkRows(_ encodings: [Encoding]) throws(ModelError) {
        let rowCount = configuration.vocabularySize ?? 0
        guard let id = encodings.lazy.flatMap(\.ids).first(where: { $0 >= rowCount }) else { return }
        throw ModelError(
            path: tokenizer.path,
            reason:
                """
                the token \(tokenizer.token(of: id).map { "\"\($0)\"" } ?? "") of a text has the id \(id), but the \
                model's embedding table ends at \(rowCount - 1): the settings name a special token that is missing \
                from the vocabulary
                """
        )
    }
}
