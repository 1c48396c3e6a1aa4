public import AttendBackend

/// A number to compute with in place of the floating-point types.
///
/// The kernels are written once, over this protocol. As `Float` they are the reference backend,
/// as `Double` the oracle; a type that carries more than a value (a bound of its rounding error,
/// a count of operations) turns the same code into an analysis of itself.
///
/// The requirements are what the kernels call, and no more. Every arithmetic result is the exact
/// one rounded as the scalar rounds; elementary functions are as near as the scalar's library is.
/// Integers and bools are never scalars.
public protocol ReferenceScalar: Sendable {
    /// Adds up many terms; see ``ReferenceSum``.
    associatedtype Sum: ReferenceSum = PlainSum<Self> where Sum.Scalar == Self

    // MARK: Conversion

    init(_ value: Float)
    init(_ value: Double)
    init(_ value: Int64)
    /// The nearest float32, for results.
    var float: Float { get }
    /// The nearest double. Casts to integers start from it.
    var double: Double { get }
    /// What remains of the value when it is stored as `dtype`, a floating-point type: rounded to
    /// nearest even for the 16-bit types. float32 is the scalar's own precision: unchanged.
    func rounded(to dtype: DType) -> Self

    // MARK: Arithmetic

    static func + (lhs: Self, rhs: Self) -> Self
    static func - (lhs: Self, rhs: Self) -> Self
    static func * (lhs: Self, rhs: Self) -> Self
    static func / (lhs: Self, rhs: Self) -> Self
    static prefix func - (value: Self) -> Self
    static func abs(_ value: Self) -> Self
    /// The largest integer that is not above the value.
    static func floor(_ value: Self) -> Self

    // MARK: Comparison, false wherever a NaN takes part

    static func == (lhs: Self, rhs: Self) -> Bool
    static func < (lhs: Self, rhs: Self) -> Bool
    static func <= (lhs: Self, rhs: Self) -> Bool
    var isNaN: Bool { get }
    static var infinity: Self { get }
    /// NaN if either is NaN. Which of two zeros of different sign comes out is not specified.
    static func smaller(_ lhs: Self, _ rhs: Self) -> Self
    /// NaN if either is NaN. Which of two zeros of different sign comes out is not specified.
    static func larger(_ lhs: Self, _ rhs: Self) -> Self

    // MARK: Elementary functions

    static func sqrt(_ value: Self) -> Self
    static func apply(_ function: ElementaryFunction, to value: Self) -> Self
    /// C's `pow`: `pow(x, 0)` and `pow(1, y)` are 1 even for NaN.
    static func pow(_ base: Self, _ exponent: Self) -> Self
}

extension ReferenceScalar {
    public static func smaller(_ lhs: Self, _ rhs: Self) -> Self {
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return rhs < lhs ? rhs : lhs
    }

    public static func larger(_ lhs: Self, _ rhs: Self) -> Self {
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return lhs < rhs ? rhs : lhs
    }
}

/// A sum in the making, of many terms.
///
/// It stands apart from `+` because a backend may add the terms of one sum in any order and fuse
/// its products: a scalar that bounds rounding errors has to know where a sum begins and ends.
public protocol ReferenceSum {
    associatedtype Scalar

    init(_ first: Scalar)
    mutating func add(_ term: Scalar)
    mutating func add(product lhs: Scalar, _ rhs: Scalar)
    var value: Scalar { get }
}

/// Adds term after term, each product rounded before it is added.
public struct PlainSum<Scalar: ReferenceScalar>: ReferenceSum {
    public private(set) var value: Scalar

    public init(_ first: Scalar) { value = first }

    @inline(__always)
    public mutating func add(_ term: Scalar) { value = value + term }

    @inline(__always)
    public mutating func add(product lhs: Scalar, _ rhs: Scalar) { value = value + lhs * rhs }
}
