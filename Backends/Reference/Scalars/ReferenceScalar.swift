public import AttendBackend

/// A number type used by the kernels in place of the floating-point types.
///
/// The kernels are generic over this protocol. With `Float` they are the reference backend, with `Double` the oracle; a
/// type that carries more than a value (a bound of its rounding error, a count of operations) turns the same code into
/// an analysis of itself.
///
/// The requirements are exactly what the kernels call. Every arithmetic result is the exact one, rounded as the scalar
/// rounds; elementary functions have the accuracy of the scalar's library. Integers and bools are never scalars.
public protocol ReferenceScalar: Sendable {
    /// The accumulator for sums of many terms; see ``ReferenceSum``.
    associatedtype Sum: ReferenceSum = PlainSum<Self> where Sum.Scalar == Self

    // MARK: Conversion

    /// An exact float32.
    init(_ value: Float)
    /// A constant.
    init(_ value: Double)
    /// The nearest value to an integer.
    init(_ value: Int64)
    /// The nearest float32, for results.
    var float: Float { get }
    /// The nearest double, used for casts to integers.
    var double: Double { get }
    /// The value as stored in `dtype`, a floating-point type: rounded to nearest even for the 16-bit types, unchanged
    /// for float32, which is the scalar's own precision.
    func rounded(to dtype: DType) -> Self

    // MARK: Arithmetic

    /// Rounded sum.
    static func + (lhs: Self, rhs: Self) -> Self
    /// Rounded difference.
    static func - (lhs: Self, rhs: Self) -> Self
    /// Rounded product.
    static func * (lhs: Self, rhs: Self) -> Self
    /// Rounded quotient.
    static func / (lhs: Self, rhs: Self) -> Self
    /// Exact negation.
    static prefix func - (value: Self) -> Self
    /// Exact absolute value.
    static func abs(_ value: Self) -> Self
    /// The largest integer ≤ the value.
    static func floor(_ value: Self) -> Self

    // MARK: Comparison, false wherever a NaN takes part

    /// Equality; −0 equals +0.
    static func == (lhs: Self, rhs: Self) -> Bool
    /// Strict order.
    static func < (lhs: Self, rhs: Self) -> Bool
    /// Order or equality.
    static func <= (lhs: Self, rhs: Self) -> Bool
    /// Whether the value is NaN.
    var isNaN: Bool { get }
    /// Positive infinity.
    static var infinity: Self { get }
    /// The minimum; NaN if either operand is NaN. The sign of a zero result for zeros of different sign is unspecified.
    static func smaller(_ lhs: Self, _ rhs: Self) -> Self
    /// The maximum; NaN if either operand is NaN. The sign of a zero result for zeros of different sign is unspecified.
    static func larger(_ lhs: Self, _ rhs: Self) -> Self

    // MARK: Elementary functions

    /// Square root.
    static func sqrt(_ value: Self) -> Self
    /// Applies an elementary function.
    static func apply(_ function: ElementaryFunction, to value: Self) -> Self
    /// C's `pow`: `pow(x, 0)` and `pow(1, y)` are 1 even for NaN.
    static func pow(_ base: Self, _ exponent: Self) -> Self
}

extension ReferenceScalar {
    /// The minimum; NaN if either operand is NaN.
    public static func smaller(_ lhs: Self, _ rhs: Self) -> Self {
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return rhs < lhs ? rhs : lhs
    }

    /// The maximum; NaN if either operand is NaN.
    public static func larger(_ lhs: Self, _ rhs: Self) -> Self {
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return lhs < rhs ? rhs : lhs
    }
}

/// An accumulator for a sum of many terms.
///
/// Separate from `+` because a backend may add the terms of a sum in any order and fuse its products: a scalar that
/// bounds rounding errors must know where a sum begins and ends.
public protocol ReferenceSum {
    /// The type of the terms and of the sum.
    associatedtype Scalar

    /// A sum of one term.
    init(_ first: Scalar)
    /// Adds a term.
    mutating func add(_ term: Scalar)
    /// Adds the product of two numbers.
    mutating func add(product lhs: Scalar, _ rhs: Scalar)
    /// The sum of the terms so far.
    var value: Scalar { get }
}

/// Adds terms in order; each product is rounded before it is added.
public struct PlainSum<Scalar: ReferenceScalar>: ReferenceSum {
    /// The sum of the terms so far.
    public private(set) var value: Scalar

    /// A sum of one term.
    public init(_ first: Scalar) { value = first }

    /// Adds a term.
    @inline(__always)
    public mutating func add(_ term: Scalar) { value = value + term }

    /// Adds a rounded product.
    @inline(__always)
    public mutating func add(product lhs: Scalar, _ rhs: Scalar) { value = value + lhs * rhs }
}
