/// The value of an operation's attribute.
public enum AttributeValue: Sendable, Hashable {
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case dtype(DType)
    /// Integers, such as axes.
    case integers([Int])
    /// Possibly symbolic sizes, such as a new shape.
    case sizes([Size])
}

/// The kind of an attribute's value.
public enum AttributeKind: String, Sendable, Hashable {
    case bool, integer, number, string, dtype, integers, sizes
}

extension AttributeValue {
    /// The kind of this value.
    public var kind: AttributeKind {
        switch self {
        case .bool: .bool
        case .integer: .integer
        case .number: .number
        case .string: .string
        case .dtype: .dtype
        case .integers: .integers
        case .sizes: .sizes
        }
    }
}

/// An operation's attributes by name. In a verified graph all defaults are filled in, so that the accessors of required
/// attributes always succeed.
public struct Attributes: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The values by name.
    public private(set) var values: [String: AttributeValue]

    /// Attributes with these values.
    public init(_ values: [String: AttributeValue] = [:]) { self.values = values }

    /// Attributes with these values; the last of equal names wins.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        values = Dictionary(elements, uniquingKeysWith: { _, last in last })
    }

    /// The value of this name; nil if absent.
    public subscript(name: String) -> AttributeValue? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// A required bool; traps if absent or of another kind.
    public func bool(_ name: String) -> Bool {
        guard case .bool(let value) = values[name] else { missing(name, .bool) }
        return value
    }

    /// A required integer; traps if absent or of another kind.
    public func integer(_ name: String) -> Int {
        guard case .integer(let value) = values[name] else { missing(name, .integer) }
        return value
    }

    /// A required number; traps if absent or of another kind.
    public func number(_ name: String) -> Double {
        guard case .number(let value) = values[name] else { missing(name, .number) }
        return value
    }

    /// A required string; traps if absent or of another kind.
    public func string(_ name: String) -> String {
        guard case .string(let value) = values[name] else { missing(name, .string) }
        return value
    }

    /// A required dtype; traps if absent or of another kind.
    public func dtype(_ name: String) -> DType {
        guard case .dtype(let value) = values[name] else { missing(name, .dtype) }
        return value
    }

    /// Required integers; traps if absent or of another kind.
    public func integers(_ name: String) -> [Int] {
        guard case .integers(let value) = values[name] else { missing(name, .integers) }
        return value
    }

    /// Required sizes, possibly symbolic; traps if absent or of another kind.
    public func sizes(_ name: String) -> [Size] {
        guard case .sizes(let value) = values[name] else { missing(name, .sizes) }
        return value
    }

    /// Required sizes as numbers; traps if absent, of another kind or symbolic. In a planned graph no symbol is left.
    public func concreteSizes(_ name: String) -> [Int] {
        sizes(name).map { size in
            guard let value = size.constant else {
                preconditionFailure("attribute \(name) still holds the symbolic size \(size)")
            }
            return value
        }
    }

    /// An integer, or nil if absent; traps if of another kind.
    public func optionalInteger(_ name: String) -> Int? { values[name].map { _ in integer(name) } }
    /// A number, or nil if absent; traps if of another kind.
    public func optionalNumber(_ name: String) -> Double? { values[name].map { _ in number(name) } }
    /// Integers, or nil if absent; traps if of another kind.
    public func optionalIntegers(_ name: String) -> [Int]? { values[name].map { _ in integers(name) } }

    /// The same attributes with every symbol replaced by its value.
    func bound(to symbols: [String: Int]) throws(SizeError) -> Attributes {
        var bound = self
        for (name, value) in values {
            guard case .sizes(let sizes) = value else { continue }
            var numbers: [Size] = []
            for size in sizes {
                let number = try size.bound(to: symbols)
                // Only a literal -1 is the inferred size of a reshape.
                if name == "shape", number < 0, size.constant == nil { throw SizeError.negative("\(size)") }
                numbers.append(Size(number))
            }
            bound[name] = .sizes(numbers)
        }
        return bound
    }

    private func missing(_ name: String, _ kind: AttributeKind) -> Never {
        preconditionFailure("a verified operation has no \(kind) attribute \(name)")
    }
}
