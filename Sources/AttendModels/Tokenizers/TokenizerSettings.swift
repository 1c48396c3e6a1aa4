import AttendRuntime

/// The settings of a tokenizer beside its vocabulary, as in transformers 5: `tokenizer_config.json`, and, if that lists
/// no added tokens, `special_tokens_map.json` and `added_tokens.json`.
struct TokenizerSettings {
    /// A token by its content, with optional flags.
    struct NamedToken {
        let content: String
        /// Nil for a token without flags.
        let flags: AddedVocabulary.Flags?
        /// Whether it is an object of `tokenizer_config.json`; such an object does not make a token of
        /// `added_tokens.json` special.
        var isConfigured = false
    }

    /// The lists of special tokens without keys of their own.
    private struct Extras {
        /// Nil without `extra_special_tokens`; then ``former`` applies.
        var tokens: [NamedToken]?
        /// `additional_special_tokens` of `special_tokens_map.json`.
        var former: [NamedToken] = []
    }

    /// An added token with its id in a file.
    struct DeclaredToken {
        let content: String
        let flags: AddedVocabulary.Flags
        let id: Int
        let path: String
    }

    let folder: String
    /// The tokenizer's class in Python, without the suffix `Fast`.
    private(set) var className: String?
    private(set) var lowercases = true
    private(set) var spacesChinese = true
    private(set) var stripsAccents: Bool?
    /// The special tokens by key, such as `cls_token`, in the order of the files; ``specialTokens(own:)`` sorts them.
    private(set) var special: [(key: String, token: NamedToken)] = []
    private(set) var extra: [NamedToken] = []
    private var extras = Extras()
    private(set) var splitsSpecialTokens = false
    /// `add_prefix_space`, `add_bos_token` and `add_eos_token`; nil where they are missing.
    private(set) var addsPrefixBlank: Bool?
    private(set) var addsStart: Bool?
    private(set) var addsEnd: Bool?
    /// Whether source and target have vocabularies of their own (`separate_vocabs`).
    private(set) var separatesVocabularies = false
    /// Sorted by id, the order in which they are added.
    private(set) var added: [DeclaredToken] = []
    /// Whether `tokenizer_config.json` lists all added tokens, so that other files are ignored.
    private(set) var listsAddedTokens = false
    /// The model's inputs (`model_input_names`); nil for the default of the class.
    private(set) var inputNames: [String]?

    static let specialKeys = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"
    ]

    var configurationPath: String { "\(folder)/tokenizer_config.json" }

    /// - Parameter overrides: Keys that take precedence over `tokenizer_config.json`.
    /// - Throws: ``TokenizerError`` that names the file and the setting.
    init(folder: String, overrides: JSONValue = .object([])) throws(TokenizerError) {
        self.folder = folder
        let configuration = configurationPath
        try TokenizerError.naming(configuration) {
            let file = try ModelFile.optional(configuration) ?? ModelFile(configuration, root: JSONNode(.object([])))
            let settings = file.overridden(by: overrides, of: "processor_kwargs")
            try TokenizerError.naming(settings.path) { try read(settings.root, settings.path) }
        }
        if className == nil {
            try TokenizerError.naming("\(folder)/config.json") {
                let node = try ModelFile.optional("\(folder)/config.json")?.root.optional("tokenizer_class")
                className = try node.map(TokenizerSettings.className)
            }
        }
        try readOtherFiles()
        extra = extras.tokens ?? extras.former
    }

    /// Reads the files that apply unless `tokenizer_config.json` lists the added tokens.
    private mutating func readOtherFiles() throws(TokenizerError) {
        guard !listsAddedTokens else { return }
        let map = "\(folder)/special_tokens_map.json"
        try TokenizerError.naming(map) {
            guard let file = try ModelFile.optional(map) else { return }
            for (key, node) in try file.root.members() {
                if TokenizerSettings.isToken(key) {
                    try readToken(key, node, isConfigured: false)
                } else if key == "additional_special_tokens" {
                    extras.former =
                        try node.value == .null
                        ? []
                        : node.elements().map {
                            NamedToken(content: try $0.string(), flags: nil)
                        }
                } else if key == "extra_special_tokens" {
                    try readExtras(node, isConfigured: false)
                } else {
                    throw node.unexpected(
                        "no such setting: the key of a special token ends with _token or special_tokens")
                }
            }
        }
        let list = "\(folder)/added_tokens.json"
        try TokenizerError.naming(list) {
            guard let file = try ModelFile.optional(list) else { return }
            let named = special.filter { TokenizerSettings.specialKeys.contains($0.key) }.map(\.token)
            let specials = Set(
                (named + (extras.tokens ?? [])).filter { !$0.isConfigured }.map { Array($0.content.utf8) })
            for (content, node) in try file.root.members() {
                let isSpecial = specials.contains(Array(content.utf8))
                let flags = AddedVocabulary.Flags(isSpecial: isSpecial, isNormalized: !isSpecial)
                added.append(DeclaredToken(content: content, flags: flags, id: try node.tokenID(), path: list))
            }
            added.sort { $0.id < $1.id }
        }
    }

    /// The token of a key such as `cls_token`.
    func token(_ key: String) -> NamedToken? { special.first { $0.key == key }?.token }

    /// The tokens with keys, in the order of addition.
    ///
    /// - Parameter own: The defaults of the class.
    func specialTokens(own: [(key: String, content: String)]) -> [NamedToken] {
        let missing = own.filter { token($0.key) == nil }
            .map { (key: $0.key, token: NamedToken(content: $0.content, flags: nil)) }
        return (special + missing).sorted { TokenizerSettings.rank($0.key) < TokenizerSettings.rank($1.key) }.map(
            \.token)
    }

    private static func className(_ node: JSONNode) throws -> String {
        let name = try node.string()
        return name.hasSuffix("Fast") && name != "PreTrainedTokenizerFast" ? String(name.dropLast(4)) : name
    }

    private mutating func read(_ root: JSONNode, _ path: String) throws {
        className = try root.optional("tokenizer_class").map(TokenizerSettings.className)
        lowercases = try root.present("do_lower_case")?.bool() ?? true
        spacesChinese = try root.present("tokenize_chinese_chars")?.bool() ?? true
        stripsAccents = try root.optional("strip_accents")?.bool()
        splitsSpecialTokens = try root.optional("split_special_tokens")?.bool() ?? false
        addsPrefixBlank = try root.optional("add_prefix_space")?.bool()
        addsStart = try root.optional("add_bos_token")?.bool()
        addsEnd = try root.optional("add_eos_token")?.bool()
        separatesVocabularies = try root.optional("separate_vocabs")?.bool() ?? false
        try refuse(root)
        if let names = try root.present("model_input_names") {
            inputNames = try names.elements().map { try $0.string() }
            guard inputNames?.contains("attention_mask") ?? false else {
                throw names.unexpected("a list with attention_mask, without which padding is read as text")
            }
        }
        for (key, node) in try root.members() {
            if key == "added_tokens_decoder" {
                listsAddedTokens = true
                try readAddedTokens(node, path)
            } else if TokenizerSettings.isToken(key) {
                try readToken(key, node, isConfigured: true)
            } else if !TokenizerSettings.isList(key), !TokenizerSettings.known.contains(key) {
                throw node.unexpected(
                    "a setting of a tokenizer\(Nearest.hint(for: key, among: TokenizerSettings.known.sorted()))")
            }
        }
        // The older name applies if the newer one is missing or empty.
        let lists = try ["extra_special_tokens", "additional_special_tokens"].compactMap { try root.present($0) }
        let isEmpty: (JSONNode) -> Bool = { [.null, .array([]), .object([])].contains($0.value) }
        if let list = lists.first(where: { !isEmpty($0) }) ?? lists.last { try readExtras(list, isConfigured: true) }
    }

    private static func isToken(_ key: String) -> Bool { key.hasSuffix("_token") && !key.hasPrefix("add_") }

    private static func isList(_ key: String) -> Bool {
        key == "extra_special_tokens" || key == "additional_special_tokens"
    }

    private mutating func readAddedTokens(_ node: JSONNode, _ path: String) throws {
        for (key, token) in try node.members() {
            guard let id = Int(key), id >= 0, id <= TokenVocabulary.largestID else {
                throw token.unexpected("an id as the key")
            }
            let named = try TokenizerSettings.token(token)
            added.append(
                DeclaredToken(content: named.content, flags: named.flags ?? .special, id: id, path: path))
        }
        added.sort { $0.id < $1.id }
    }

    /// Reads a token with a key, which is special regardless of its flags.
    private mutating func readToken(_ key: String, _ node: JSONNode, isConfigured: Bool) throws {
        guard node.value != .null else {
            special.removeAll { $0.key == key }
            return
        }
        var token = try TokenizerSettings.token(node, isSpecial: true)
        token.isConfigured = isConfigured && token.flags != nil
        if let index = special.firstIndex(where: { $0.key == key }) {
            special[index].token = token
        } else {
            special.append((key, token))
        }
    }

    /// Reads a list of special tokens, or an object of tokens with keys.
    ///
    /// - Parameter isConfigured: Whether it is from `tokenizer_config.json`, where an object's `special` flag applies.
    private mutating func readExtras(_ node: JSONNode, isConfigured: Bool) throws {
        switch node.value {
        case .null: extras.tokens = []
        case .object:
            for (name, token) in try node.members() { try readToken(name, token, isConfigured: isConfigured) }
        default:
            var tokens = extras.tokens ?? []
            for element in try node.elements() {
                var token = try TokenizerSettings.token(element, isSpecial: !isConfigured)
                token.isConfigured = isConfigured && token.flags != nil
                tokens.append(token)
            }
            extras.tokens = tokens
        }
    }

    private static func rank(_ key: String) -> Int { specialKeys.firstIndex(of: key) ?? specialKeys.count }

    /// Parses a token.
    ///
    /// - Parameter isSpecial: Whether the token is special regardless of its flags.
    private static func token(_ node: JSONNode, isSpecial: Bool = false) throws -> NamedToken {
        if case .string(let content) = node.value { return NamedToken(content: content, flags: nil) }
        try node.allowKeys(["__type", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
        var flags = try AddedVocabulary.Flags(node)
        if isSpecial { flags.isSpecial = true }
        if try node.present("normalized") == nil { flags.isNormalized = !flags.isSpecial }
        return NamedToken(content: try node.required("content").string(), flags: flags)
    }

    /// Throws for settings of older tokenizers that transformers 5 ignores, unless they have their default value.
    private func refuse(_ root: JSONNode) throws {
        func expect(_ key: String, _ values: [JSONValue], _ text: String) throws {
            if let node = try root.present(key), !values.contains(node.value) { throw node.unexpected(text) }
        }
        try expect("do_basic_tokenize", [.bool(true), .null], "true")
        try expect("never_split", [.null, .array([])], "no words")
        try expect("clean_text", [.bool(true), .null], "true")
        try expect("wordpieces_prefix", [.string("##"), .null], "\"##\"")
        try expect("sp_model_kwargs", [.object([]), .null], "no settings of SentencePiece")
        // Python's own code.
        let backend = className == TokenizerParts.marianClass ? "custom" : "tokenizers"
        try expect(
            "backend", [.string(backend), .null],
            "\"\(backend)\" for the tokenizer_class \(className ?? "of the model")")
    }

    /// The settings that are read here or elsewhere, or do not affect ids.
    private static let known: Set<String> = [
        "tokenizer_class", "do_lower_case", "tokenize_chinese_chars", "strip_accents", "split_special_tokens",
        "do_basic_tokenize", "never_split", "clean_text", "wordpieces_prefix", "backend", "model_max_length", "max_len",
        "max_length", "truncation_side", "padding_side", "truncation_strategy", "stride", "pad_to_multiple_of",
        "pad_token_type_id", "clean_up_tokenization_spaces", "name_or_path", "_name_or_path", "tokenizer_file",
        "vocab_file", "special_tokens_map_file", "added_tokens_file", "full_tokenizer_file", "processor_class",
        "model_input_names", "use_fast", "from_slow", "is_local", "local_files_only", "files_loaded", "chat_template",
        "init_inputs", "auto_map", "trust_remote_code", "add_bos_token", "add_eos_token", "add_prefix_space",
        "trim_offsets", "errors", "legacy", "verbose", "return_tensors", "device_map", "transformers_version",
        "return_token_type_ids", "return_attention_mask", "fast_tokenizer_files", "response_template",
        "response_schema", "chat_control_tokens", "_commit_hash",
        "sp_model_kwargs", "spaces_between_special_tokens", "use_default_system_prompt", "extra_ids", "keep_accents",
        "remove_space", "normalization", "normalizer_file", "language", "task", "predict_timestamps",
        "separate_vocabs", "source_lang", "target_lang", "source_spm", "target_spm", "vocab", "target_vocab_file",
        "tokenizer_type", "pad_id", "revision", "token", "cache_dir", "model_type"
    ]
}
