public import AttendRuntime
private import Foundation

/// How near a changed model, such as a quantized one, is to the original on sample texts.
public enum Fidelity: Sendable {
    /// The cosines of the texts' embeddings: 1 for equal directions.
    case embeddings(cosines: [Double])
    /// The Kullback–Leibler divergences of the distributions of the next token, in nats, of all positions of all texts: 0
    /// for equal ones.
    case logits(divergences: [Double])
    /// No measure, with the reason.
    case unmeasured(String)

    /// Texts of several kinds.
    public static let samples = [
        "A fluffy blue creature roamed the verdant forest.", "The tower of the old church is 86 meters high.",
        "Take a biopsy of the mole, then send it to the laboratory.", "One mole of carbon dioxide weighs 44 grams.",
        "Please find attached the invoice for October, payable within thirty days.",
        "She said that the train to Vienna leaves at 17:42 from platform 9.",
        "func area(of radius: Double) -> Double { .pi * radius * radius }",
        "Der Zug nach Wien fährt heute von Gleis neun ab."
    ]

    /// Runs both models on texts.
    ///
    /// - Parameters:
    ///   - texts: Texts of at least one token each.
    ///   - program: A graph's program on the backends of both.
    /// - Throws: Errors of loading and of the run.
    public static func of(
        _ changed: LoadedModel, against original: LoadedModel, on texts: [String],
        program: (Graph) throws -> Program
    ) throws -> Fidelity {
        if original.configuration.hasTwoStacks {
            return .unmeasured("a model of two stacks has no output of a text alone")
        }
        let tokenizer: ModelTokenizer
        do {
            tokenizer = try original.tokenizer()
        } catch let error as TokenizerError {
            return .unmeasured("\(error)")
        }
        if original.outputs.contains(.sentenceEmbedding) {
            let both = try [original, changed].map { model in
                let sentences = try SentenceModel(model)
                let session = try program(sentences.graph).makeSession()
                return try sentences.embeddings(texts, session: session)
            }
            return .embeddings(cosines: try cosines(both[0], both[1]))
        }
        guard original.outputs.contains(.logits), original.configuration.classifier == nil else {
            return .unmeasured("the model has neither sentence embeddings nor logits of tokens")
        }
        let batch = TokenBatch(
            tokenizer: tokenizer.tokenizer, configuration: original.configuration, padsStart: tokenizer.sides.padsStart)
        let sessions = try [original, changed].map { model in
            try program(model.graph([.logits])).makeSession()
        }
        var divergences: [Double] = []
        for text in texts {
            let inputs = try batch.inputs(for: [
                tokenizer.tokenizer.encode(text, maximumLength: tokenizer.length.count)
            ])
            let logits = try sessions.map { try $0.run(inputs)["logits"]?.floats() ?? [] }
            let size = original.configuration.vocabularySize ?? 1
            for start in stride(from: 0, to: logits[0].count, by: size) {
                divergences.append(divergence(logits[0][start..<start + size], logits[1][start..<start + size]))
            }
        }
        return .logits(divergences: divergences)
    }

    /// The cosines of rows with those of the same number.
    private static func cosines(_ left: Tensor, _ right: Tensor) throws -> [Double] {
        try zip(left.rows(), right.rows()).map { mine, other in
            try Similarity.cosines(Tensor(mine + other, shape: [2, mine.count]))[0][1]
        }
    }

    /// Σ p · (log p − log q) of the softmax of two rows of logits.
    private static func divergence(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Double {
        func logarithms(_ row: ArraySlice<Float>) -> [Double] {
            let shift = row.logSumExp
            return row.map { Double($0) - shift }
        }
        return zip(logarithms(left), logarithms(right)).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
}
