extension JSONValue {
    /// The value as JSON text, with members in their order and numbers in the shortest form that parses to the same
    /// number. O(size).
    ///
    /// - Parameter pretty: Whether to break lines and indent; arrays of scalars, and small objects below the second
    ///   level, stay on one line.
    /// - Throws: ``JSONError/notFinite(_:)``: JSON has no infinity and no NaN.
    public func serialized(pretty: Bool = false) throws(JSONError) -> String {
        var writer = JSONWriter(pretty: pretty)
        try writer.write(self, indent: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let pretty: Bool
    var text = ""

    mutating func write(_ value: JSONValue, indent: Int) throws(JSONError) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += "\(number)"
        case .number(let number):
            guard number.isFinite else { throw .notFinite(number) }
            text += "\(number)"
        case .string(let string): write(string)
        case .array(let values):
            // An array of scalars stays on one line.
            let inline = values.allSatisfy(\.isLeaf)
            try write(values.indices, brackets: ("[", "]"), indent, inline: inline) { writer, index throws(JSONError) in
                try writer.write(values[index], indent: indent + 1)
            }
        case .object(let members):
            let inline = indent > 1 && members.allSatisfy { $0.value.isShort }
            try write(members.indices, brackets: ("{", "}"), indent, inline: inline) {
                writer, index throws(JSONError) in
                writer.write(members[index].key)
                writer.text += writer.pretty ? ": " : ":"
                try writer.write(members[index].value, indent: indent + 1)
            }
        }
    }

    private mutating func write(
        _ indices: Range<Int>, brackets: (String, String), _ indent: Int, inline: Bool,
        _ body: (inout JSONWriter, Int) throws(JSONError) -> Void
    ) throws(JSONError) {
        text += brackets.0
        for index in indices {
            if index > 0 { text += pretty && inline ? ", " : "," }
            if pretty, !inline { text += "\n" + String(repeating: "  ", count: indent + 1) }
            try body(&self, index)
        }
        if pretty, !inline, !indices.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += brackets.1
    }

    private mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue {
    fileprivate var isLeaf: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    /// Short enough to share a line with its neighbors.
    fileprivate var isShort: Bool {
        switch self {
        case .array(let values): values.count <= 8 && values.allSatisfy(\.isLeaf)
        case .object(let members): members.count <= 8 && members.allSatisfy(\.value.isLeaf)
        default: true
        }
    }
}
