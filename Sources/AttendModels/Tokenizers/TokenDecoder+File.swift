import AttendRuntime

extension TokenDecoder {
    private static let types = [
        "WordPiece", "ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip", "Sequence"
    ]

    /// The decoder of a `tokenizer.json`.
    ///
    /// - Throws: ``JSONError`` that names the unsupported setting.
    init(_ node: JSONNode) throws(JSONError) {
        try node.expectType(TokenDecoder.types)
        func allow(_ keys: String...) throws(JSONError) { try node.allowKeys(Set(keys + ["type"])) }
        switch try node.required("type").string() {
        case "WordPiece":
            try allow("prefix", "cleanup")
            self = .wordPiece(
                prefix: try node.present("prefix")?.string() ?? "##",
                cleansUp: try node.present("cleanup")?.bool() ?? true)
        case "ByteLevel":
            try allow("add_prefix_space", "trim_offsets", "use_regex")
            self = .bytes
        case "Metaspace":
            try allow("replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep")
            self = .metaspace(try Metaspace(node))
        case "Replace":
            try allow("pattern", "content")
            let pattern = try node.required("pattern")
            guard case .text(let text) = try TokenizerPattern(pattern) else { throw pattern.unexpected("a text") }
            self = .replacement(text, Array(try node.required("content").string().unicodeScalars))
        case "ByteFallback":
            try allow()
            self = .byteFallback
        case "Fuse":
            try allow()
            self = .fusion
        case "Strip":
            try allow("content", "start", "stop")
            let content = try node.required("content")
            let scalars = Array(try content.string().unicodeScalars)
            guard scalars.count == 1 else { throw content.unexpected("one scalar") }
            self = .stripping(
                scalars[0], start: try node.required("start").integer(atLeast: 0),
                end: try node.required("stop").integer(atLeast: 0))
        default:
            try allow("decoders")
            var parts: [TokenDecoder] = []
            for part in try node.required("decoders").elements() { parts.append(try TokenDecoder(part)) }
            self = .sequence(parts)
        }
    }
}
