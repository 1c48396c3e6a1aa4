/// The value of an operation's attribute.
public enum AttributeValue: Sendable, Hashable {
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case dtype(DType)
    /// Plain integers, such as axes.
    case integers([Int])
    /// Sizes, which may be symbolic, such as a new shape.
    case sizes([Size])
}

/// What an attribute's value must be.
public enum AttributeKind: String, Sendable, Hashable {
    case bool, integer, number, string, dtype, integers, sizes
}

extension AttributeValue {
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

/// An operation's attributes by name. In a verified graph all defaults are filled in, so that
/// the accessors for required attributes can't miss.
public struct Attributes: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public private(set) var values: [String: AttributeValue]

    public init(_ values: [String: AttributeValue] = [:]) { self.values = values }

    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        values = Dictionary(elements, uniquingKeysWith: { _, last in last })
    }

    public subscript(name: String) -> AttributeValue? {
        get { values[name] }
        set { values[name] = newValue }
    }

    public func bool(_ name: String) -> Bool {
        guard case .bool(let value) = values[name] else { missing(name, .bool) }
        return value
    }

    public func integer(_ name: String) -> Int {
        guard case .integer(let value) = values[name] else { missing(name, .integer) }
        return value
    }

    public func number(_ name: String) -> Double {
        guard case .number(let value) = values[name] else { missing(name, .number) }
        return value
    }

    public func string(_ name: String) -> String {
        guard case .string(let value) = values[name] else { missing(name, .string) }
        return value
    }

    public func dtype(_ name: String) -> DType {
        guard case .dtype(let value) = values[name] else { missing(name, .dtype) }
        return value
    }

    public func integers(_ name: String) -> [Int] {
        guard case .integers(let value) = values[name] else { missing(name, .integers) }
        return value
    }

    public func sizes(_ name: String) -> [Size] {
        guard case .sizes(let value) = values[name] else { missing(name, .sizes) }
        return value
    }

    /// Sizes as numbers; in a planned graph no symbol is left.
    public func concreteSizes(_ name: String) -> [Int] {
        sizes(name).map { size in
            guard let value = size.constant else {
                preconditionFailure("attribute \(name) still holds the symbolic size \(size)")
            }
            return value
        }
    }

    public func optionalInteger(_ name: String) -> Int? { values[name].map { _ in integer(name) } }
    public func optionalNumber(_ name: String) -> Double? { values[name].map { _ in number(name) } }
    public func optionalIntegers(_ name: String) -> [Int]? { values[name].map { _ in integers(name) } }

    /// The same attributes with every symbol replaced by its value.
    func bound(to symbols: [String: Int]) throws(SizeError) -> Attributes {
        var bound = self
        for (name, value) in values {
            guard case .sizes(let sizes) = value else { continue }
            var numbers: [Size] = []
            for size in sizes {
                let number = try size.bound(to: symbols)
                // Only a -1 that was written as such stands for the size that is left.
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
