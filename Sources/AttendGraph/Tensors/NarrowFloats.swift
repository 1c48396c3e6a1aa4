/// Conversions between `Float` and the bit patterns of the 16-bit storage types, rounding to
/// nearest even (IEEE 754-2019, section 4.3.1). `Float16` itself is missing on Intel Macs.
public enum NarrowFloat {
    /// The bfloat16 nearest to `value`; NaN stays a (quiet) NaN.
    @inlinable
    public static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
        let roundingBias = 0x7FFF + ((bits >> 16) & 1)
        return UInt16(truncatingIfNeeded: (bits &+ roundingBias) >> 16)
    }

    /// A float32 that rounds to 16 bits as the integer itself does, to nearest even. Inexact values are rounded to odd,
    /// which resolves no tie (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms
    /// using rounding to odd", 2008). The nearest float32 would round twice.
    @inlinable
    public static func odd(_ value: Int64) -> Float {
        let magnitude = value.magnitude
        let dropped = max(0, 40 - magnitude.leadingZeroBitCount)
        var kept = magnitude >> UInt64(dropped)
        if kept << UInt64(dropped) != magnitude { kept |= 1 }
        let float = Float(sign: .plus, exponent: dropped, significand: Float(kept))
        return value < 0 ? -float : float
    }

    /// A float32 that rounds to 16 bits as the double itself does; see ``odd(_:)-(Int64)``.
    @inlinable
    public static func odd(_ value: Double) -> Float {
        let nearest = Float(value)
        guard value.isFinite, Double(nearest) != value else { return nearest }
        let inner = nearest.magnitude > Float.greatestFiniteMagnitude || Double(nearest.magnitude) > value.magnitude
        let truncated = inner ? nearest.magnitude.nextDown : nearest.magnitude
        let odd = Float(bitPattern: truncated.bitPattern | 1)
        return value < 0 ? -odd : odd
    }

    /// The nearest value of a floating-point dtype, rounded once.
    package static func nearest(_ value: Int64, _ dtype: DType) -> Float { held(odd(value), Float(value), dtype) }

    package static func nearest(_ value: Double, _ dtype: DType) -> Float { held(odd(value), Float(value), dtype) }

    private static func held(_ odd: Float, _ nearest: Float, _ dtype: DType) -> Float {
        switch dtype {
        case .float16: float(float16: float16(odd))
        case .bfloat16: float(bfloat16: bfloat16(odd))
        case .float32, .int32, .int64, .bool: nearest
        }
    }

    /// The value of a bfloat16 bit pattern; exact.
    @inlinable
    public static func float(bfloat16 bits: UInt16) -> Float {
        Float(bitPattern: UInt32(bits) << 16)
    }

    /// The IEEE binary16 nearest to `value`; overflow gives infinity, NaN stays a quiet NaN.
    @inlinable
    public static func float16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        // 65520 is the midpoint between the largest finite half and the next power of two.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Subnormal halves are multiples of 2⁻²⁴, so adding ½ lets the hardware round.
            let shifted = Float(bitPattern: magnitude) + 0.5
            return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- (0.5 as Float).bitPattern)
        }
        let roundingBias = 0x0FFF + ((magnitude >> 13) & 1)
        let rebased = magnitude &+ roundingBias &- 0x3800_0000
        return sign | UInt16(truncatingIfNeeded: rebased >> 13)
    }

    /// The value of an IEEE binary16 bit pattern; exact.
    @inlinable
    public static func float(float16 bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x03FF)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: magnitude.bitPattern | sign)
        case 0x1F:
            return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default:
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}

extension DType {
    /// The smallest magnitude that rounds to infinity: halfway from the largest finite number to the next power of two;
    /// infinity for integers and bool.
    package var overflow: Double {
        switch self {
        case .float32: 0x1.FFFFFFp127
        case .float16: 65520
        case .bfloat16: 0x1.FFp127
        case .int32, .int64, .bool: .infinity
        }
    }
}
