import AttendRuntime

extension WordSplitter {
    private static let types = [
        "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "Split", "ByteLevel", "Metaspace",
        "Sequence"
    ]

    /// The pre-tokenizer of a `tokenizer.json`.
    ///
    /// - Throws: ``JSONError`` that names the unsupported setting.
    init(_ node: JSONNode) throws(JSONError) {
        try node.expectType(WordSplitter.types)
        func allow(_ keys: String...) throws(JSONError) { try node.allowKeys(Set(keys + ["type"])) }
        func expectIsolated() throws(JSONError) {
            guard let behavior = try node.present("behavior"), try behavior.string() != "Isolated" else { return }
            throw behavior.unexpected("\"Isolated\"")
        }
        switch try node.required("type").string() {
        case "BertPreTokenizer":
            try allow()
            self = .bert
        case "Whitespace":
            try allow()
            self = .words
        case "WhitespaceSplit":
            try allow()
            self = .blanks
        case "Punctuation":
            try allow("behavior")
            try expectIsolated()
            self = .punctuation
        case "Digits":
            try allow("individual_digits")
            self = .digits(alone: try node.present("individual_digits")?.bool() ?? false)
        case "Split":
            try allow("pattern", "behavior", "invert")
            try expectIsolated()
            guard try !(node.optional("invert")?.bool() ?? false) else {
                throw try node.required("invert").unexpected("false")
            }
            let pattern = try node.required("pattern")
            guard case .words(let words) = try TokenizerPattern(pattern) else {
                throw pattern.unexpected("the regular expression of GPT-2, Llama 3 or Qwen")
            }
            self = .pattern(words)
        case "ByteLevel":
            try allow("add_prefix_space", "trim_offsets", "use_regex")
            self = .bytes(
                addsBlank: try node.present("add_prefix_space")?.bool() ?? true,
                try node.present("use_regex")?.bool() ?? true ? .gpt2 : nil)
        case "Metaspace":
            try allow("replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep")
            self = .metaspace(try Metaspace(node))
        default:
            try allow("pretokenizers")
            var parts: [WordSplitter] = []
            for part in try node.required("pretokenizers").elements() { parts.append(try WordSplitter(part)) }
            self = .sequence(parts)
        }
    }
}

extension Metaspace {
    /// The settings of a pre-tokenizer or decoder. Older files have `add_prefix_space` in place of `prepend_scheme`.
    init(_ node: JSONNode) throws(JSONError) {
        self.init()
        if let text = try node.optional("replacement") {
            let scalars = Array(try text.string().unicodeScalars)
            guard scalars.count == 1 else { throw text.unexpected("one scalar") }
            replacement = scalars[0]
        }
        let adds = try node.optional("add_prefix_space")
        if let scheme = try node.optional("prepend_scheme") {
            let known = Prepending.allCases.map(\.rawValue)
            let name = try scheme.string()
            guard let found = Prepending(rawValue: name) else {
                throw scheme.unexpected(known.map { "\"\($0)\"" }.joined(separator: " or "))
            }
            prepending = found
            if let adds, try !adds.bool(), found != .never {
                throw adds.unexpected("true beside the prepend_scheme \"\(name)\"")
            }
        } else if let adds {
            prepending = try adds.bool() ? .always : .never
        }
        splits = try node.optional("split")?.bool() ?? true
    }
}
