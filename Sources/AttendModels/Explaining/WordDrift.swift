public import AttendRuntime

/// The vectors of one word in several texts, layer by layer: equal in the embedding table, different in context.
public struct WordDrift: Sendable {
    /// A stage of the model with the similarity of the word's vectors.
    public struct Stage: Sendable {
        /// The stage's name, such as "after layer 0".
        public var name: String
        /// The cosine similarities, `cosines[i][j]` between texts i and j.
        public var cosines: [[Double]]
    }

    /// The word, one token.
    public let word: String
    /// The texts that contain the word.
    public let texts: [String]
    /// The word's row in the embedding table, equal for all texts.
    public let id: Int
    /// The word's token index in each text; its last occurrence.
    public let places: [Int]
    /// Whether the table vectors of all texts are bitwise equal.
    public let hasOneRow: Bool
    /// The embedding table, the embeddings with positions, and each layer.
    public let stages: [Stage]

    /// The examples of 3Blue1Brown, "Attention in transformers, step by step", 2024.
    public static let examples: [(word: String, texts: [String])] = [
        ("mole", ["American shrew mole", "one mole of carbon dioxide", "take a biopsy of the mole"]),
        ("tower", ["tower", "Eiffel tower", "miniature Eiffel tower"])
    ]

    /// Runs the model once per text; every vector is a capture.
    ///
    /// - Throws: ``ExplanationError/noToken(word:text:)`` for a text without the word as a token of its own; errors
    ///   that name a file; ``RunError``.
    public init(_ word: String, in texts: [String], of model: LoadedModel, on backend: any ComputeBackend) throws {
        let models = try texts.map { try ExplainedModel(model, text: $0) }
        var (vectors, places, layerCount) = ([[[Float]]](), [Int](), 0)
        for (model, text) in zip(models, texts) {
            // The last occurrence: in "the mole met a mole" the one with the most context.
            guard let place = model.tokens.lastIndex(of: word) else {
                throw ExplanationError.noToken(word: word, text: text)
            }
            layerCount = model.layerCount
            let names =
                ["\(model.stack)embeddings.tokens", model.embeddings]
                + (0..<layerCount).map { "\(model.stack)layers.\($0).hidden" }
            let captures = try Captures(model, names, on: backend)
            vectors.append(try names.map { try captures.rows($0)[place] })
            places.append(place)
        }
        (self.word, self.texts, self.places) = (word, texts, places)
        id = models.first.map { $0.ids[places[0]] } ?? 0
        hasOneRow = vectors.allSatisfy { $0[0].map(\.bitPattern) == vectors[0][0].map(\.bitPattern) }
        let names = ["the table", "with positions"] + (0..<layerCount).map { "after layer \($0)" }
        stages = try names.enumerated().map { index, name in
            Stage(name: name, cosines: try Similarity.cosines(SmallGraph.tensor(vectors.map { $0[index] })))
        }
    }
}
