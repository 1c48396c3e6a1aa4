import AttendCore

/// The content of a `tokenizer.json` whose model is WordPiece.
public struct WordPieceFile: Sendable {
    let path: String
    var vocabulary: [[UInt8]: Int] = [:]
    var texts: [Int: String] = [:]
    var specialIDs: Set<Int> = []
    var added: [AddedTokens.Token] = []
    var unknownID = 0
    var continuation = "##"
    var maximumWordLength = 100
    var normalizer = BERTNormalizer(cleansText: true, spacesChinese: true, stripsAccents: true, lowercases: true)
    var single: [WordPieceTokenizer.TemplatePart] = [.text(isPair: false, typeID: 0)]
    var pair: [WordPieceTokenizer.TemplatePart] = [.text(isPair: false, typeID: 0), .text(isPair: true, typeID: 1)]
    var cleansUp = true
    var padID = 0
    var maximumLength: Int?

    init(_ path: String) throws(TokenizerError) {
        self.path = path
        do {
            try read(JSONNode(JSONValue(parsing: InputFile.contents(of: path))))
        } catch let error as TokenizerError {
            throw error
        } catch let error as FileError {
            throw TokenizerError(path: path, reason: error.reason)
        } catch {
            throw TokenizerError(path: path, reason: "\(error)")
        }
    }

    private mutating func read(_ root: JSONNode) throws {
        try readModel(root.required("model"))
        try readAddedTokens(root)
        if let node = try root.optional("normalizer") { try readNormalizer(node) }
        if let node = try root.optional("pre_tokenizer") { try expect(node, ["BertPreTokenizer"], "pre-tokenizer") }
        if let node = try root.optional("post_processor") { try readPostProcessor(node) }
        if let node = try root.optional("decoder") {
            try expect(node, ["WordPiece"], "decoder")
            cleansUp = try node.optional("cleanup")?.bool() ?? true
        }
        maximumLength = try root.optional("truncation")?.required("max_length").integer()
        padID = try root.optional("padding")?.required("pad_id").integer() ?? vocabulary[Array("[PAD]".utf8)] ?? 0
    }

    private func expect(_ node: JSONNode, _ known: [String], _ what: String) throws {
        let type = try node.required("type").string()
        guard known.contains(type) else {
            throw TokenizerError(
                path: path,
                reason:
                    "the \(what) is \"\(type)\"; a WordPiece tokenizer is read with \(known.joined(separator: " or "))")
        }
    }

    // MARK: Parts

    private mutating func readModel(_ model: JSONNode) throws {
        if let type = try model.optional("type")?.string(), type != "WordPiece" {
            throw TokenizerError(path: path, reason: "the model is \"\(type)\"; only WordPiece is known so far")
        }
        for (token, node) in try model.required("vocab").members() {
            let id = try node.integer()
            guard id >= 0 else { throw TokenizerError(path: path, reason: "the token \"\(token)\" has the id \(id)") }
            if let other = texts.updateValue(token, forKey: id) {
                throw TokenizerError(path: path, reason: "the tokens \"\(other)\" and \"\(token)\" share the id \(id)")
            }
            vocabulary[Array(token.utf8)] = id
        }
        continuation = try model.optional("continuing_subword_prefix")?.string() ?? "##"
        maximumWordLength = try model.optional("max_input_chars_per_word")?.integer() ?? 100
        let unknown = try model.optional("unk_token")?.string() ?? "[UNK]"
        guard let id = vocabulary[Array(unknown.utf8)] else {
            throw TokenizerError(path: path, reason: "the unknown token \"\(unknown)\" is not in the vocabulary")
        }
        unknownID = id
    }

    private mutating func readAddedTokens(_ root: JSONNode) throws {
        for node in try root.optional("added_tokens")?.elements() ?? [] {
            func flag(_ name: String) throws -> Bool { try node.optional(name)?.bool() ?? false }
            let (content, id) = (try node.required("content").string(), try node.required("id").integer())
            let token = AddedTokens.Token(
                content: Array(content.unicodeScalars), id: id, isSpecial: try flag("special"),
                isNormalized: try flag("normalized"), isSingleWord: try flag("single_word"),
                stripsLeft: try flag("lstrip"), stripsRight: try flag("rstrip"))
            added.append(token)
            if token.isSpecial { specialIDs.insert(id) }
            texts[id] = content
            vocabulary[Array(content.utf8)] = id
        }
    }

    private mutating func readNormalizer(_ node: JSONNode) throws {
        try expect(node, ["BertNormalizer"], "normalizer")
        let lowercases = try node.optional("lowercase")?.bool() ?? true
        normalizer = BERTNormalizer(
            cleansText: try node.optional("clean_text")?.bool() ?? true,
            spacesChinese: try node.optional("handle_chinese_chars")?.bool() ?? true,
            stripsAccents: try node.optional("strip_accents")?.bool() ?? lowercases, lowercases: lowercases)
    }

    private mutating func readPostProcessor(_ node: JSONNode) throws {
        try expect(node, ["TemplateProcessing", "BertProcessing"], "post-processor")
        if try node.required("type").string() == "BertProcessing" {
            func special(_ name: String, _ type: Int) throws -> WordPieceTokenizer.TemplatePart {
                let parts = try node.required(name).elements()
                guard parts.count == 2 else {
                    throw TokenizerError(path: path, reason: "\(name): expected a token and its id")
                }
                return .special(ids: [try parts[1].integer()], typeID: type)
            }
            single = [try special("cls", 0), .text(isPair: false, typeID: 0), try special("sep", 0)]
            pair = single + [.text(isPair: true, typeID: 1), try special("sep", 1)]
            return
        }
        let specials = try node.required("special_tokens")
        single = try template(node.required("single"), specials)
        pair = try template(node.required("pair"), specials)
    }

    private func template(_ node: JSONNode, _ specials: JSONNode) throws -> [WordPieceTokenizer.TemplatePart] {
        try node.elements().map { part in
            if let text = try part.optional("Sequence") {
                return .text(
                    isPair: try text.required("id").string() == "B", typeID: try text.required("type_id").integer())
            }
            let special = try part.required("SpecialToken")
            let ids = try specials.required(try special.required("id").string()).required("ids").elements()
            return .special(ids: try ids.map { try $0.integer() }, typeID: try special.required("type_id").integer())
        }
    }
}
