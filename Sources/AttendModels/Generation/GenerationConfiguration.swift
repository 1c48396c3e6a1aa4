import AttendRuntime

/// The defaults of a model's generation: `generation_config.json`, or the settings of `config.json` where that file is
/// missing, as in transformers.
public struct GenerationConfiguration: Sendable {
    /// The file that the settings are from.
    public let path: String
    /// The settings; ``GenerationSettings/maximumNewTokens`` is that of the file, or 20.
    public private(set) var settings = GenerationSettings(maximumNewTokens: 20)
    /// The file's settings of sampling, if it asks for sampling.
    public private(set) var sampling: SamplingSettings?
    /// The token before the first one of a decoder beside an encoder; nil if there is none.
    public private(set) var decoderStartID: Int?
    /// The token before a prompt that is empty.
    public private(set) var startID: Int?
    /// The largest number of tokens, prompt included; nil for no limit of the file's.
    public private(set) var maximumLength: Int?
    /// Texts that end a result.
    public private(set) var stopTexts: [String] = []
    /// Whisper's settings of languages, tasks and timestamps; nil for other models.
    public private(set) var speech: SpeechSettings?

    /// Settings that don't change which tokens are chosen.
    private static let unread: Set<String> = [
        "_from_model_config", "transformers_version", "use_cache", "output_attentions", "output_hidden_states",
        "output_scores", "output_logits", "return_dict_in_generate", "cache_implementation", "cache_config",
        "return_legacy_cache", "disable_compile", "compile_config", "prefill_chunk_size", "low_memory",
        "prompt_lookup_num_tokens", "max_matching_ngram_size", "num_assistant_tokens",
        "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_early_exit",
        "assistant_lookbehind", "target_lookbehind", "is_assistant", "_commit_hash", "_name_or_path",
        "transformers_weights",
        "remove_invalid_values", "continuous_batching_config"
    ]

    /// Settings that change the tokens and are not supported, with the values that change nothing.
    private static let unsupported: [String: [JSONValue]] = [
        "typical_p": [.number(1), .integer(1)], "epsilon_cutoff": [.number(0), .integer(0)],
        "eta_cutoff": [.number(0), .integer(0)], "diversity_penalty": [.number(0), .integer(0)],
        "num_beam_groups": [.integer(1)], "num_return_sequences": [.integer(1)], "max_time": [],
        "encoder_repetition_penalty": [.number(1), .integer(1)],
        "encoder_no_repeat_ngram_size": [.integer(0)], "exponential_decay_length_penalty": [],
        "sequence_bias": [], "guidance_scale": [.number(1), .integer(1)], "penalty_alpha": [.number(0), .integer(0)],
        "dola_layers": [], "force_words_ids": [], "constraints": [], "watermarking_config": [],
        "renormalize_logits": [.bool(false)], "top_h": [], "token_healing": [.bool(false)]
    ]

    /// Reads the folder's settings.
    ///
    /// - Throws: ``ModelError`` for a setting that is invalid, contradicts the vocabulary, or changes the tokens and is not
    ///   supported.
    init(_ model: LoadedModel) throws {
        let folder = model.list.transformerFolder
        let own = try ModelFile.optional("\(folder)/generation_config.json")
        let file = own ?? model.files.settings
        path = file.path
        let size = model.configuration.vocabularySize ?? 0
        try file.read { root in try read(root, vocabularySize: size, isOwn: own != nil) }
    }

    private mutating func read(_ root: JSONNode, vocabularySize size: Int, isOwn: Bool) throws {
        func present(_ key: String) throws -> JSONNode? {
            guard let node = try root.optional(key), node.value != .null else { return nil }
            return node
        }
        func token(_ key: String) throws -> Int? {
            try present(key).map { try GenerationConfiguration.token($0, size) }
        }
        func tokens(_ key: String) throws -> [Int] {
            guard let node = try present(key) else { return [] }
            guard case .array = node.value else { return [try GenerationConfiguration.token(node, size)] }
            return try node.elements().map { try GenerationConfiguration.token($0, size) }
        }
        func count(_ key: String) throws -> Int? { try present(key)?.integer(atLeast: 0) }
        func number(_ key: String) throws -> Double? { try present(key)?.number() }

        try requireSupported(root)
        if isOwn { try requireKnown(root) }
        settings.endIDs = Set(try tokens("eos_token_id"))
        startID = try token("bos_token_id")
        decoderStartID = try token("decoder_start_token_id") ?? startID
        settings.padID = try token("pad_token_id") ?? settings.endIDs.min() ?? 0
        if let limit = try count("max_new_tokens") { settings.maximumNewTokens = limit }
        maximumLength = try count("max_length")
        settings.beamCount = try present("num_beams")?.integer(atLeast: 1) ?? 1
        settings.lengthPenalty = try number("length_penalty") ?? 1
        switch try present("early_stopping")?.value {
        case .bool(true): settings.earlyStopping = .first
        case .string("never"): settings.earlyStopping = .never
        case .bool(false), nil: settings.earlyStopping = .heuristic
        case .some(let other):
            throw JSONError.type(path: "early_stopping", expected: "true, false or \"never\"", found: "\(other)")
        }
        if let node = try present("stop_strings") {
            if case .string(let text) = node.value {
                stopTexts = [text]
            } else {
                stopTexts = try node.elements().map { try $0.string() }
            }
        }
        settings.rules.repetitionPenalty = try number("repetition_penalty") ?? 1
        guard settings.rules.repetitionPenalty > 0 else {
            throw JSONError.type(
                path: "repetition_penalty", expected: "a number above 0", found: "\(settings.rules.repetitionPenalty)")
        }
        settings.rules.uniqueNGramSize = try count("no_repeat_ngram_size") ?? 0
        settings.rules.minimumLength = try count("min_length") ?? 0
        settings.rules.minimumNewTokens = try count("min_new_tokens") ?? 0
        settings.rules.forbidden =
            try present("bad_words_ids")?.elements().map { words in
                try words.elements().map { try GenerationConfiguration.token($0, size) }
            } ?? []
        // A list of the end alone would forbid to end: transformers leaves it out.
        settings.rules.forbidden.removeAll { $0.count == 1 && settings.endIDs.contains($0[0]) }
        guard settings.rules.forbidden.allSatisfy({ !$0.isEmpty }) else {
            throw JSONError.type(path: "bad_words_ids", expected: "lists of at least one id", found: "an empty list")
        }
        // −1 stands for Whisper's own list in old files, and for nothing here.
        settings.rules.suppressed =
            try present("suppress_tokens").map { node in
                try node.elements().filter { $0.value != .integer(-1) }.map {
                    try GenerationConfiguration.token($0, size)
                }
            } ?? []
        settings.rules.suppressedFirst = try tokens("begin_suppress_tokens")
        settings.rules.forcedFirst = try token("forced_bos_token_id")
        settings.rules.forcedLast = try tokens("forced_eos_token_id")
        if try root.flag("do_sample", default: false) {
            sampling = SamplingSettings(
                temperature: try number("temperature") ?? 1, topK: try count("top_k") ?? 50,
                topP: try number("top_p"), minP: try number("min_p"))
            if sampling?.topK == 0 { sampling?.topK = nil }
            if let problem = sampling?.problem {
                throw JSONError.type(path: "do_sample", expected: "settings of drawing in their ranges", found: problem)
            }
        }
        speech = try SpeechSettings(root, vocabularySize: size)
    }

    private func requireSupported(_ root: JSONNode) throws {
        for (key, harmless) in GenerationConfiguration.unsupported {
            guard let node = try root.optional(key), node.value != .null, !harmless.contains(node.value) else {
                continue
            }
            throw node.unexpected("no \(key), which is not supported")
        }
    }

    /// Throws for keys that this file alone should not have.
    private func requireKnown(_ root: JSONNode) throws {
        let known = Set([
            "eos_token_id", "bos_token_id", "decoder_start_token_id", "pad_token_id", "max_new_tokens", "max_length",
            "num_beams", "length_penalty", "early_stopping", "repetition_penalty", "no_repeat_ngram_size", "min_length",
            "min_new_tokens", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "forced_bos_token_id",
            "forced_eos_token_id", "stop_strings", "do_sample", "temperature", "top_k", "top_p", "min_p"
        ]).union(SpeechSettings.keys)
            .union(GenerationConfiguration.unread).union(GenerationConfiguration.unsupported.keys)
        for (key, node) in try root.members() where !known.contains(key) {
            throw node.unexpected(
                "no such setting\(Nearest.hint(for: key, among: known.sorted())): it may change the text")
        }
    }

    /// The token before the first one of a decoder beside an encoder.
    ///
    /// - Throws: ``ModelError`` that names the setting.
    var firstID: Int {
        get throws(ModelError) {
            if let decoderStartID { return decoderStartID }
            throw ModelError(path: path, reason: "decoder_start_token_id is missing")
        }
    }

    /// The error where rules leave no token to choose.
    var forbidsEveryToken: ModelError {
        ModelError(path: path, reason: "every token is forbidden; look at suppress_tokens and bad_words_ids")
    }

    /// An id of the vocabulary.
    static func token(_ node: JSONNode, _ size: Int) throws -> Int {
        guard case .integer(let id) = node.value, (0..<size).contains(id) else {
            throw node.unexpected("an id from 0 to \(size - 1), those of the vocabulary")
        }
        return id
    }
}
