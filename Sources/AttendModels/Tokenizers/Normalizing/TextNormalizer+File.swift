import AttendRuntime

extension TextNormalizer {
    /// The normalizer of a `tokenizer.json`.
    ///
    /// - Throws: ``JSONError`` that names the unsupported setting.
    init(_ node: JSONNode) throws(JSONError) {
        func allow(_ keys: String...) throws(JSONError) { try node.allowKeys(Set(keys + ["type"])) }
        func flag(_ key: String) throws(JSONError) -> Bool { try node.present(key)?.bool() ?? true }
        try node.expectType([
            "BertNormalizer", "Sequence", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Strip", "Replace",
            "Prepend", "Precompiled"
        ])
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
            let content = Array(try node.required("content").string().unicodeScalars)
            switch try TokenizerPattern(node.required("pattern")) {
            case .text(let text): self = .replacement(text, content)
            case .blankRuns: self = .blankRuns(content)
            case .words: throw try node.required("pattern").unexpected("a text, or the regular expression \" {2,}\"")
            }
        case "Prepend":
            try allow("prepend")
            self = .prefix(Array(try node.required("prepend").string().unicodeScalars))
        case "Precompiled":
            try allow("precompiled_charsmap")
            let map = try node.required("precompiled_charsmap")
            guard let table = CharacterTable(base64: try map.string()) else {
                throw map.unexpected("a table of SentencePiece in base64")
            }
            self = .table(table)
        case "NFC":
            try allow()
            self = .composition
        case "NFKC":
            try allow()
            self = .compatibilityComposition
        case "NFKD":
            try allow()
            self = .compatibilityDecomposition
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
