import AttendRuntime

extension TextTokenizer {
    /// Reads the tokenizer of a BERT model's folder as in transformers 5: `tokenizer.json`, else `vocab.txt`, and the
    /// files beside it.
    ///
    /// Classes of Python's `BertTokenizer` use only the vocabulary of `tokenizer.json`; case, accents and special
    /// tokens are from `tokenizer_config.json` (lowercase by default). `PreTrainedTokenizerFast` uses `tokenizer.json`
    /// as is.
    ///
    /// - Parameters:
    ///   - lowercases: Whether texts are lowercased first, as by `do_lower_case` in `sentence_bert_config.json`.
    ///   - cutsStart: Whether long texts are truncated at the start instead of the end.
    /// - Throws: ``TokenizerError`` that names the file, the setting, the expected and the found value.
    public init(
        folder: String, lowercases: Bool = false, cutsStart: Bool = false
    ) throws(TokenizerError) {
        try self.init(TokenizerParts(folder: folder, lowercases: lowercases), cutsStart: cutsStart)
    }
}

extension TextTokenizer {
    /// Reads the tokenizer of a model's folder, or a `tokenizer.json` by itself.
    ///
    /// The class of a folder without a `tokenizer_class` follows from its `config.json`; without that file, or for an
    /// unsupported family, `tokenizer.json` applies as it is.
    ///
    /// - Parameter path: A folder, or a file whose name ends with `.json`.
    /// - Throws: ``TokenizerError`` or ``ModelError`` that names the file, the setting, the expected and the found value.
    public init(model path: String) throws {
        guard !path.hasSuffix(".json") else {
            try self.init(contentsOf: path)
            return
        }
        let family = try ModelFile.optional("\(path)/config.json").flatMap { file in
            try? ModelFamilies.named(by: file.root)
        }
        try self.init(
            TokenizerParts(
                folder: path, lowercases: false, standardClass: family?.tokenizerClass ?? "TokenizersBackend"),
            cutsStart: false)
    }
}

extension TokenizerParts {
    /// Their parts come from the settings beside the vocabulary.
    private static let bertClasses = [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer",
        "SqueezeBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer", "DPRQuestionEncoderTokenizer",
        "DPRContextEncoderTokenizer"
    ]
    /// Their parts come from `tokenizer.json`.
    private static let fileClasses = [
        "PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer", "PythonBackend"
    ]
    /// Their parts are their own, and the same as in `tokenizer.json` where the settings agree with it.
    private static let familyClasses = [
        "GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "WhisperTokenizer", "LlamaTokenizer", "Qwen2Tokenizer",
        "GemmaTokenizer", "T5Tokenizer", "XLMRobertaTokenizer", "AlbertTokenizer", "MPNetTokenizer"
    ]
    /// Its parts come from SentencePiece's files.
    static let marianClass = "MarianTokenizer"
    /// Those whose models read token types.
    private static let typedClasses = bertClasses + ["AlbertTokenizer"]

    /// - Parameters:
    ///   - overrides: Settings of another file that take precedence over `tokenizer_config.json`.
    ///   - standardClass: The class in transformers, if the folder names none.
    init(
        folder: String, lowercases: Bool, overrides: JSONValue = .object([]), standardClass: String = "BertTokenizer"
    ) throws(TokenizerError) {
        let settings = try TokenizerSettings(folder: folder, overrides: overrides)
        let className = settings.className ?? standardClass
        let path = "\(folder)/tokenizer.json"
        if TokenizerParts.bertClasses.contains(className) {
            try self.init(bert: settings, TokenizerError.naming(path) { try ModelFile.optional(path) })
        } else if className == TokenizerParts.marianClass {
            try self.init(marian: settings)
        } else if (TokenizerParts.fileClasses + TokenizerParts.familyClasses).contains(className) {
            try TokenizerParts.requireFile(path)
            let file = try TokenizerError.naming(path) { try ModelFile(path) }
            try self.init(tokenizerFile: file)
            try addTokens(settings, file)
            if TokenizerParts.familyClasses.contains(className) { try checkAgreement(settings) }
        } else {
            let known =
                TokenizerParts.bertClasses + TokenizerParts.fileClasses + TokenizerParts.familyClasses
                + [TokenizerParts.marianClass]
            throw TokenizerError(
                path: settings.configurationPath,
                reason:
                    """
                    tokenizer_class: expected one of \(known.joined(separator: ", ")), found \
                    "\(className)"\(Nearest.hint(for: className, among: known))
                    """
            )
        }
        splitsSpecialTokens = settings.splitsSpecialTokens
        if !(settings.inputNames?.contains("token_type_ids") ?? TokenizerParts.typedClasses.contains(className)) {
            (single, pair) = (single.map(\.withoutType), pair.map(\.withoutType))
        }
        if let token = settings.token("pad_token") { padToken = token.content }
        if let token = settings.token("mask_token") { maskToken = token.content }
        if lowercases, !(normalizer?.lowercases ?? false) {
            normalizer = .sequence([.lowercase] + (normalizer.map { [$0] } ?? []))
        }
    }

    /// Throws for a file of a tokenizer that is missing.
    static func requireFile(_ path: String) throws(TokenizerError) {
        guard try TokenizerError.naming(path, { try InputFile.isPresent(path) }) else {
            throw TokenizerError(
                path: path, reason: "no such file, and texts need it; attend run --inputs takes token ids")
        }
    }

    /// Throws for settings that contradict `tokenizer.json`, from which the parts are.
    private func checkAgreement(_ settings: TokenizerSettings) throws(TokenizerError) {
        func check(_ key: String, _ setting: Bool?, _ found: Bool?, _ part: String) throws(TokenizerError) {
            guard let setting, let found, setting != found else { return }
            throw TokenizerError(
                path: settings.configurationPath,
                reason: "\(key): expected \(found), as the \(part) of tokenizer.json has it, found \(setting)")
        }
        try check("add_prefix_space", settings.addsPrefixBlank, splitter?.addsBlank, "pre_tokenizer")
        func hasSpecial(_ part: TextTemplate.Part?, _ key: String) -> Bool? {
            guard let token = settings.token(key), let id = id(of: token.content) else { return nil }
            if case .special(let ids, _)? = part { return ids.contains(id) }
            return false
        }
        try check("add_bos_token", settings.addsStart, hasSpecial(single.first, "bos_token"), "post_processor")
        try check("add_eos_token", settings.addsEnd, hasSpecial(single.last, "eos_token"), "post_processor")
    }

    /// The parts of transformers' `BertTokenizer`.
    private init(bert settings: TokenizerSettings, _ file: ModelFile?) throws(TokenizerError) {
        if let file {
            try self.init(vocabularyOf: file)
        } else {
            let path = "\(settings.folder)/vocab.txt"
            self.init(path: path)
            var bytes: [UInt8] = []
            try TokenizerError.naming(path) {
                guard let lines = try InputFile.ifPresent(path) else {
                    throw TokenizerError(
                        path: settings.folder,
                        reason: "no tokenizer: the folder has neither tokenizer.json nor vocab.txt")
                }
                bytes = try lines.contents()
            }
            vocabulary = try TokenVocabulary(lines: bytes, path: path)
        }
        normalizer = .bert(
            BERTNormalizer(
                cleansText: true, spacesChinese: settings.spacesChinese,
                stripsAccents: settings.stripsAccents ?? settings.lowercases, lowercases: settings.lowercases))
        decoder = .wordPiece(prefix: "##", cleansUp: true)
        if case .wordPiece(var pieces) = model {
            pieces.unknownToken = settings.token("unk_token")?.content ?? "[UNK]"
            model = .wordPiece(pieces)
        }
        (padToken, maskToken) = (padToken ?? "[PAD]", "[MASK]")
        let own = [
            ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", padToken ?? "[PAD]"), ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]")
        ]
        try addTokens(settings, file, own: own)
        func special(_ key: String, _ standard: String) throws(TokenizerError) -> [Int] {
            let token = settings.token(key)?.content ?? standard
            guard let id = id(of: token) else { throw error("\(key): the token \"\(token)\" is not in the vocabulary") }
            return [id]
        }
        let (start, end) = (try special("cls_token", "[CLS]"), try special("sep_token", "[SEP]"))
        single = [.special(ids: start, typeID: 0), .text(isPair: false, typeID: 0), .special(ids: end, typeID: 0)]
        pair = single + [.text(isPair: true, typeID: 1), .special(ids: end, typeID: 1)]
    }

    /// Adds tokens in the order of their ids, then special ones. Of several definitions of a token, the last one's
    /// flags apply.
    ///
    /// - Parameters:
    ///   - file: `tokenizer.json`, whose added tokens are ignored if the settings list all.
    ///   - own: The default special tokens of the class, by their keys.
    mutating func addTokens(
        _ settings: TokenizerSettings, _ file: ModelFile?, own: [(key: String, content: String)] = []
    ) throws(TokenizerError) {
        var declared = settings.added
        if let file, !settings.listsAddedTokens {
            // Of two tokens with one id, the one in `tokenizer.json` applies; of duplicates there, the last one.
            var contents: Set<[UInt8]> = []
            let listed = try TokenizerParts.addedTokens(file).reversed()
                .filter { contents.insert(Array($0.content.utf8)).inserted }
            let ids = Set(listed.map(\.id))
            declared = (listed + declared.filter { !ids.contains($0.id) }).sorted { $0.id < $1.id }
        }
        let special = settings.specialTokens(own: own)
        let names = Set(special.map { Array($0.content.utf8) })
        for token in declared { try add(token, replacing: true, special: names) }
        let known = added
        for token in special + settings.extra {
            try added.add(
                token.content, token.flags ?? .special, declaredID: nil, replacing: known.id(of: token.content) == nil,
                vocabulary: vocabulary, path: settings.configurationPath)
        }
    }
}

extension TextTemplate.Part {
    /// The part with type 0, for models without `token_type_ids`.
    fileprivate var withoutType: Self {
        switch self {
        case .special(let ids, _): .special(ids: ids, typeID: 0)
        case .text(let isPair, _): .text(isPair: isPair, typeID: 0)
        }
    }
}

extension TextNormalizer {
    /// Whether it is or contains `Lowercase`; sentence-transformers then adds no other.
    fileprivate var lowercases: Bool {
        switch self {
        case .lowercase: true
        case .sequence(let parts): parts.contains(.lowercase)
        default: false
        }
    }
}
