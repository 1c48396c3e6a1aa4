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
        let generator = try Generator(program, settings)
        let stops = stops + program.defaults.stopTexts
        let (prompts, source, counts) = try inputs(texts)
        var streams = try prompts.map { prompt in
            var stream = TextStream(tokenizer.tokenizer, stops: stops)
            // The first new token's text may depend on the prompt's end.
            if !readsSource { try stream.skip(prompt) }
            return stream
        }
        var isInterrupted = false
        let found = try generator.generate(prompts, source: source) { row, id in
            guard !isInterrupted else { return false }
            let new = try settings.endIDs.contains(id) ? streams[row].finish() : streams[row].append(id)
            if !new.isEmpty, try !each(row, new) { isInterrupted = true }
            return !isInterrupted && !streams[row].isStopped
        } goesOn: {
            goesOn() && !isInterrupted
        }
        return try found.enumerated().map { row, ids in
            let rest = try streams[row].finish()
            if !rest.isEmpty { _ = try each(row, rest) }
            let end: End =
                streams[row].isStopped
                ? .stop
                : ids.last.map(settings.endIDs.contains) ?? false
                    ? .end
                    : ids.count < settings.maximumNewTokens ? .interrupted : .length
            return Result(text: streams[row].text, ids: ids, promptCount: counts[row], end: end)
        }
    }

    /// Continues one text; `each` gets every token with the text that it completes, and stops with false.
    func tokens(
        _ text: String, _ settings: GenerationSettings, each: (GeneratedToken) throws -> Bool
    ) throws {
        let generator = try Generator(program, settings)
        let (prompts, source, _) = try inputs([text])
        var stream = TextStream(tokenizer.tokenizer, stops: program.defaults.stopTexts)
        if !readsSource { try stream.skip(prompts[0]) }
        _ = try generator.generate(prompts, source: source) { _, id in
            let new = try settings.endIDs.contains(id) ? stream.finish() : stream.append(id)
            return try each(GeneratedToken(id: id, text: new)) && !stream.isStopped
        }
        let rest = try stream.finish()
        if !rest.isEmpty { _ = try each(GeneratedToken(id: settings.padID, text: rest)) }
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
        guard let start = program.defaults.decoderStartID else {
            throw ModelError(path: program.defaults.path, reason: "decoder_start_token_id is missing")
        }
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

/// Text that grows token by token up to a stop text.
struct TextStream {
    private let tokenizer: TextTokenizer
    private var decoder: StreamingDecoder
    private let stops: [String]
    /// The text that was given out.
    private(set) var text = ""
    /// Text that may be the beginning of a stop text.
    private var held = ""
    /// Whether a stop text was found.
    private(set) var isStopped = false

    init(_ tokenizer: TextTokenizer, stops: [String]) {
        (self.tokenizer, decoder) = (tokenizer, StreamingDecoder(tokenizer))
        self.stops = stops.filter { !$0.isEmpty }
    }

    /// Reads tokens before the text.
    mutating func skip(_ ids: [Int]) throws {
        for id in ids where tokenizer.token(of: id) != nil { _ = try decoder.append(id) }
    }

    /// The text that can't change any more with this token.
    mutating func append(_ id: Int) throws -> String {
        // A model may have more rows than its tokenizer has tokens; those have no text.
        guard tokenizer.token(of: id) != nil else { return "" }
        return take(try decoder.append(id), isLast: false)
    }

    /// The rest of the text.
    mutating func finish() throws -> String { take(try decoder.finish(), isLast: true) }

    private mutating func take(_ new: String, isLast: Bool) -> String {
        guard !isStopped else { return "" }
        // Scalars, since a stop text may end inside of a character.
        var pending = Array((held + new).unicodeScalars)
        held = ""
        let places = stops.compactMap { TextStream.place(of: Array($0.unicodeScalars), in: pending) }
        if let place = places.min() {
            isStopped = true
            pending = Array(pending[..<place])
        } else if !isLast {
            let kept = stops.map { TextStream.overlap(of: Array($0.unicodeScalars), with: pending) }.max() ?? 0
            held = TextStream.string(pending.suffix(kept))
            pending.removeLast(kept)
        }
        let out = TextStream.string(pending[...])
        text += out
        return out
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func place(of stop: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard stop.count <= text.count else { return nil }
        return (0...text.count - stop.count).first { text[$0..<$0 + stop.count].elementsEqual(stop) }
    }

    /// The length of the longest end of the text that a stop text begins with.
    private static func overlap(of stop: [Unicode.Scalar], with text: [Unicode.Scalar]) -> Int {
        (0..<min(stop.count, text.count + 1)).reversed().first { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }
}
