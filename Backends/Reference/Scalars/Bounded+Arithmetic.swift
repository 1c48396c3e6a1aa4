import Foundation

/// Error propagation through arithmetic and functions: each bound is the largest effect of the operands' deviations on
/// the exact result, plus the rounding of the operation itself.
extension Bounded {
    /// Sum, correctly rounded.
    public static func + (lhs: Bounded, rhs: Bounded) -> Bounded {
        let sum = Bounded(rounding: lhs.value + rhs.value, error: lhs.bound + rhs.bound)
        return sum.following(lhs, rhs, areOpposed: (lhs.value < 0) != (rhs.value < 0))
    }

    /// Difference, correctly rounded.
    public static func - (lhs: Bounded, rhs: Bounded) -> Bounded {
        let difference = Bounded(rounding: lhs.value - rhs.value, error: lhs.bound + rhs.bound)
        return difference.following(lhs, rhs, areOpposed: (lhs.value < 0) == (rhs.value < 0))
    }

    /// Product, correctly rounded.
    public static func * (lhs: Bounded, rhs: Bounded) -> Bounded {
        let product = Bounded(rounding: lhs.value * rhs.value, error: productError(lhs, rhs))
        return product.following(lhs, rhs, areOpposed: false)
    }

    @inline(__always)
    static func productError(_ lhs: Bounded, _ rhs: Bounded) -> Double {
        if lhs.bound == 0 && rhs.bound == 0 { return 0 }
        if lhs.bound == .infinity || rhs.bound == .infinity { return .infinity }
        let error = lhs.value.magnitude * rhs.bound + rhs.value.magnitude * lhs.bound + lhs.bound * rhs.bound
        guard error == .infinity else { return error }
        // An exact infinity times what is surely not 0.
        let isInfinite =
            lhs.isInfinity && rhs.floor >= 0x1p-126 || rhs.isInfinity && lhs.floor >= 0x1p-126
        return isInfinite ? 0 : error
    }

    /// Quotient, within 2.5 ulp.
    public static func / (lhs: Bounded, rhs: Bounded) -> Bounded {
        let quotient = lhs.value / rhs.value
        if rhs.isNotFinite { return .anything }
        guard lhs.bound < .infinity, rhs.bound < .infinity else { return .unknown(quotient) }
        if lhs.value == 0, lhs.bound == 0, rhs.floor > 0 { return Bounded(quotient, within: 0) }
        guard rhs.bound == 0 || rhs.floor > 0 else { return .unknown(quotient) }
        var error =
            lhs.bound == 0 && rhs.bound == 0
            ? 0
            : (lhs.value.magnitude * rhs.bound / rhs.value.magnitude + lhs.bound) / rhs.floor
        if lhs.mayOverflow, quotient.magnitude < overflow { return .unknown(quotient) }
        // A divisor that is infinite in float32 makes the quotient 0.
        if rhs.mayOverflow { error += quotient.magnitude }
        return Bounded(quotient, error: error, ulps: 2.5)
    }

    /// Overflow of the operands: one that may be infinite in float32 makes the result unknown unless the result
    /// overflows too, and adding opposite infinities gives NaN.
    @inline(__always)
    private func following(_ lhs: Bounded, _ rhs: Bounded, areOpposed: Bool) -> Bounded {
        guard lhs.mayOverflow || rhs.mayOverflow else { return self }
        if value.magnitude < Bounded.overflow { return .unknown(value) }
        let bothReach = lhs.reach >= Bounded.overflow && rhs.reach >= Bounded.overflow
        return areOpposed && bothReach ? .notFinite : self
    }

    /// Negation, exact.
    public static prefix func - (value: Bounded) -> Bounded { Bounded(-value.value, within: value.bound) }

    /// Absolute value, exact.
    public static func abs(_ value: Bounded) -> Bounded { Bounded(value.value.magnitude, within: value.bound) }

    /// Floor; counts as undecided (``Undecided``) if the bound spans an integer.
    public static func floor(_ value: Bounded) -> Bounded {
        let result = value.value.rounded(.down)
        let (low, high) = ((value.value - value.bound).rounded(.down), (value.value + value.bound).rounded(.down))
        guard value.bound > 0, low != high else { return Bounded(result, within: 0) }
        Undecided.count()
        return Bounded(result, within: Swift.max(high - result, result - low))
    }

    // MARK: Functions

    /// Applies the function's variant for bounded numbers.
    public static func apply(_ function: ElementaryFunction, to value: Bounded) -> Bounded { function.bounded(value) }

    /// Square root, within 3 ulp.
    public static func sqrt(_ argument: Bounded) -> Bounded {
        let root = argument.value.squareRoot()
        guard argument.bound > 0 else {
            return root == 0 ? Bounded(root, within: 0) : Bounded(root, error: 0, ulps: 3)
        }
        guard argument.value >= argument.bound, !argument.mayOverflow else { return .unknown(root) }
        // The lower end of the interval has the steeper slope.
        return Bounded(root, error: root - (argument.value - argument.bound).squareRoot(), ulps: 3)
    }

    /// Exponential, within 3 ulp.
    public static func exp(_ argument: Bounded) -> Bounded {
        let power = Foundation.exp(argument.value)
        if argument.value == -.infinity { return Bounded(0, within: argument.bound) }
        if argument.bound == .infinity { return argument.isNaN ? .anything : .unknown(power) }
        // Of a power that underflows to 0 the relative error says nothing: 0 · ∞ is NaN.
        let error =
            argument.bound == 0
            ? 0 : power > 0 ? power * expm1(argument.bound) : Foundation.exp(argument.value + argument.bound)
        return Bounded(power, error: error, ulps: 3).flushed(power)
    }

    /// Natural logarithm, within 3 ulp.
    public static func log(_ argument: Bounded) -> Bounded {
        let result = Foundation.log(argument.value)
        guard argument.bound > 0 || argument.mayOverflow else { return Bounded(result, error: 0, ulps: 3) }
        guard argument.value > argument.bound, !argument.mayOverflow else { return .unknown(result) }
        return Bounded(result, error: -log1p(-argument.bound / argument.value), ulps: 3)
    }

    /// Hyperbolic tangent, within 5 ulp.
    public static func tanh(_ argument: Bounded) -> Bounded {
        let result = Foundation.tanh(argument.value)
        if argument.isNotFinite { return .anything }
        // It may be NaN, which no interval of the function's values contains.
        if argument.bound == .infinity { return .unknown(result) }
        if result == 0, argument.bound == 0 { return Bounded(result, within: 0) }
        // The slope is 1 − tanh², largest at the interval's point nearest to 0.
        let nearest = Foundation.tanh(argument.floor)
        let error = Swift.min(2, argument.bound) * (1 - nearest * nearest)
        return Bounded(result, error: error, ulps: 5).flushed(result)
    }

    /// Error function, within 16 ulp.
    public static func erf(_ argument: Bounded) -> Bounded {
        let result = Foundation.erf(argument.value)
        if argument.isNotFinite { return .anything }
        // It may be NaN, which no interval of the function's values contains.
        if argument.bound == .infinity { return .unknown(result) }
        if result == 0, argument.bound == 0 { return Bounded(result, within: 0) }
        let slope = 2 / Double.pi.squareRoot() * Foundation.exp(-argument.floor * argument.floor)
        return Bounded(result, error: Swift.min(2, argument.bound) * slope, ulps: 16).flushed(result)
    }

    /// Sine, within 4 ulp.
    public static func sin(_ argument: Bounded) -> Bounded {
        let result = Foundation.sin(argument.value)
        if result == 0, argument.bound == 0 { return Bounded(result, within: 0) }
        return Bounded(result, error: argument.mayOverflow ? .infinity : Swift.min(2, argument.bound), ulps: 4)
            .flushed(result)
    }

    /// Cosine, within 4 ulp.
    public static func cos(_ argument: Bounded) -> Bounded {
        Bounded(
            Foundation.cos(argument.value), error: argument.mayOverflow ? .infinity : Swift.min(2, argument.bound),
            ulps: 4)
    }

    /// C's `pow`, within 16 ulp.
    public static func pow(_ base: Bounded, _ exponent: Bounded) -> Bounded {
        let result = Foundation.pow(base.value, exponent.value)
        guard base.bound > 0 || exponent.bound > 0 || base.mayOverflow || exponent.mayOverflow else {
            let isPlain = result == 0 || result == 1 || !result.isFinite
            // Powers that C fixes exactly: pow(x, 0), pow(1, y), pow(0, y).
            if isPlain, exponent.value == 0 || base.value == 1 || base.value == 0 { return Bounded(result, within: 0) }
            return Bounded(result, error: 0, ulps: 16).flushed(result)
        }
        if base.isNotFinite || exponent.isNotFinite { return .anything }
        guard base.value > base.bound, base.reach < overflow, exponent.reach < overflow else {
            return .unknown(result)
        }
        // For positive bases monotone in each operand: the extremes are at the corners.
        var error = 0.0
        for x in [base.value - base.bound, base.value + base.bound] {
            for y in [exponent.value - exponent.bound, exponent.value + exponent.bound] {
                error = Swift.max(error, (Foundation.pow(x, y) - result).magnitude)
            }
        }
        return Bounded(result, error: error, ulps: 16).flushed(result)
    }

    /// Like ``flushable()``, also for results that underflow in double precision.
    @inline(__always)
    private func flushed(_ result: Double) -> Bounded {
        result == 0 ? Bounded(result, within: bound + 0x1p-126) : flushable()
    }
}
