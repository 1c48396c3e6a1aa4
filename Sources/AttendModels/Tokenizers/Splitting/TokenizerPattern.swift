import AttendRuntime

/// A pattern of a `tokenizer.json`: a text, or one of the known regular expressions.
enum TokenizerPattern {
    case text([Unicode.Scalar])
    /// Two or more blanks.
    case blankRuns
    case words(SplitPattern)

    /// - Throws: ``JSONError`` for an empty text, or an unknown regular expression.
    init(_ node: JSONNode) throws(JSONError) {
        try node.allowKeys(["String", "Regex"])
        if let text = try node.optional("String") {
            let scalars = Array(try text.string().unicodeScalars)
            guard !scalars.isEmpty else { throw text.unexpected("a non-empty string") }
            self = .text(scalars)
            return
        }
        let expression = try node.required("Regex")
        let text = try expression.string()
        if text == " {2,}" {
            self = .blankRuns
        } else if let pattern = SplitPattern.allCases.first(where: { $0.rawValue == text }) {
            self = .words(pattern)
        } else {
            throw expression.unexpected("the regular expression of GPT-2, Llama 3 or Qwen, or \" {2,}\"")
        }
    }
}
