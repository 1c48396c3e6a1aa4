import AttendRuntime

extension WordPieceParts {
    /// Reads a `tokenizer.json` as the `tokenizers` library does.
    ///
    /// - Throws: ``TokenizerError`` that names the file, the setting and the supported values.
    init(tokenizerFile path: String) throws(TokenizerError) {
        try self.init(tokenizerFile: TokenizerError.naming(path) { try ModelFile(path) })
    }

    /// - Throws: ``TokenizerError`` as for a path.
    init(tokenizerFile file: ModelFile) throws(TokenizerError) {
        self.init(path: file.path)
        let root = file.root
        try TokenizerError.naming(path) {
            try readVocabulary(root)
            try readModel(root.required("model"))
            for token in try WordPieceParts.addedTokens(file) { try add(token, replacing: true) }
            try readEnds(root)
            normalizer = try root.optional("normalizer").map { try TextNormalizer($0) }
            splitter = try root.optional("pre_tokenizer").map { try WordSplitter($0) }
            if let node = try root.optional("post_processor") { try readPostProcessor(node) }
            if let node = try root.optional("decoder") {
                try node.expectType(["WordPiece"])
                try node.allowKeys(["type", "prefix", "cleanup"])
                decoder = .wordPiece(
                    prefix: try node.present("prefix")?.string() ?? "##",
                    cleansUp: try node.present("cleanup")?.bool() ?? true)
            }
        }
    }

    /// Reads the parts of a `tokenizer.json` that transformers' `BertTokenizer` uses: the vocabulary, and the sides of
    /// truncation and padding.
    init(vocabularyOf file: ModelFile) throws(TokenizerError) {
        self.init(path: file.path)
        try TokenizerError.naming(path) {
            try readVocabulary(file.root)
            try readEnds(file.root)
        }
    }

    /// Added tokens of a `tokenizer.json`.
    static func addedTokens(_ file: ModelFile) throws(TokenizerError) -> [TokenizerSettings.DeclaredToken] {
        try TokenizerError.naming(file.path) {
            try (file.root.optional("added_tokens")?.elements() ?? []).map { node in
                try node.allowKeys(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
                return TokenizerSettings.DeclaredToken(
                    content: try node.required("content").string(), flags: try AddedVocabulary.Flags(node),
                    id: try node.required("id").integer(), path: file.path)
            }
        }
    }

    /// Adds a token.
    ///
    /// - Parameters:
    ///   - replacing: Whether an existing token gets these flags.
    ///   - special: The UTF-8 of tokens that are special regardless of their flags.
    mutating func add(
        _ token: TokenizerSettings.DeclaredToken, replacing: Bool, special: Set<[UInt8]> = []
    ) throws(TokenizerError) {
        var flags = token.flags
        if special.contains(Array(token.content.utf8)) { flags.isSpecial = true }
        try added.add(
            token.content, flags, declaredID: token.id, replacing: replacing, vocabulary: vocabulary, path: token.path)
    }

    private mutating func readVocabulary(_ root: JSONNode) throws {
        try root.allowKeys([
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model"
        ])
        if let version = try root.present("version"), try version.string() != "1.0" {
            throw version.unexpected("\"1.0\"")
        }
        let model = try root.required("model")
        if let type = try model.present("type"), try type.string() != "WordPiece" {
            throw type.unexpected("\"WordPiece\", the only supported tokenizer model")
        }
        for (token, node) in try model.required("vocab").members() {
            try vocabulary.insert(token, try node.integer(), path: path)
        }
    }

    private mutating func readModel(_ model: JSONNode) throws {
        try model.allowKeys(["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
        unknownToken = try model.present("unk_token")?.string() ?? "[UNK]"
        continuation = try model.present("continuing_subword_prefix")?.string() ?? "##"
        maximumWordLength = try model.present("max_input_chars_per_word")?.integer(atLeast: 0) ?? 100
    }

    /// Reads truncation and padding: the sides, the padding token, and the maximum length for callers without their
    /// own.
    private mutating func readEnds(_ root: JSONNode) throws {
        sides = try SequenceSides.Settings(tokenizer: root)
        fileMaximumLength = try root.optional("truncation")?.required("max_length").integer(atLeast: 0)
        guard let padding = try root.optional("padding") else { return }
        padToken = try padding.optional("pad_token")?.string()
        padID = try padding.required("pad_id").integer(atLeast: 0)
    }

    // MARK: Templates

    private mutating func readPostProcessor(_ node: JSONNode) throws {
        try node.expectType(["TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"])
        func special(_ name: String, _ type: Int) throws -> WordPieceTokenizer.TemplatePart {
            let node = try node.required(name)
            let parts = try node.elements()
            guard parts.count == 2 else { throw node.unexpected("a token and its id") }
            return .special(ids: [try knownID(parts[1])], typeID: type)
        }
        switch try node.required("type").string() {
        case "BertProcessing":
            try node.allowKeys(["type", "sep", "cls"])
            single = [try special("cls", 0), .text(isPair: false, typeID: 0), try special("sep", 0)]
            pair = single + [.text(isPair: true, typeID: 1), try special("sep", 1)]
        case "RobertaProcessing":
            try node.allowKeys(["type", "sep", "cls", "trim_offsets", "add_prefix_space"])
            let end = try special("sep", 0)
            single = [try special("cls", 0), .text(isPair: false, typeID: 0), end]
            pair = single + [end, .text(isPair: true, typeID: 0), end]
        case "ByteLevel":
            // It changes only offsets.
            try node.allowKeys(["type", "add_prefix_space", "trim_offsets", "use_regex"])
        case "Sequence":
            try node.allowKeys(["type", "processors"])
            let list = try node.required("processors")
            let parts = try list.elements().filter { try $0.required("type").string() != "ByteLevel" }
            guard parts.count <= 1 else { throw list.unexpected("at most one processor that adds tokens") }
            for part in parts { try readPostProcessor(part) }
        default:
            try node.allowKeys(["type", "single", "pair", "special_tokens"])
            let specials = try node.required("special_tokens")
            single = try template(node.required("single"), specials, [false])
            pair = try template(node.required("pair"), specials, [false, true])
        }
    }

    /// An id that belongs to a token.
    private func knownID(_ node: JSONNode) throws -> Int {
        let id = try node.tokenID()
        guard vocabulary.texts[id] != nil || added.contains(id) else {
            throw node.unexpected("the id of a token")
        }
        return id
    }

    /// Parses a template.
    ///
    /// - Parameter texts: For each expected text, whether it is the second of a pair.
    private func template(
        _ node: JSONNode, _ specials: JSONNode, _ texts: [Bool]
    ) throws -> [WordPieceTokenizer.TemplatePart] {
        let parts = try node.elements().map { part -> WordPieceTokenizer.TemplatePart in
            try part.allowKeys(["Sequence", "SpecialToken"])
            if let text = try part.optional("Sequence") {
                let id = try text.required("id")
                guard ["A", "B"].contains(try id.string()) else { throw id.unexpected("\"A\" or \"B\"") }
                return .text(
                    isPair: try id.string() == "B", typeID: try text.required("type_id").integer(atLeast: 0))
            }
            let special = try part.required("SpecialToken")
            let ids = try specials.required(try special.required("id").string()).required("ids").elements()
            return .special(
                ids: try ids.map(knownID), typeID: try special.required("type_id").integer(atLeast: 0))
        }
        let found = parts.compactMap { part in if case .text(let isPair, _) = part { isPair } else { nil } }
        guard found.count == texts.count, Set(found) == Set(texts) else {
            throw node.unexpected("each text once: \(texts.count == 1 ? "A" : "A and B")")
        }
        return parts
    }
}

extension AddedVocabulary.Flags {
    /// The flags of an added token's object; missing ones are false.
    init(_ node: JSONNode) throws(JSONError) {
        func flag(_ name: String) throws(JSONError) -> Bool { try node.present(name)?.bool() ?? false }
        self.init(
            isSpecial: try flag("special"), isNormalized: try flag("normalized"),
            isSingleWord: try flag("single_word"), stripsLeft: try flag("lstrip"), stripsRight: try flag("rstrip"))
    }
}

extension TokenizerError {
    /// Converts errors of files and JSON to a `TokenizerError` that names the file.
    static func naming<Result>(_ path: String, _ body: () throws -> Result) throws(TokenizerError) -> Result {
        do {
            return try body()
        } catch let error as TokenizerError {
            throw error
        } catch let error as FileError {
            throw TokenizerError(path: path, reason: error.reason)
        } catch let error as ModelError {
            throw TokenizerError(path: error.path, reason: error.reason)
        } catch {
            throw TokenizerError(path: path, reason: "\(error)")
        }
    }
}

extension JSONNode {
    /// The node of a key; nil if the key is missing. Unlike in `optional`, null is a value.
    func present(_ key: String) throws(JSONError) -> JSONNode? {
        for (name, node) in try members() where name == key { return node }
        return nil
    }

    /// - Throws: ``JSONError`` for a `type` that is not among `known`.
    func expectType(_ known: [String]) throws(JSONError) {
        let type = try required("type")
        guard known.contains(try type.string()) else {
            throw type.unexpected(known.map { "\"\($0)\"" }.joined(separator: " or "))
        }
    }

    func tokenID() throws(JSONError) -> Int {
        let id = try integer(atLeast: 0)
        guard id <= TokenVocabulary.largestID else {
            throw unexpected("an id up to \(TokenVocabulary.largestID)")
        }
        return id
    }
}
