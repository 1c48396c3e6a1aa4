public import AttendBackend
private import Synchronization

/// A number with a worst-case bound of how far an honest backend's float32 result may be from it.
///
/// Computing with `Bounded` is running error analysis (Higham, *Accuracy and Stability of Numerical
/// Algorithms*, 2nd ed., section 3.3): next to each value, in double precision, goes a bound that grows
/// with what every operation passes on and with what it rounds itself. So the reference kernels, run
/// over this scalar, say for each element of each result what may be asked of a backend.
///
/// What a backend may do with one operation in float32 (the numbers are OpenCL's full profile, for
/// every backend alike):
///
/// | operation | error |
/// |---|---|
/// | `+ − ·` | correctly rounded: ½ ulp, exact where float32 holds the result |
/// | divide | 2.5 ulp, so that multiplying with a reciprocal will do |
/// | sqrt, exp, log | 3 ulp |
/// | sin, cos | 4 ulp |
/// | tanh | 5 ulp |
/// | erf, pow | 16 ulp |
/// | sums and products of n terms | γₙ of the terms' magnitudes, see ``BoundedSum`` |
///
/// An elementary function may give 0 instead of a result below the smallest normal number.
///
/// Overflow needs no mark of its own: the value is a double and goes on where a float32 becomes
/// infinite (see ``reach``). What follows from numbers that may have overflown has the bound
/// infinity: nothing is claimed about it. A NaN with the bound infinity is a result that is not
/// finite, of whichever kind.
public struct Bounded: ReferenceScalar {
    public typealias Sum = BoundedSum

    public var value: Double
    public var bound: Double

    @inline(__always)
    public init(_ value: Double, within bound: Double) {
        self.value = value
        self.bound = bound
    }

    public init(_ value: Float) { self.init(Double(value), within: 0) }
    /// A constant, rounded to float32 as constants are.
    public init(_ value: Double) { self.init(Double(Float(value)), within: 0) }
    /// Rounded to float32 by the cast, which every backend does to nearest even.
    public init(_ value: Int64) { self.init(Double(Float(value)), within: 0) }

    public var float: Float { Float(value) }
    public var double: Double {
        if bound > 0 { Undecided.count() }
        return value
    }
    public var isNaN: Bool { value.isNaN }
    public static var infinity: Bounded { Bounded(.infinity, within: 0) }
    /// Nothing can be said but the value that exact arithmetic gives.
    public static func unknown(_ value: Double) -> Bounded { Bounded(value, within: .infinity) }
    /// An infinity of either sign or NaN.
    public static let notFinite = unknown(.nan)
    /// Nothing at all can be said: what may come of a number that is not finite.
    public static let anything = unknown(0)
    @inline(__always) var isNotFinite: Bool { bound == .infinity && value.isNaN }

    /// The largest magnitude that a backend may have here.
    @inline(__always) public var reach: Double { value.magnitude + bound }
    /// The smallest.
    @inline(__always) var floor: Double { Swift.max(0, value.magnitude - bound) }

    /// Halfway from the largest float32 to the next power of two: from here on numbers round to infinity.
    public static let overflow = 0x1.FFFFFFp127
    /// True where a finite number may be infinite in float32.
    @inline(__always) var mayOverflow: Bool { reach >= Bounded.overflow && value.isFinite }

    // MARK: Rounding

    /// The distance of neighboring float32 numbers at a magnitude.
    @inline(__always)
    public static func ulp(_ magnitude: Double) -> Double {
        let power = Double(bitPattern: magnitude.bitPattern & 0x7FF0_0000_0000_0000)
        return Swift.max(power * 0x1p-23, 0x1p-149)
    }

    /// A correctly rounded result: exact where the operands were and float32 holds it.
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

    /// The result of a function that may be wrong by so many ulps.
    @inline(__always)
    public init(_ value: Double, error: Double, ulps: Double) {
        guard value.isFinite else {
            self.init(value, within: error == .infinity ? .infinity : 0)
            return
        }
        self.init(value, within: error + ulps * Bounded.ulp(value.magnitude + error))
    }

    /// The same where results below the smallest normal number may be flushed to zero.
    @inline(__always)
    func flushable() -> Bounded {
        value.isFinite && value != 0 && floor < 0x1p-126 ? Bounded(value, within: bound + 0x1p-126) : self
    }

    /// A number known exactly is rounded as a 16-bit float is, to nearest even; any other may fall to
    /// either side, half the distance of neighbors further.
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

    public static func == (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value == rhs.value
    }

    public static func < (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value < rhs.value
    }

    public static func <= (lhs: Bounded, rhs: Bounded) -> Bool {
        decide(lhs, rhs)
        return lhs.value <= rhs.value
    }

    /// Counts a comparison that honest backends may decide differently.
    @inline(__always)
    private static func decide(_ lhs: Bounded, _ rhs: Bounded) {
        let margin = lhs.bound + rhs.bound
        if margin > 0, !((lhs.value - rhs.value).magnitude > margin) { Undecided.count() }
    }

    /// The larger of the two bounds: whichever operand a backend takes, it is as near as that.
    public static func smaller(_ lhs: Bounded, _ rhs: Bounded) -> Bounded { extreme(lhs, rhs, rhs.value < lhs.value) }
    public static func larger(_ lhs: Bounded, _ rhs: Bounded) -> Bounded { extreme(lhs, rhs, lhs.value < rhs.value) }

    private static func extreme(_ lhs: Bounded, _ rhs: Bounded, _ takesRight: Bool) -> Bounded {
        if lhs.isNotFinite || rhs.isNotFinite { return .anything }
        if lhs.isNaN { return lhs }
        if rhs.isNaN { return rhs }
        return Bounded(takesRight ? rhs.value : lhs.value, within: Swift.max(lhs.bound, rhs.bound))
    }
}

/// Decisions that hang on more digits than are certain. In a graph they are counted, never passed.
public final class Undecided: Sendable {
    @TaskLocal private static var counter: Undecided?
    private let total = Mutex(0)

    /// What `body` returns, and how many decisions in it were open.
    public static func counting<Result>(_ body: () throws -> Result) rethrows -> (result: Result, undecided: Int) {
        let counter = Undecided()
        let result = try $counter.withValue(counter) { try body() }
        return (result, counter.total.withLock { $0 })
    }

    static func count() { counter?.total.withLock { $0 += 1 } }
}
