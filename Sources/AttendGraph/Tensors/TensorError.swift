/// An invalid tensor passed by a caller.
@nonexhaustive
public enum TensorError: Error, Sendable, Hashable {
    /// A number of elements that differs from the product of the shape.
    case elementCount(shape: [Int], expected: Int, found: Int)
    /// A shape with a negative size, or whose product does not fit an `Int`.
    case badShape([Int])
    /// A tensor of another element type than requested.
    case dtype(expected: String, found: DType)
    /// A finite number beyond the range of the dtype that it is converted to; `indices` by axis.
    case overflow(dtype: DType, value: Float, indices: [Int])
}

extension TensorError: CustomStringConvertible {
    /// Human-readable message.
    public var description: String {
        switch self {
        case .elementCount(let shape, let expected, let found):
            "a tensor of shape \(shape) holds \(expected) elements, but \(found) were given"
        case .badShape(let shape):
            "invalid shape \(shape): a size is negative or the product overflows"
        case .dtype(let expected, let found):
            "expected a tensor of \(expected), found \(found)"
        case .overflow(let dtype, let value, let indices):
            "the element at \(indices) is \(value), beyond the range of \(dtype)"
                + (dtype == .float16 ? "; use bfloat16, which has the range of float32" : "")
        }
    }
}
