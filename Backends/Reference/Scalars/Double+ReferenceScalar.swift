public import AttendBackend
import Foundation

extension Double: ReferenceScalar {
    /// The nearest float32.
    public var float: Float { Float(self) }
    /// The value itself.
    public var double: Double { self }

    /// Rounded once to nearest even for 16-bit dtypes, else unchanged.
    public func rounded(to dtype: DType) -> Double {
        switch dtype {
        case .float16: rounded(significandBits: 11, leastExponent: -14, largest: 65504)
        case .bfloat16: rounded(significandBits: 8, leastExponent: -126, largest: 0x1.FEp127)
        case .float32, .int32, .int64, .bool: self
        }
    }

    /// The nearest value of a binary floating-point format, ties to even, rounded once: by way of `Float` it would be
    /// rounded twice.
    private func rounded(significandBits: Int, leastExponent: Int, largest: Double) -> Double {
        guard isFinite, self != 0 else { return self }
        // The spacing of representable values at this magnitude; dividing by it is exact.
        let exponent = Swift.max(Int(self.exponent), leastExponent)
        let spacing = Double(sign: .plus, exponent: exponent - (significandBits - 1), significand: 1)
        let rounded = (self / spacing).rounded(.toNearestOrEven) * spacing
        return rounded.magnitude > largest ? Double(signOf: self, magnitudeOf: .infinity) : rounded
    }

    /// Absolute value.
    public static func abs(_ value: Double) -> Double { value.magnitude }
    /// The largest integer ≤ the value.
    public static func floor(_ value: Double) -> Double { value.rounded(.down) }
    /// Square root, correctly rounded.
    public static func sqrt(_ value: Double) -> Double { value.squareRoot() }
    /// Applies the function's variant for `Double`.
    public static func apply(_ function: ElementaryFunction, to value: Double) -> Double { function.double(value) }
    /// C's `pow`.
    public static func pow(_ base: Double, _ exponent: Double) -> Double { Foundation.pow(base, exponent) }
}
