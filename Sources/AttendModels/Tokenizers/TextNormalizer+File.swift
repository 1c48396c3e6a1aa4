import AttendRuntime

extension TextNormalizer {
    /// The normalizer of a `tokenizer.json`.
    ///
    /// - Throws: ``JSONError`` that names the unsupported setting.
    init(_ node: JSONNode) throws(JSONError) {
        func allow(_ keys: String...) throws(JSONError) { try node.allowKeys(Set(keys + ["type"])) }
        func flag(_ key: String) throws(JSONError) -> Bool { try node.present(key)?.bool() ?? true }
        try node.expectType(["BertNormalizer", "Sequence", "Lowercase", "NFD", "StripAccents", "Strip", "Replace"])
        switch try node.required("type").string() {
        case "BertNormalizer":
            try allow("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
            let lowercases = try flag("lowercase")
            self = .bert(
                BERTNormalizer(
                    cleansText: try flag("clean_text"), spacesChinese: try flag("handle_chinese_chars"),
                    stripsAccents: try node.optional("strip_accents")?.bool() ?? lowercases, lowercases: lowercases))
        case "Sequence":
            try allow("normalizers")
            var parts: [TextNormalizer] = []
            for part in try node.required("normalizers").elements() { parts.append(try TextNormalizer(part)) }
            self = .sequence(parts)
        case "Strip":
            try allow("strip_left", "strip_right")
            self = .trimming(start: try flag("strip_left"), end: try flag("strip_right"))
        case "Replace":
            try allow("pattern", "content")
            let pattern = try node.required("pattern")
            try pattern.allowKeys(["String"])
            let text = try pattern.required("String").string()
            guard !text.isEmpty else { throw pattern.unexpected("a non-empty string") }
            self = .replacement(
                Array(text.unicodeScalars), Array(try node.required("content").string().unicodeScalars))
        case "Lowercase":
            try allow()
            self = .lowercase
        case "NFD":
            try allow()
            self = .decomposition
        default:
            try allow()
            self = .accentRemoval
        }
    }
}

extension WordSplitter {
    /// The pre-tokenizer of a `tokenizer.json`.
    ///
    /// - Throws: ``JSONError`` that names the unsupported setting.
    init(_ node: JSONNode) throws(JSONError) {
        try node.expectType(["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Sequence"])
        let type = try node.required("type").string()
        try node.allowKeys(
            type == "Sequence" ? ["type", "pretokenizers"] : type == "Punctuation" ? ["type", "behavior"] : ["type"])
        switch type {
        case "BertPreTokenizer": self = .bert
        case "Whitespace": self = .words
        case "WhitespaceSplit": self = .blanks
        case "Punctuation":
            if let behavior = try node.present("behavior"), try behavior.string() != "Isolated" {
                throw behavior.unexpected("\"Isolated\"")
            }
            self = .punctuation
        default:
            var parts: [WordSplitter] = []
            for part in try node.required("pretokenizers").elements() { parts.append(try WordSplitter(part)) }
            self = .sequence(parts)
        }
    }
}
