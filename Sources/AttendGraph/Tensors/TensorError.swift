/// What can be wrong with a tensor handed in by a caller.
@nonexhaustive
public enum TensorError: Error, Sendable, Hashable {
    /// The number of elements is not the product of the shape.
    case elementCount(shape: [Int], expected: Int, found: Int)
    /// A shape with a negative size, or whose product does not fit an `Int`.
    case badShape([Int])
    /// The tensor holds another element type than the caller asked for.
    case dtype(expected: String, found: DType)
}

extension TensorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .elementCount(let shape, let expected, let found):
            "a tensor of shape \(shape) holds \(expected) elements, but \(found) were given"
        case .badShape(let shape):
            "\(shape) is no shape: a size is negative or the product overflows"
        case .dtype(let expected, let found):
            "expected a tensor of \(expected), found \(found)"
        }
    }
}
