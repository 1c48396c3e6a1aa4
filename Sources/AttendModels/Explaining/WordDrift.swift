public import AttendRuntime

/// One word in several texts: the same row of the table, and what becomes of it layer by layer.
public struct WordDrift: Sendable {
    /// A place in the model, and how alike the word's vectors are there.
    public struct Stage: Sendable {
        public var name: String
        /// `cosines[i][j]` between texts i and j.
        public var cosines: [[Double]]
    }

    public let word: String
    public let texts: [String]
    /// The word's row in the table, the same in each text.
    public let id: Int
    /// Where it stands in each text.
    public let places: [Int]
    /// Whether the table gave every text the same bits.
    public let hasOneRow: Bool
    /// The table, the embeddings, and each layer.
    public let stages: [Stage]

    /// The film's examples.
    public static let examples: [(word: String, texts: [String])] = [
        ("mole", ["American shrew mole", "one mole of carbon dioxide", "take a biopsy of the mole"]),
        ("tower", ["tower", "Eiffel tower", "miniature Eiffel tower"])
    ]

    /// Runs the model of a folder once for each text; every vector is a capture.
    ///
    /// - Throws: ``ExplanationError/noToken(word:text:)`` where a text lacks the word as a token of its own; errors that name a
    ///   file; ``RunError``.
    public init(_ word: String, in texts: [String], folder: String, on backend: any ComputeBackend) throws {
        let models = try texts.map { try ExplainedModel(folder: folder, text: $0) }
        var (vectors, places, layerCount) = ([[[Float]]](), [Int](), 0)
        for (model, text) in zip(models, texts) {
            // The last one: in "the mole met a mole" the one that has seen most.
            guard let place = model.tokens.lastIndex(of: word) else {
                throw ExplanationError.noToken(word: word, text: text)
            }
            layerCount = model.layerCount
            let names = ["embeddings.tokens", "embeddings"] + (0..<layerCount).map { "layers.\($0).hidden" }
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
