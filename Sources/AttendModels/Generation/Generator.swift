public import AttendRuntime

/// Continues sequences of tokens, token by token.
public struct Generator {
    /// The programs.
    public let program: GenerationProgram
    /// The choices.
    public let settings: GenerationSettings

    /// A generator with these settings.
    ///
    /// - Throws: ``GenerationError`` for settings out of their range, or ends outside of the vocabulary.
    public init(_ program: GenerationProgram, _ settings: GenerationSettings) throws(GenerationError) {
        if let problem = settings.sampling?.problem { throw GenerationError(problem) }
        guard settings.maximumNewTokens >= 0 else {
            throw GenerationError("the number of new tokens must be at least 0, found \(settings.maximumNewTokens)")
        }
        guard settings.beamCount == 1 || settings.sampling == nil else {
            throw GenerationError("\(settings.beamCount) beams and sampling together are not supported; choose one")
        }
        let size = program.model.configuration.vocabularySize ?? 0
        guard settings.rules.forbidden.allSatisfy({ !$0.isEmpty }) else {
            throw GenerationError("a forbidden sequence has no tokens; leave it out")
        }
        if let odd = settings.endIDs.first(where: { !(0..<size).contains($0) }) {
            throw GenerationError("the end \(odd) is outside of the vocabulary of \(size)")
        }
        (self.program, self.settings) = (program, settings)
    }

    /// Continues prompts, all in one batch. Each sequence is the same as alone.
    ///
    /// - Parameters:
    ///   - prompts: At least one token each; of a decoder beside an encoder, its first tokens.
    ///   - source: The encoder's inputs, one row for each prompt; nil for a model without an encoder.
    ///   - session: Sequences to continue: the prompts follow on what they hold. Nil for new ones.
    ///   - goesOn: Called before each step; false ends all sequences as they are, a search of beams with its best so far.
    ///   - each: Called with each new token as it is known, by the row of its prompt; false stops the row. Not called by a
    ///     search of beams before its end.
    /// - Returns: The new tokens of each prompt, an end token included.
    /// - Throws: ``GenerationError`` for an empty prompt, and where the new tokens would not fit the context;
    ///   ``RunError``; errors of `each`.
    public func generate(
        _ prompts: [[Int]], source: [String: Tensor]? = nil, continuing session: GenerationSession? = nil,
        each: (_ row: Int, _ id: Int) throws -> Bool = { _, _ in true }, goesOn: () -> Bool = { true }
    ) throws -> [[Int]] {
        try check(prompts, session?.lengths.max() ?? 0)
        guard settings.maximumNewTokens > 0, !prompts.isEmpty else { return prompts.map { _ in [] } }
        if settings.beamCount > 1 {
            guard session == nil else {
                throw GenerationError("a search of beams can't continue a session; give the whole prompt")
            }
            let search = BeamSearch(program, settings)
            let found = try search.run(prompts, source: source, goesOn: goesOn)
            for (row, ids) in found.enumerated() { for id in ids { _ = try each(row, id) } }
            return found
        }
        let session = session ?? program.makeSession()
        if let source { try session.encode(source) }
        let longest = prompts.map(\.count).max() ?? 0
        let room = (session.lengths.max() ?? 0) + longest + settings.maximumNewTokens
        var sequences = prompts
        var isRunning = prompts.map { _ in true }
        let processors = prompts.map { LogitsProcessor(settings: settings, promptLength: $0.count) }
        let chooser = TokenChooser(sampling: settings.sampling)
        var next = prompts
        for step in 0..<settings.maximumNewTokens {
            guard goesOn() else { break }
            var logits = try session.append(next, room: room)
            for row in prompts.indices {
                guard isRunning[row] else {
                    next[row] = [settings.padID]
                    continue
                }
                try Generator.requireNumbers(logits[row], program.model)
                processors[row].apply(to: &logits[row], after: sequences[row])
                guard logits[row].contains(where: { $0 > -.infinity }) else { throw program.defaults.forbidsEveryToken }
                let id = chooser.token(logits[row], step: step, row: row)
                sequences[row].append(id)
                next[row] = [id]
                let goesOn = try each(row, id)
                if !goesOn || settings.endIDs.contains(id) { isRunning[row] = false }
            }
            if !isRunning.contains(true) { break }
        }
        return zip(sequences, prompts).map { Array($0.dropFirst($1.count)) }
    }

    private func check(_ prompts: [[Int]], _ held: Int) throws(GenerationError) {
        let size = program.model.configuration.vocabularySize ?? 0
        for (row, prompt) in prompts.enumerated() {
            guard !prompt.isEmpty else { throw GenerationError("prompt \(row + 1) has no tokens; give it a text") }
            if let odd = prompt.first(where: { !(0..<size).contains($0) }) {
                throw GenerationError("prompt \(row + 1): the id \(odd) is outside of the vocabulary of \(size)")
            }
            guard let limit = program.contextLimit else { continue }
            let total = held + prompt.count + settings.maximumNewTokens
            guard held + prompt.count <= limit else {
                throw GenerationError(
                    "prompt \(row + 1) of \(held + prompt.count) tokens is beyond the model's \(limit) positions; shorten it"
                )
            }
            // The last new token is not read again.
            guard total - 1 <= limit else {
                throw GenerationError(
                    "prompt \(row + 1) of \(held + prompt.count) tokens and \(settings.maximumNewTokens) new ones are beyond "
                        + "the model's \(limit) positions; ask for at most \(limit - held - prompt.count + 1) new ones")
            }
        }
    }

    /// Throws for logits that are no numbers.
    static func requireNumbers(_ logits: [Float], _ model: LoadedModel) throws(ModelError) {
        guard logits.contains(where: \.isNaN) else { return }
        throw ModelError(
            path: model.folder,
            reason: "a logit is not a number; attend inspect MODEL --check looks for weights that are not finite")
    }
}
