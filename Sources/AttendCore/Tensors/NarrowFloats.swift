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
