extension JSONValue {
    /// Parses one JSON text in UTF-8. O(bytes).
    ///
    /// - Throws: ``JSONError`` with line and column: for a syntax error, invalid UTF-8, a repeated key, a number out of
    ///   range, or nesting deeper than 512.
    public init(parsing text: [UInt8]) throws(JSONError) {
        var reader = JSONReader(text)
        do {
            self = try reader.document()
        } catch {
            guard let found = ForeignContent.description(of: text) else { throw error }
            throw .syntax(line: 1, column: 1, reason: "it is \(found)")
        }
    }

    /// Parses one JSON text. O(bytes).
    ///
    /// - Throws: ``JSONError`` with line and column.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive-descent parser over bytes.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private static let depthLimit = 512

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let result = try value()
        skipBlanks()
        guard position == bytes.count else { throw failure("expected the end, found \(shown(bytes[position]))") }
        return result
    }

    // MARK: Values

    private mutating func value() throws(JSONError) -> JSONValue {
        skipBlanks()
        guard let first = peek() else { throw failure("expected a value, found the end") }
        switch first {
        case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("expected a value, found \(shown(first))")
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        depth += 1
        guard depth <= JSONReader.depthLimit else {
            throw failure("nested more than \(JSONReader.depthLimit) levels deep")
        }
        position += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var keys: Set<[UInt8]> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipBlanks()
            let start = position
            guard peek() == UInt8(ascii: "\"") else { throw failure("expected a key, found \(found)") }
            let key = try string()
            guard keys.insert(Array(key.utf8)).inserted else {
                let place = place(of: start)
                throw .duplicateKey(key, line: place.line, column: place.column)
            }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw failure("expected \":\", found \(found)") }
            members.append(JSONValue.Member(key, try value()))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected \",\" or \"}\", found \(found)") }
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var values: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value())
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected \",\" or \"]\", found \(found)") }
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw failure("expected a value, found \(found)") }
        position += text.utf8.count
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let next = peek(), isDigit(next) { throw failure("a number must not have a leading zero") }
        } else {
            try digits()
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let exact = Int(text) { return .integer(exact) }
        guard let number = Double(text), number.isFinite else {
            position = start
            throw failure("number \(text) is beyond the range of float64")
        }
        return .number(number)
    }

    private mutating func digits() throws(JSONError) {
        guard let first = peek(), isDigit(first) else { throw failure("expected a digit, found \(found)") }
        while let next = peek(), isDigit(next) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        // Most strings have no escape and are copied as a whole.
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek() == UInt8(ascii: "\"") {
            position += 1
            return try text(bytes[start..<(position - 1)], from: start)
        }
        var content = Array(bytes[start..<position])
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(content[...], from: start)
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20:
                position -= 1
                throw failure("a control character in a string must be escaped")
            default: content.append(byte)
            }
        }
        throw failure("unterminated string, begun at byte \(start - 1)")
    }

    private func text(_ content: ArraySlice<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            let place = place(of: start)
            throw .syntax(line: place.line, column: place.column, reason: "the string is not valid UTF-8")
        }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = peek() else { throw failure("unterminated escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += Array(String(try escapedScalar()).utf8)
        default:
            position -= 1
            throw failure("invalid escape \\\(shown(byte))")
        }
    }

    /// `\uXXXX`, or a surrogate pair of two.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let high = try codeUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard UTF16.isLeadSurrogate(UInt16(high)), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("unpaired surrogate")
        }
        let low = try codeUnit()
        guard UTF16.isTrailSurrogate(UInt16(low)),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("unpaired surrogate") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("expected a hexadecimal digit, found \(found)")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    // MARK: Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private var found: String { peek().map(shown) ?? "the end" }

    private func shown(_ byte: UInt8) -> String {
        byte >= 0x20 && byte < 0x7F ? "\"\(Character(Unicode.Scalar(byte)))\"" : "the byte \(byte)"
    }

    private func place(of position: Int) -> (line: Int, column: Int) {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return (line, column)
    }

    private func failure(_ reason: String) -> JSONError {
        let place = place(of: position)
        return .syntax(line: place.line, column: place.column, reason: reason)
    }
}
