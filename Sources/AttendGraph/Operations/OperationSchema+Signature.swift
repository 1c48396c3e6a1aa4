extension OperationSchema {
    /// The interface in text, as in `Documentation/operations.md`: a line with inputs and outputs, and one per
    /// attribute. A question mark follows optional names, and an ellipsis a list.
    ///
    ///     matmul.v1(lhs, rhs) → output
    ///         transpose_lhs: bool = false
    ///         transpose_rhs: bool = false
    package var signature: String {
        let names = inputs.map { $0.name + (isVariadic ? "…" : $0.isOptional ? "?" : "") }
        let start = names.enumerated().map { index, name in
            (index == 0 ? "\(versionedName)(" : "") + name + (index == names.count - 1 ? ")" : ",")
        }
        let words = (names.isEmpty ? ["\(versionedName)()"] : start) + ["→ " + outputs.joined(separator: ", ")]
        var lines = [""]
        for word in words {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = word
            } else if last.count + 1 + word.count <= OperationSchema.signatureWidth {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                // Indented deeper than the attributes.
                lines.append("        \(word)")
            }
        }
        return (lines + attributes.map { "    \($0.signature)" }).joined(separator: "\n")
    }

    /// Columns that fit a page of code without scrolling.
    private static let signatureWidth = 96
}

extension OperationSchema.Attribute {
    /// `axis: integer = -1`; `scale?: number` if absence has a meaning of its own; other choices in brackets.
    package var signature: String {
        guard let defaultValue else { return "\(name)\(isOptional ? "?" : ""): \(kind.rawValue)" }
        let others = choices.filter { .string($0) != defaultValue }
        let hint = others.isEmpty ? "" : " (or \(others.joined(separator: ", ")))"
        return "\(name): \(kind.rawValue) = \(defaultValue.text)\(hint)"
    }
}

extension AttributeValue {
    /// The value as in a graph file, strings without quotes.
    fileprivate var text: String {
        switch self {
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .string(let word): word
        case .dtype(let dtype): dtype.rawValue
        case .integers(let numbers): "\(numbers)"
        case .sizes(let sizes): "\(sizes)"
        }
    }
}
