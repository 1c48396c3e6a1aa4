/// A JSON value (RFC 8259). Objects keep the order of their members; a repeated key in one object is an error when
/// parsed.
///
/// Strings are compared by their UTF-8 bytes wherever it matters: Swift's `String` equality is canonical equivalence,
/// which would merge distinct tokens of a vocabulary.
public enum JSONValue: Sendable, Hashable {
    /// A member of an object.
    public struct Member: Sendable, Hashable {
        /// The key, unescaped.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// A member of this key and value.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits an `Int`.
    case integer(Int)
    /// Any other number.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members in their order.
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

    /// The member of this key; nil if there is none or this is no object. O(members).
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}

/// An invalid JSON text, or JSON of unexpected content.
@nonexhaustive
public enum JSONError: Error, Sendable, Hashable {
    /// Text that is not JSON; line and column count from 1, columns in bytes.
    case syntax(line: Int, column: Int, reason: String)
    /// A repeated key in one object; line and column count from 1, columns in bytes.
    case duplicateKey(String, line: Int, column: Int)
    /// A value of an unexpected kind; `path` such as `model.vocab`.
    case type(path: String, expected: String, found: String)
    /// A missing or null member.
    case missing(path: String)
    /// An infinity or NaN, which JSON can't represent.
    case notFinite(Double)
}

extension JSONError: CustomStringConvertible {
    /// Human-readable message; a long one is shortened to its beginning and end.
    public var description: String { ErrorText.shortened(text) }

    private var text: String {
        switch self {
        case .syntax(let line, let column, let reason): "line \(line), column \(column): \(reason)"
        case .duplicateKey(let key, let line, let column):
            "line \(line), column \(column): duplicate key \"\(key)\" in one object"
        case .type(let path, let expected, let found): "\(path): expected \(expected), found \(found)"
        case .missing(let path): "\(path) is missing"
        case .notFinite(let number): "\(number) can't be written as a JSON number"
        }
    }
}

/// A value with the path that leads to it, so that errors name their place.
public struct JSONNode: Sendable {
    /// The value itself.
    public let value: JSONValue
    /// A path such as `model.vocab` or `nodes[3].op`; empty at the root.
    public let path: String

    /// A value at this path.
    public init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    private func complaint(_ expected: String) -> JSONError {
        .type(path: path.isEmpty ? "the file" : path, expected: expected, found: value.kind)
    }

    private func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    // MARK: Members

    /// The member of this key; nil if missing or null. O(members).
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no object.
    public func optional(_ key: String) throws(JSONError) -> JSONNode? {
        guard case .object = value else { throw complaint("an object") }
        guard let member = value[key], member != .null else { return nil }
        return JSONNode(member, path: child(key))
    }

    /// The member of this key. O(members).
    ///
    /// - Throws: ``JSONError`` if it is missing or null, or if this is no object.
    public func required(_ key: String) throws(JSONError) -> JSONNode {
        guard let node = try optional(key) else { throw .missing(path: child(key)) }
        return node
    }

    /// The members of this object, in their order.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no object.
    public func members() throws(JSONError) -> [(key: String, node: JSONNode)] {
        guard case .object(let members) = value else { throw complaint("an object") }
        return members.map { ($0.key, JSONNode($0.value, path: child($0.key))) }
    }

    /// The elements of this array.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no array.
    public func elements() throws(JSONError) -> [JSONNode] {
        guard case .array(let values) = value else { throw complaint("an array") }
        return values.enumerated().map { JSONNode($1, path: "\(path)[\($0)]") }
    }

    // MARK: Leaves

    /// The string.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no string.
    public func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw complaint("a string") }
        return text
    }

    /// The boolean.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no boolean.
    public func bool() throws(JSONError) -> Bool {
        guard case .bool(let flag) = value else { throw complaint("a boolean") }
        return flag
    }

    /// The integer.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no number, or one with a fraction or exponent.
    public func integer() throws(JSONError) -> Int {
        guard case .integer(let number) = value else { throw complaint("an integer") }
        return number
    }

    /// The number; integers are converted.
    ///
    /// - Throws: ``JSONError/type(path:expected:found:)`` if this is no number.
    public func number() throws(JSONError) -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw complaint("a number")
        }
    }
}
