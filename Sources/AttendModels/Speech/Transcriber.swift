public import AttendRuntime

/// Transcribes speech with Whisper: windows of 30 seconds, one after another, with timestamps (Radford et al. 2022, section
/// 3.8), as `generate` of transformers does for long sounds.
public struct Transcriber {
    /// The programs.
    public let program: GenerationProgram
    /// The features of sounds.
    public let features: LogMel
    private let tokenizer: ModelTokenizer
    private let speech: SpeechSettings
    private let alignment: Program?
    /// The width of the median filter over the alignment's frames.
    private let filterWidth: Int
    /// Whether the model has tokens of times.
    public let hasTimestamps: Bool

    /// A part of a transcript.
    public struct Segment: Sendable, Hashable {
        /// Seconds from the beginning of the sound.
        public var start: Double
        /// Seconds from the beginning of the sound.
        public var end: Double
        /// The text.
        public var text: String
        /// All tokens, those of times included.
        public var ids: [Int]
        /// The words with their times; empty unless they were asked for.
        public var words: [Word] = []
    }

    /// A word with its time.
    public struct Word: Sendable, Hashable {
        /// Seconds from the beginning of the sound.
        public var start: Double
        /// Seconds from the beginning of the sound.
        public var end: Double
        /// The word with the blank before it and its punctuation.
        public var text: String
    }

    /// What to transcribe to.
    public struct Options: Sendable, Hashable {
        /// The language as the model names it, such as `en`; nil to detect it.
        public var language: String?
        /// Whether to translate to English instead of transcribing.
        public var translates = false
        /// Whether segments have times; without, the sound must fit one window.
        public var hasTimestamps = true
        /// Whether words have times.
        public var timesWords = false

        /// A transcript with times of segments.
        public init() {}
    }

    /// Seconds of a step of timestamps, and of a position of the encoder.
    private static let step = 0.02

    /// - Parameter makeProgram: A graph's program, for the times of words; nil for transcripts without them.
    /// - Throws: ``GenerationError`` for a model that reads no sound; errors of the tokenizer's files.
    public init(
        _ program: GenerationProgram, aligning makeProgram: ((Graph) throws -> Program)? = nil
    ) throws {
        features = try LogMel(program.model)
        self.program = program
        tokenizer = try program.model.tokenizer()
        var speech = program.defaults.speech ?? .none
        // Old folders don't name it.
        speech.noTimestampsID = speech.noTimestampsID ?? tokenizer.tokenizer.id(of: "<|notimestamps|>")
        self.speech = speech
        hasTimestamps = speech.noTimestampsID != nil
        filterWidth = try program.model.files.settings.read { root in
            guard let node = try root.optional("median_filter_width"), node.value != .null else { return 7 }
            let width = try node.integer(atLeast: 1)
            guard width % 2 == 1 else { throw node.unexpected("an odd width") }
            return width
        }
        alignment = try makeProgram.map { try $0(program.model.graph([.crossAttentionPatterns])) }
    }

    /// Transcribes a sound.
    ///
    /// - Parameters:
    ///   - samples: Samples at the model's rate; see ``Resampler``.
    ///   - settings: The choices; nil for the model's defaults.
    ///   - goesOn: Called before each step and while features are computed; false ends the transcript as it is.
    ///   - each: Called with each segment as it is known, and the number of seconds that are done; false stops.
    /// - Returns: The language, if the model has several, and the segments.
    /// - Throws: ``GenerationError`` for an unknown language, and for options that the model has no settings for;
    ///   ``RunError``.
    public func transcribe(
        _ samples: [Float], _ options: Options = Options(), settings: GenerationSettings? = nil,
        each: (_ segment: Segment, _ seconds: Double) throws -> Bool = { _, _ in true }, goesOn: () -> Bool = { true }
    ) throws -> (language: String?, segments: [Segment]) {
        guard !samples.isEmpty else { throw GenerationError("the sound has no samples") }
        guard let whole = try features.features(samples, goesOn: goesOn) else { return (options.language, []) }
        let (window, bins) = (features.frameCount, features.binCount)
        let total = samples.count / features.hop
        if !options.hasTimestamps, total > window {
            throw GenerationError(
                "a sound of more than \(window * features.hop / features.rate) s is transcribed by timestamps; leave out "
                    + "the option to go without")
        }
        if options.timesWords, speech.alignmentHeads.isEmpty || alignment == nil {
            throw GenerationError(
                "\(program.defaults.path): no alignment_heads: the times of words need the heads that follow the sound")
        }
        let numbers = try whole.floats()
        let frames = whole.shape[2]
        var options = options
        options.translates = options.translates || speech.translates
        var (seek, segments, language) = (0, [Segment](), options.language ?? speech.language)
        while seek < max(total, 1), goesOn() {
            let held = min(window, total - seek)
            // Behind the end of a long sound there are zeros, as in transformers.
            var part = [Float](repeating: 0, count: bins * window)
            for bin in 0..<bins {
                for frame in 0..<min(window, frames - seek) {
                    part[bin * window + frame] = numbers[bin * frames + seek + frame]
                }
            }
            let input = ["input_features": try Tensor(part, shape: [1, bins, window])]
            // The sound is encoded once, for the language and for the text.
            let session = program.makeSession()
            if language == nil, speech.isMultilingual {
                try session.encode(input)
                language = try detected(in: session)
            }
            let prompt = try prompt(language, options)
            let ids = try generated(input, prompt, options, settings, session, goesOn)
            let offset = Double(seek * features.hop) / Double(features.rate)
            let times = options.timesWords ? try times(input, prompt, ids, frames: held) : []
            let (found, advance) = split(ids, frames: held, options)
            for range in found {
                var segment = try self.segment(ids, range.ids, start: offset + range.start, end: offset + range.end)
                if options.timesWords {
                    segment.words = try words(ids, range.ids, times, offset, language)
                }
                segments.append(segment)
                guard try each(segment, min(segment.end, Double(samples.count) / Double(features.rate))) else {
                    return (language, segments)
                }
            }
            seek += max(advance, 1)
        }
        return (language, segments)
    }

    // MARK: Tokens

    /// The tokens before the text.
    private func prompt(_ language: String?, _ options: Options) throws -> [Int] {
        var prompt = [try program.defaults.firstID]
        if speech.isMultilingual, let language {
            prompt.append(try id(of: language))
            let task = options.translates ? "translate" : "transcribe"
            guard let id = speech.tasks[task] else {
                throw ModelError(path: program.defaults.path, reason: "task_to_id has no \(task)")
            }
            prompt.append(id)
        } else if options.translates || language != nil {
            throw GenerationError(
                "\(program.model.folder): the model has one language; leave out the language and the task")
        }
        if let id = speech.noTimestampsID, !options.hasTimestamps { prompt.append(id) }
        return prompt
    }

    private func id(of language: String) throws -> Int {
        if let id = speech.languages["<|\(language)|>"] ?? speech.languages[language] { return id }
        let known = speech.languages.keys.map { $0.unmarked }.sorted()
        throw GenerationError(
            "the model has no language \"\(language)\"\(Nearest.hint(for: language, among: known)) (it has "
                + "\(known.joined(separator: ", ")))")
    }

    /// The language whose token is most probable first, of a sound that is encoded. The session is then as before.
    private func detected(in session: GenerationSession) throws -> String? {
        let logits = try session.append([[try program.defaults.firstID]], room: 1)[0]
        session.restart()
        return speech.languages.sorted { $0.value < $1.value }
            .max { logits[$0.value] < logits[$1.value] }?.key.unmarked
    }

    private func generated(
        _ input: [String: Tensor], _ prompt: [Int], _ options: Options, _ settings: GenerationSettings?,
        _ session: GenerationSession, _ goesOn: () -> Bool
    ) throws -> [Int] {
        let room = min(program.contextLimit ?? .max, program.defaults.maximumLength ?? 448) - prompt.count
        let given = settings?.maximumNewTokens ?? room
        var settings = settings ?? program.defaults.settings
        settings.maximumNewTokens = min(given, room)
        if options.hasTimestamps, let last = speech.noTimestampsID, let end = settings.endIDs.min() {
            settings.rules.timestamps = TimestampRules(
                firstID: last + 1, endID: end, maximumFirst: speech.maximumFirstTimestamp)
        }
        let generator = try Generator(program, settings)
        // A search of beams has a session of its own.
        let continues = session.isEncoded && settings.beamCount == 1
        let ids = try generator.generate(
            [prompt], source: continues ? nil : input, continuing: continues ? session : nil, goesOn: goesOn)[0]
        return ids.last.map(settings.endIDs.contains) ?? false ? ids.dropLast() : ids
    }

    // MARK: Segments

    private typealias Part = (ids: Range<Int>, start: Double, end: Double)

    /// The segments between pairs of timestamps, and the number of frames to the next window.
    private func split(_ ids: [Int], frames: Int, _ options: Options) -> (parts: [Part], advance: Int) {
        let seconds = Double(frames * features.hop) / Double(features.rate)
        guard options.hasTimestamps, let first = speech.noTimestampsID.map({ $0 + 1 }) else {
            return ([(0..<ids.count, 0, seconds)], frames)
        }
        func time(_ id: Int) -> Double { Double(id - first) * Transcriber.step }
        let marks = ids.map { $0 >= first }
        let endsSingle = marks.suffix(2).elementsEqual([false, true])
        var cuts = marks.indices.dropLast().filter { marks[$0] && marks[$0 + 1] }.map { $0 + 1 }
        guard !cuts.isEmpty else {
            var end = seconds
            if let last = ids.last(where: { $0 >= first }), last != first { end = time(last) }
            return (ids.isEmpty ? [] : [(0..<ids.count, 0, end)], frames)
        }
        if endsSingle { cuts.append(ids.count) } else { cuts[cuts.count - 1] += 1 }
        var (parts, start) = ([Part](), 0)
        for (index, cut) in cuts.enumerated() {
            let isLast = index == cuts.count - 1 && !endsSingle
            parts.append((start..<cut, time(ids[start]), time(ids[isLast ? cut - 2 : cut - 1])))
            start = cut
        }
        guard !endsSingle else { return (parts, frames) }
        // What follows the last whole segment is heard again.
        let positions = ids[start - 2] - first
        return (parts, 2 * positions)
    }

    private func segment(_ ids: [Int], _ range: Range<Int>, start: Double, end: Double) throws -> Segment {
        let part = Array(ids[range])
        return Segment(start: start, end: end, text: try tokenizer.tokenizer.decode(part.filter(isWord)), ids: part)
    }

    /// Whether an id stands for text: it is below the tokens of times, and the tokenizer has it.
    private func isWord(_ id: Int) -> Bool {
        id < speech.noTimestampsID ?? .max && tokenizer.tokenizer.token(of: id) != nil
    }

    // MARK: Words

    /// The seconds at which each token ends, by the heads that follow the sound.
    private func times(
        _ input: [String: Tensor], _ prompt: [Int], _ ids: [Int], frames: Int
    ) throws -> [Double] {
        guard let alignment, ids.count > 1 else { return ids.map { _ in 0 } }
        var tensors = input
        let given = prompt + ids.dropLast()
        tensors["decoder_input_ids"] = try Tensor(given.map { Int64($0) }, shape: [1, given.count])
        let results = try alignment.makeSession().run(program.model.inputs(tensors, of: alignment.graph))
        let patterns = try speech.alignmentHeads.map { pair -> [[Float]] in
            guard let tensor = results["cross_attentions_\(pair[0])"], pair[1] < tensor.shape[1] else {
                throw ModelError(
                    path: program.defaults.path,
                    reason: "alignment_heads: the model has no head \(pair[1]) in layer \(pair[0])")
            }
            let rows = try tensor.rows()
            return (prompt.count..<given.count).map { Array(rows[pair[1] * given.count + $0].prefix(frames / 2)) }
        }
        let ends = WordTiming.frames(patterns, filterWidth: filterWidth).map { Double($0) * Transcriber.step }
        return ends + [ends.last ?? 0]
    }

    /// The words of some tokens: a token lasts from the end of the one before it to its own.
    private func words(
        _ ids: [Int], _ range: Range<Int>, _ times: [Double], _ offset: Double, _ language: String?
    ) throws -> [Word] {
        let places = range.filter { isWord(ids[$0]) }
        let isSpaced = !["zh", "ja", "th", "lo", "my", "yue"].contains(language)
        func rounded(_ seconds: Double) -> Double { ((offset + seconds) * 100).rounded() / 100 }
        return try TokenWords(places.map { ids[$0] }, tokenizer.tokenizer, isSpaced: isSpaced).words.map { word in
            let (first, last) = (places[word.tokens.lowerBound], places[word.tokens.upperBound - 1])
            return Word(
                start: rounded(first == 0 ? 0 : times[first - 1]), end: rounded(times[last]), text: word.text)
        }
    }
}
