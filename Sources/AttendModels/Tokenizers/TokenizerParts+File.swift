import AttendRuntime

extension TokenizerParts {
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
            try checkRoot(root)
            try readModel(root.required("model"))
            for token in try TokenizerParts.addedTokens(file) { try add(token, replacing: true) }
            try readEnds(root)
            normalizer = try root.optional("normalizer").map { try TextNormalizer($0) }
            splitter = try root.optional("pre_tokenizer").map { try WordSplitter($0) }
            try checkLengthening()
            if let node = try root.optional("post_processor") { try readPostProcessor(node) }
            if let node = try root.optional("decoder") { decoder = try TokenDecoder(node) }
        }
    }

    /// Reads the parts of a `tokenizer.json` that transformers' `BertTokenizer` uses: the vocabulary, and the sides of
    /// truncation and padding.
    init(vocabularyOf file: ModelFile) throws(TokenizerError) {
        self.init(path: file.path)
        try TokenizerError.naming(path) {
            try checkRoot(file.root)
            try readWordPieceVocabulary(file.root.required("model"))
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

    /// A sequence of parts that each lengthen a text would take any time and memory.
    private func checkLengthening() throws(TokenizerError) {
        let lengthening = (normalizer?.lengthening ?? 1) * (splitter?.lengthening ?? 1)
        guard lengthening <= TokenizerParts.mostLengthening else {
            throw error("normalizer and pre_tokenizer: their parts could make a text \(lengthening) times as long")
        }
    }

    /// More than any published tokenizer has.
    private static let mostLengthening = 1e5

    private func checkRoot(_ root: JSONNode) throws {
        try root.allowKeys([
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model"
        ])
        if let version = try root.present("version"), try version.string() != "1.0" {
            throw version.unexpected("\"1.0\"")
        }
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
