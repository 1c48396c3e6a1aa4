extension OperationSchema {
    /// The interface in text, as `Documentation/operations.md` has it: a line with the inputs and outputs, and one for each
    /// attribute. A question mark stands after what may be left out, and an ellipsis after a list.
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
                // Further in than the attributes.
                lines.append("        \(word)")
            }
        }
        return (lines + attributes.map { "    \($0.signature)" }).joined(separator: "\n")
    }

    /// What fits a page of code without scrolling.
    private static let signatureWidth = 96
}

extension OperationSchema.Attribute {
    /// `axis: integer = -1`; `scale?: number` where absence means something of its own; the other choices in brackets.
    package var signature: String {
        guard let defaultValue else { return "\(name)\(isOptional ? "?" : ""): \(kind.rawValue)" }
        let others = choices.filter { .string($0) != defaultValue }
        let hint = others.isEmpty ? "" : " (or \(others.joined(separator: ", ")))"
        return "\(name): \(kind.rawValue) = \(defaultValue.text)\(hint)"
    }
}

extension AttributeValue {
    /// The value as a graph file has it, a string without its quotes.
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
