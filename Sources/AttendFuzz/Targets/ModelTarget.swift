import AttendModels
import AttendParity
import AttendRuntime

/// Model folders: loaded, counted, explained, and run on a few texts.
struct ModelTarget: FuzzTarget {
    func seeds() throws -> [Draft] { try ModelSeeds.drafts() }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 30, nudge: 20, consistent: 6, structure: 14, boundary: 14, bytes: 4, file: 2)
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let encoder = try trial.read { try SentenceModel(folder: trial.folder) }
        try check(encoder, trial)
        // Other readers of such a folder must refuse it with the same message.
        for use in [count, explain] {
            do {
                try use(trial)
            } catch let error as Wrong {
                throw error
            } catch is ExplanationError {
            } catch {
                let complaint = ErrorOracle(folder: trial.folder, mutations: []).complaint(error)
                try trial.require(complaint == nil, complaint ?? "")
            }
        }
    }

    private func count(_ trial: FuzzTrial) throws {
        let model = try CountableModel(folder: trial.folder)
        _ = try ContextCost.of(model, tokens: 4)
        let total = ParameterCount(model.graph, declaredWeights: model.declaredWeights).total
        try trial.require(total > 0, "\(total) parameters are counted")
    }

    private func explain(_ trial: FuzzTrial) throws {
        let model = try ExplainedModel(folder: trial.folder, text: "the cat sat")
        try trial.require(model.tokens.count == model.ids.count, "\(model.tokens.count) tokens, \(model.ids.count) ids")
    }

    private func check(_ encoder: SentenceModel, _ trial: FuzzTrial) throws {
        let texts = [
            "the cat sat.", "", TextMutations.text(&trial.numbers),
            "apple apple apple apple apple apple apple apple apple"
        ]
        let encodings = texts.map(encoder.encode)
        for (text, encoding) in zip(texts, encodings) {
            try trial.require(
                encoding.ids.count <= max(encoder.maximumLength, 2) && encoding.ids.count == encoding.typeIDs.count,
                "\(encoding.ids.count) ids for \"\(text)\", more than the limit of \(encoder.maximumLength)")
        }
        let ids = encodings.flatMap(\.ids)
        try trial.require(ids.allSatisfy { $0 >= 0 }, "an id below 0: \(ids)")
        guard ids.allSatisfy({ $0 < encoder.configuration.vocabularySize ?? 0 }) else {
            let found = try? encoder.inputs(for: encodings)
            return try trial.require(found == nil, "ids beyond the table are read: \(ids.max() ?? 0)")
        }
        let inputs = try encoder.inputs(for: encodings)
        try GraphExam(trial: trial).check(encoder.graph, given: inputs)
        try embed(encoder, texts, trial)
    }

    private func embed(_ encoder: SentenceModel, _ texts: [String], _ trial: FuzzTrial) throws {
        let session = try Program(encoder.graph, on: GraphExam.backend("simd")).makeSession()
        let together = try encoder.embeddings(texts, session: session)
        try trial.require(
            together.shape.count == 2 && together.shape[0] == texts.count, "embeddings of shape \(together.shape)")
        guard trial.draft.files.filter({ $0.path.hasSuffix(".safetensors") }).allSatisfy({ trial.isUntouched($0.path) })
        else {
            return
        }
        let values = try together.floats()
        try trial.require(values.allSatisfy(\.isFinite), "an embedding is not finite though all weights are sound")
        // In a batch with longer texts, a text must have the same result as alone.
        let width = together.shape[1]
        let alone = try encoder.embeddings([texts[0]], session: session).floats()
        let scale = max(1, alone.map(\.magnitude).max() ?? 0)
        let distance = zip(values[..<width], alone).map { abs($0 - $1) }.max() ?? 0
        try trial.require(distance <= 1e-4 * scale, "a text's embedding changes by \(distance) beside other texts")
    }
}
