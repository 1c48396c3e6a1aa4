package import AttendRuntime

/// Continues or translates texts: a model's tokenizer around its ``GenerationProgram``.
public struct TextGenerator: Sendable {
    /// The programs.
    public let program: GenerationProgram
    private let tokenizer: ModelTokenizer

    /// - Throws: ``ModelError`` or ``TokenizerError`` of the tokenizer's files; ``GenerationError`` for a model that reads
    ///   sound.
    public init(_ program: GenerationProgram) throws {
        guard program.model.configuration.audio == nil else {
            throw GenerationError("\(program.model.folder): the model reads sound, not text")
        }
        self.program = program
        tokenizer = try program.model.tokenizer()
    }

    /// Whether texts are the source of an encoder, as of a translator, and not the beginning of the result.
    public var readsSource: Bool { program.encoder != nil }

    /// The generated text of one prompt.
    public struct Result: Sendable, Hashable {
        /// The new text, special tokens left out.
        public var text: String
        /// The new tokens, an end token included.
        public var ids: [Int]
        /// The number of tokens of the prompt, or of the source.
        public var promptCount: Int
        /// Why the text ends here.
        public var end: End
    }

    /// Why a generated text ends.
    public enum End: String, Sendable, Hashable {
        /// The model chose an end token.
        case end
        /// The largest number of new tokens.
        case length
        /// A stop text.
        case stop
        /// The caller, such as by an interrupt.
        case interrupted
    }

    /// Continues texts, all in one batch.
    ///
    /// - Parameters:
    ///   - texts: Prompts, or the sources of an encoder.
    ///   - settings: The choices.
    ///   - stops: Texts that end a result; they and what follows are left out.
    ///   - goesOn: Called before each step; false ends all texts as they are.
    ///   - each: Called with new text as soon as it can't change any more; false stops everything.
    /// - Throws: ``GenerationError``; ``ModelError`` for a source beyond the model's positions; ``TokenizerError``;
    ///   ``RunError``.
    public func generate(
        _ texts: [String], _ settings: GenerationSettings, stops: [String] = [],
        each: (_ row: Int, _ text: String) throws -> Bool = { _, _ in true }, goesOn: () -> Bool = { true }
    ) throws -> [Result] {
        let (prompts, source, counts) = try inputs(texts)
        var isInterrupted = false
        let (found, streams) = try run(prompts, source, settings, stops: stops) { row, _, new in
            guard !isInterrupted else { return false }
            if !new.isEmpty, try !each(row, new) { isInterrupted = true }
            return !isInterrupted
        } goesOn: {
            goesOn() && !isInterrupted
        }
        return found.indices.map { row in
            let (ids, stream) = (found[row], streams[row])
            let end: End =
                if stream.isStopped {
                    .stop
                } else if ids.last.map(settings.endIDs.contains) ?? false {
                    .end
                } else {
                    ids.count < settings.maximumNewTokens ? .interrupted : .length
                }
            return Result(text: stream.text, ids: ids, promptCount: counts[row], end: end)
        }
    }

    /// Continues one text; `each` gets every token with the text that it completes, and a last one without an id's text if
    /// there is a rest.
    func tokens(
        _ text: String, _ settings: GenerationSettings, each: (GeneratedToken) throws -> Void, goesOn: () -> Bool
    ) throws {
        let (prompts, source, _) = try inputs([text])
        _ = try run(prompts, source, settings, stops: []) { _, id, new in
            try each(GeneratedToken(id: id ?? settings.padID, text: new))
            return goesOn()
        } goesOn: {
            goesOn()
        }
    }

    /// - Parameter each: Called with each token and the text that it completes, and with the rest of a text at its end,
    ///   without an id; false stops the row.
    private func run(
        _ prompts: [[Int]], _ source: [String: Tensor]?, _ settings: GenerationSettings, stops: [String],
        each: (_ row: Int, _ id: Int?, _ text: String) throws -> Bool, goesOn: () -> Bool
    ) throws -> (ids: [[Int]], streams: [TextStream]) {
        let stops = stops + program.defaults.stopTexts
        var streams = try prompts.map { prompt in
            var stream = TextStream(tokenizer.tokenizer, stops: stops)
            // The first new token's text may depend on the prompt's end.
            if !readsSource { try stream.skip(prompt) }
            return stream
        }
        let ids = try Generator(program, settings).generate(prompts, source: source) { row, id in
            let new = try settings.endIDs.contains(id) ? streams[row].finish() : streams[row].append(id)
            return try each(row, id, new) && !streams[row].isStopped
        } goesOn: {
            goesOn()
        }
        for row in streams.indices {
            let rest = try streams[row].finish()
            if !rest.isEmpty { _ = try each(row, nil, rest) }
        }
        return (ids, streams)
    }

    /// The first tokens of the results, and the encoder's inputs.
    package func prompts(_ texts: [String]) throws -> (prompts: [[Int]], source: [String: Tensor]?) {
        let (prompts, source, _) = try inputs(texts)
        return (prompts, source)
    }

    /// The first tokens of the results, the encoder's inputs, and the numbers of tokens of the texts.
    private func inputs(_ texts: [String]) throws -> (prompts: [[Int]], source: [String: Tensor]?, counts: [Int]) {
        let encodings = texts.map { tokenizer.tokenizer.encode($0) }
        let counts = encodings.map(\.ids.count)
        guard readsSource else {
            // An empty prompt begins a text.
            let start = program.defaults.startID.map { [$0] } ?? []
            return (encodings.map { $0.ids.isEmpty ? start : $0.ids }, nil, counts)
        }
        let start = try program.defaults.firstID
        let batch = TokenBatch(
            tokenizer: tokenizer.tokenizer, configuration: program.model.configuration, padsStart: false)
        return (texts.map { _ in [start] }, try batch.inputs(for: encodings), counts)
    }

    /// The prefix that makes a multilingual model translate into a language.
    ///
    /// - Parameters:
    ///   - source: The source's language, where the model's settings name pairs; nil for any.
    /// - Throws: ``GenerationError`` for a language that the model does not have, with those that it has.
    public func prefix(from source: String?, to target: String) throws -> String {
        let marked = ">>\(target)<<"
        if tokenizer.tokenizer.languageMarks.contains(target) {
            if let source {
                throw GenerationError("--from \(source): this model finds the language itself; leave it out")
            }
            return "\(marked) "
        }
        let tasks = try program.model.files.settings.read { root in
            try root.optional("task_specific_params").map { node in
                node.value == .null
                    ? []
                    : try node.members().compactMap { key, task in
                        try task.optional("prefix").map { (key: key, prefix: try $0.string()) }
                    }
            } ?? []
        }
        let pairs = tasks.compactMap { task -> (from: String, to: String, prefix: String)? in
            let parts = task.key.split(separator: "_")
            guard parts.count == 4, parts[0] == "translation", parts[2] == "to" else { return nil }
            return (String(parts[1]), String(parts[3]), task.prefix)
        }
        let fitting = pairs.filter { $0.to == target && (source == nil || $0.from == source) }
        if fitting.count == 1 { return fitting[0].prefix }
        let known = pairs.map { "\($0.from) to \($0.to)" } + tokenizer.tokenizer.languageMarks
        guard !known.isEmpty else {
            throw GenerationError(
                "\(program.model.folder): the model has no choice of languages; leave --from and --to out")
        }
        throw GenerationError(
            "\(program.model.folder): no translation \(source.map { "from \($0) " } ?? "")to \(target) (it has "
                + "\(known.sorted().joined(separator: ", ")))")
    }
}

extension TextTokenizer {
    /// The id of a token; nil for an unknown one. O(vocabulary).
    func id(of text: String) -> Int? { (0..<vocabularySize).first { token(of: $0) == text } }

    /// The languages `xyz` of the tokens `>>xyz<<`.
    var languageMarks: [String] {
        (0..<vocabularySize).compactMap { id in
            token(of: id).flatMap {
                $0.hasPrefix(">>") && $0.hasSuffix("<<") ? String($0.dropFirst(2).dropLast(2)) : nil
            }
        }
    }
}
