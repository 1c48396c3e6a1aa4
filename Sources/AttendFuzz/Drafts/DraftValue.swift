import AttendRuntime

/// A JSON value in memory; unlike ``AttendGraph/JSONValue`` it can also be invalid.
indirect enum DraftValue: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        var key: String
        var value: DraftValue

        init(_ key: String, _ value: DraftValue) { (self.key, self.value) = (key, value) }
    }

    /// Text that is written verbatim: a number, `true`, `null`, or anything else.
    case raw(String)
    case string(String)
    case array([DraftValue])
    /// The members in order, possibly with duplicate keys.
    case object([Member])

    static let null = DraftValue.raw("null")
    static func bool(_ flag: Bool) -> DraftValue { .raw(flag ? "true" : "false") }
    static func number(_ number: Int) -> DraftValue { .raw("\(number)") }

    init(_ value: JSONValue) {
        self =
            switch value {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .integer(let number): .number(number)
            case .number(let number): .raw("\(number)")
            case .string(let text): .string(text)
            case .array(let values): .array(values.map(DraftValue.init))
            case .object(let members): .object(members.map { Member($0.key, DraftValue($0.value)) })
            }
    }

    /// Parses valid JSON.
    init(parsing text: String) throws { self.init(try JSONValue(parsing: text)) }

    var integer: Int? { if case .raw(let text) = self { Int(text) } else { nil } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var isBool: Bool { self == .raw("true") || self == .raw("false") }

    /// A short text for reports and for searching in messages; nil for long values.
    var brief: String? {
        switch self {
        case .raw(let text), .string(let text): text.utf8.count <= 60 && !text.isEmpty ? text : nil
        case .array, .object: nil
        }
    }

    // MARK: Parts

    /// This value and all values inside it. O(parts).
    var partCount: Int {
        switch self {
        case .raw, .string: 1
        case .array(let values): values.reduce(1) { $0 + $1.partCount }
        case .object(let members): members.reduce(1) { $0 + $1.value.partCount }
        }
    }

    var count: Int {
        switch self {
        case .raw, .string: 0
        case .array(let values): values.count
        case .object(let members): members.count
        }
    }

    subscript(index: Int) -> DraftValue {
        get {
            switch self {
            case .array(let values): values[index]
            case .object(let members): members[index].value
            case .raw, .string: self
            }
        }
        set {
            switch self {
            case .array(var values):
                values[index] = newValue
                self = .array(values)
            case .object(var members):
                members[index].value = newValue
                self = .object(members)
            case .raw, .string: self = newValue
            }
        }
    }

    subscript(key: String) -> DraftValue? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let index = members.firstIndex { $0.key == key }
            if let index { members.remove(at: index) }
            if let newValue { members.insert(Member(key, newValue), at: index ?? members.count) }
            self = .object(members)
        }
    }

    subscript(path: ArraySlice<Int>) -> DraftValue {
        get { path.first.map { self[$0][path.dropFirst()] } ?? self }
        set {
            guard let first = path.first else {
                self = newValue
                return
            }
            var child = self[first]
            child[path.dropFirst()] = newValue
            self[first] = child
        }
    }

    // MARK: Writing

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .raw(let text): bytes += text.utf8
        case .string(let text): DraftValue.write(text, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                DraftValue.write(member.key, to: &bytes)
                bytes += ": ".utf8
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes += "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
