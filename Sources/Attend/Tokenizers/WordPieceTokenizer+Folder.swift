import AttendCore

extension WordPieceTokenizer {
    /// Reads the tokenizer of a BERT model's folder as transformers 5 loads it: `tokenizer.json`, else `vocab.txt`, and the files beside it.
    ///
    /// Classes of Python's `BertTokenizer` take the vocabulary alone from `tokenizer.json`; case, accents and special tokens are those of
    /// `tokenizer_config.json` (lowercase where it is silent). `PreTrainedTokenizerFast` takes `tokenizer.json` as it stands.
    ///
    /// - Parameters:
    ///   - lowercases: Lowercases texts before all else, as `do_lower_case` of a `sentence_bert_config.json` has it.
    ///   - cutsStart: Long texts lose their start in place of their end.
    /// - Throws: ``TokenizerError`` that names the file, the setting, what was expected and what was found.
    public init(
        folder: String, lowercases: Bool = false, cutsStart: Bool = false
    ) throws(TokenizerError) {
        try self.init(WordPieceParts(folder: folder, lowercases: lowercases), cutsStart: cutsStart)
    }
}

extension WordPieceParts {
    private static let bertClasses = [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer",
        "SqueezeBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer", "DPRQuestionEncoderTokenizer",
        "DPRContextEncoderTokenizer"
    ]
    private static let fileClasses = [
        "PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer", "PythonBackend"
    ]

    init(folder: String, lowercases: Bool) throws(TokenizerError) {
        let settings = try TokenizerSettings(folder: folder)
        let className = settings.className ?? "BertTokenizer"
        let file = "\(folder)/tokenizer.json"
        let hasFile: Bool
        do { hasFile = try InputFile.ifPresent(file) != nil } catch {
            throw TokenizerError(path: file, reason: error.reason)
        }
        if WordPieceParts.bertClasses.contains(className) {
            try self.init(bert: settings, hasFile ? file : nil)
        } else if WordPieceParts.fileClasses.contains(className) {
            try self.init(tokenizerFile: file)
            try add(settings)
        } else {
            let known = WordPieceParts.bertClasses + WordPieceParts.fileClasses
            throw TokenizerError(
                path: settings.configurationPath,
                reason:
                    "tokenizer_class: expected one of \(known.joined(separator: ", ")), found \"\(className)\"\(Nearest.hint(for: className, among: known))"
            )
        }
        splitsSpecialTokens = settings.splitsSpecialTokens
        if let token = settings.token("pad_token") { padToken = token.content }
        if lowercases, !(normalizer?.lowercases ?? false) {
            normalizer = .sequence([.lowercase] + (normalizer.map { [$0] } ?? []))
        }
    }

    /// As `BertTokenizer` puts itself together.
    private init(bert settings: TokenizerSettings, _ file: String?) throws(TokenizerError) {
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
                        reason: "there is no tokenizer: neither tokenizer.json nor vocab.txt is in the folder")
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
        unknownToken = settings.token("unk_token")?.content ?? "[UNK]"
        padToken = padToken ?? "[PAD]"
        if let file, !settings.listsAddedTokens { try addTokens(ofTokenizerFile: file) }
        try add(settings)
        // What the class itself is made with.
        for (key, token) in [
            ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", padToken ?? "[PAD]"), ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]")
        ] where settings.token(key) == nil {
            try added.add(token, .special, declaredID: nil, vocabulary: vocabulary, path: path)
        }
        func special(_ key: String, _ standard: String) throws(TokenizerError) -> [Int] {
            let token = settings.token(key)?.content ?? standard
            guard let id = id(of: token) else { throw error("\(key): the token \"\(token)\" is not in the vocabulary") }
            return [id]
        }
        let (start, end) = (try special("cls_token", "[CLS]"), try special("sep_token", "[SEP]"))
        single = [.special(ids: start, typeID: 0), .text(isPair: false, typeID: 0), .special(ids: end, typeID: 0)]
        pair = single + [.text(isPair: true, typeID: 1), .special(ids: end, typeID: 1)]
    }

    /// The tokens that settings name.
    private mutating func add(_ settings: TokenizerSettings) throws(TokenizerError) {
        for (token, id, path) in settings.added {
            try added.add(
                token.content, token.flags ?? .special, declaredID: id, vocabulary: vocabulary, path: path)
        }
        for token in settings.special.map(\.token) + settings.extra {
            try added.add(
                token.content, token.flags ?? .special, declaredID: nil, vocabulary: vocabulary,
                path: settings.configurationPath)
        }
    }
}

extension TextNormalizer {
    /// Whether it is `Lowercase`, or a sequence that has it: what makes sentence-transformers leave out its own.
    fileprivate var lowercases: Bool {
        switch self {
        case .lowercase: true
        case .sequence(let parts): parts.contains(.lowercase)
        default: false
        }
    }
}
