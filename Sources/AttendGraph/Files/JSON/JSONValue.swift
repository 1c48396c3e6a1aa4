/// A JSON value (RFC 8259). Objects keep the order of their members; a key that stands twice in
/// one object is an error where it is read.
///
/// Strings are compared by their UTF-8 bytes wherever it matters: Swift's `String` equality is
/// canonical equivalence, which would merge distinct tokens of a vocabulary.
public enum JSONValue: Sendable, Hashable {
    public struct Member: Sendable, Hashable {
        public var key: String
        public var value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    case null
    case bool(Bool)
    /// A number that was written without fraction or exponent and fits.
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The member of this key; nil if this is no object or has none. O(members).
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}

/// What is wrong with a JSON text, and where.
@nonexhaustive
public enum JSONError: Error, Sendable, Hashable {
    case syntax(line: Int, column: Int, reason: String)
    case duplicateKey(String, line: Int, column: Int)
    /// A value that is not what it has to be; `path` such as `model.vocab`.
    case type(path: String, expected: String, found: String)
    case missing(path: String)
    case notFinite(Double)
}

extension JSONError: CustomStringConvertible {
    /// Of what a file says without end, its beginning and its end.
    public var description: String { ErrorText.shortened(text) }

    private var text: String {
        switch self {
        case .syntax(let line, let column, let reason): "line \(line), column \(column): \(reason)"
        case .duplicateKey(let key, let line, let column):
            "line \(line), column \(column): the key \"\(key)\" stands twice in one object"
        case .type(let path, let expected, let found): "\(path): expected \(expected), found \(found)"
        case .missing(let path): "\(path) is missing"
        case .notFinite(let number): "\(number) can't be written as a JSON number"
        }
    }
}

/// A value together with the path that led to it, so that complaints name their place.
public struct JSONNode: Sendable {
    public let value: JSONValue
    /// Such as `model.vocab` or `nodes[3].op`; empty at the root.
    public let path: String

    public init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    private func complaint(_ expected: String) -> JSONError {
        .type(path: path.isEmpty ? "the file" : path, expected: expected, found: value.kind)
    }

    private func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    // MARK: Members

    /// The member of this key; nil where it is missing or null.
    public func optional(_ key: String) throws(JSONError) -> JSONNode? {
        guard case .object = value else { throw complaint("an object") }
        guard let member = value[key], member != .null else { return nil }
        return JSONNode(member, path: child(key))
    }

    public func required(_ key: String) throws(JSONError) -> JSONNode {
        guard let node = try optional(key) else { throw .missing(path: child(key)) }
        return node
    }

    public func members() throws(JSONError) -> [(key: String, node: JSONNode)] {
        guard case .object(let members) = value else { throw complaint("an object") }
        return members.map { ($0.key, JSONNode($0.value, path: child($0.key))) }
    }

    public func elements() throws(JSONError) -> [JSONNode] {
        guard case .array(let values) = value else { throw complaint("an array") }
        return values.enumerated().map { JSONNode($1, path: "\(path)[\($0)]") }
    }

    // MARK: Leaves

    public func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw complaint("a string") }
        return text
    }

    public func bool() throws(JSONError) -> Bool {
        guard case .bool(let flag) = value else { throw complaint("a boolean") }
        return flag
    }

    public func integer() throws(JSONError) -> Int {
        guard case .integer(let number) = value else { throw complaint("an integer") }
        return number
    }

    public func number() throws(JSONError) -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw complaint("a number")
        }
    }
}
