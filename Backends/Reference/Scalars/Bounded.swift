public import AttendBackend
private import Synchronization

/// A number with a worst-case bound on the deviation of a correct backend's float32 result.
///
/// Computing with `Bounded` is running error analysis (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd
/// ed., section 3.3): each value, in double precision, carries a bound that grows with the errors passed on by every
/// operation and with its own rounding. Run over this scalar, the reference kernels give the tolerance for each element
/// of each result.
///
/// Errors allowed to a backend for one operation in float32 (the numbers are OpenCL's full profile, for every backend
/// alike):
///
/// | operation | error |
/// |---|---|
/// | `+ − ·` | correctly rounded: ½ ulp, exact where float32 holds the result |
/// | divide | 2.5 ulp, so that multiplying by a reciprocal suffices |
/// | sqrt, exp, log | 3 ulp |
/// | sin, cos | 4 ulp |
/// | tanh | 5 ulp |
/// | erf, pow | 16 ulp |
/// | sums and products of n terms | γₙ of the terms' magnitudes, see ``BoundedSum`` |
///
/// An elementary function may give 0 instead of a result below the smallest normal number.
///
/// Overflow needs no flag: the value is a double and stays finite where a float32 becomes infinite (see ``reach``).
/// Results of numbers that may have overflowed have an infinite bound: nothing is claimed about them. NaN with an
/// infinite bound is a result that is not finite, of any kind.
public struct Bounded: ReferenceScalar {
    /// The accumulator, bounded for every order of summation.
    public typealias Sum = BoundedSum

    /// The value in double precision.
    public var value: Double
    /// The largest allowed deviation from the value; infinite if nothing is claimed.
    public var bound: Double

    /// A number with its bound.
    @inline(__always)
    public init(_ value: Double, within bound: Double) {
        self.value = value
        self.bound = bound
    }

    /// An exact number.
    public init(_ value: Float) { self.init(Double(value), within: 0) }
    /// A constant, rounded to float32 like all constants, then exact.
    public init(_ value: Double) { self.init(Double(Float(value)), within: 0) }
    /// An integer, rounded to nearest even by the cast like in every backend, then exact.
    public init(_ value: Int64) { self.init(Double(Float(value)), within: 0) }

    /// The value rounded to float32, without the bound.
    public var float: Float { Float(value) }
    /// The value without the bound; counts as undecided (``Undecided``) if it is inexact.
    public var double: Double {
        if bound > 0 { Undecided.count() }
        return value
    }
    /// Whether the value is NaN.
    public var isNaN: Bool { value.isNaN }
    /// Positive infinity, exact.
    public static var infinity: Bounded { Bounded(.infinity, within: 0) }
    /// A value with an infinite bound: nothing is claimed but the result of exact arithmetic.
    public static func unknown(_ value: Double) -> Bounded { Bounded(value, within: .infinity) }
    /// An infinity of either sign, or NaN.
    public static let notFinite = unknown(.nan)
    /// Any number at all: a possible result of a number that is not finite.
    public static let anything = unknown(0)
    /// Whether the value is exactly infinity, of either sign.
    @inline(__always) package var isInfinity: Bool { bound == 0 && value.isInfinite }
    @inline(__always) var isNotFinite: Bool { bound == .infinity && value.isNaN }

    /// The largest magnitude allowed to a backend.
    @inline(__always) public var reach: Double { value.magnitude + bound }
    /// The smallest magnitude allowed to a backend.
    @inline(__always) var floor: Double { Swift.max(0, value.magnitude - bound) }

    /// Halfway from the largest float32 to the next power of two: numbers from here on round to infinity.
    public static let overflow = 0x1.FFFFFFp127
    /// Whether a finite number may be infinite in float32.
    @inline(__always) var mayOverflow: Bool { reach >= Bounded.overflow && value.isFinite }

    // MARK: Rounding

    /// The spacing of float32 numbers at a magnitude.
    @inline(__always)
    public static func ulp(_ magnitude: Double) -> Double {
        let power = Double(bitPattern: magnitude.bitPattern & 0x7FF0_0000_0000_0000)
        return Swift.max(power * 0x1p-23, 0x1p-149)
    }

    /// A correctly rounded result: exact if the operands were and float32 represents it.
    @inline(__always)
    public init(rounding value: Double, error: Double) {
        if !value.isFinite {
            self.init(value, within: error == .infinity ? .infinity : 0)
        } else if error == 0 && Double(Float(value)) == value {
            self.init(value, within: 0)
        } else {
            self.init(value, within: error + 0.5 * Bounded.ulp(value.magnitude + error))
        }
    }

    /// A function's result with a propagated error and a rounding error of at most `ulps` ulps.
    @inline(__always)
    public init(_ value: Double, error: Double, ulps: Double) {
        guard value.isFinite else {
            self.init(value, within: error == .infinity ? .infinity : 0)
            return
        }
        self.init(value, within: error + ulps * Bounded.ulp(value.magnitude + error))
    }

    /// The result, with 0 allowed too if it is below the smallest normal number.
    @inline(__always)
    func flushable() -> Bounded {
        value.isFinite && value != 0 && floor < 0x1p-126 ? Bounded(value, within: bound + 0x1p-126) : self
    }

    /// Rounds an exact number to nearest even, as in a 16-bit dtype; an inexact one may round to either side, which
    /// adds half the spacing to its bound.
    public func rounded(to dtype: DType) -> Bounded {
        let (digits, least): (Int, Int)
        switch dtype {
        case .float16: (digits, least) = (11, -14)
        case .bfloat16: (digits, least) = (8, -126)
        case .float32, .int32, .int64, .bool: return self
        }
        guard bound > 0 else { return Bounded(value.rounded(to: dtype), within: 0) }
        guard value.isFinite, bound < .infinity else { return self }
        if reach >= dtype.overflow {
            guard value.magnitude - bound >= dtype.overflow else { return .unknown(value) }
            return Bounded(value < 0 ? -.infinity : .infinity, within: 0)
        }
        let exponent = Swift.max(Int(reach.exponent), least)
        return Bounded(value, within: bound + Double(sign: .plus, exponent: exponent - digits, significand: 1))
    }

    // MARK: Comparison

    /// Compares the values; counts as undecided (``Undecided``) if the bounds overlap.
    public static func == (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value == rhs.value
    }

    /// Compares the values; counts as undecided (``Undecided``) if the bounds overlap.
    public static func < (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value < rhs.value
    }

    /// Compares the values; counts as undecided (``Undecided``) if the bounds overlap.
    public static func <= (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value <= rhs.value
    }

    /// Counts a comparison that correct backends may decide differently.
    @inline(__always)
    private static func decide(_ lhs: Bounded, _ rhs: Bounded) {
        let margin = lhs.bound + rhs.bound
        if margin > 0, !((lhs.value - rhs.value).magnitude > margin) { Undecided.count() }
    }

    /// The minimum with the larger of the two bounds: the error is within it whichever operand a backend selects.
    public static func smaller(_ lhs: Bounded, _ rhs: Bounded) -> Bounded { extreme(lhs, rhs, rhs.value < lhs.value) }
    /// The maximum with the larger of the two bounds: the error is within it whichever operand a backend selects.
    public static func larger(_ lhs: Bounded, _ rhs: Bounded) -> Bounded { extreme(lhs, rhs, lhs.value < rhs.value) }

    private static func extreme(_ lhs: Bounded, _ rhs: Bounded, _ takesRight: Bool) -> Bounded {
        if lhs.isNotFinite || rhs.isNotFinite { return .anything }
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return Bounded(takesRight ? rhs.value : lhs.value, within: Swift.max(lhs.bound, rhs.bound))
    }
}

/// A counter of decisions that depend on more digits than are certain. The bounds don't include the effect of a wrong
/// decision, so a result with undecided decisions must not be accepted as verified.
public final class Undecided: Sendable {
    @TaskLocal private static var counter: Undecided?
    private let total = Mutex(0)

    /// The result of `body`, and the number of undecided decisions in it. Nested calls count separately.
    public static func counting<Result>(_ body: () throws -> Result) rethrows -> (result: Result, undecided: Int) {
        let counter = Undecided()
        let result = try $counter.withValue(counter) { try body() }
        return (result, counter.total.withLock { $0 })
    }

    static func count() { counter?.total.withLock { $0 += 1 } }
}
