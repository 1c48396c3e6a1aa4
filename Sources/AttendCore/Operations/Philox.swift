/// The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): the same bits
/// everywhere, in any order. `random` is defined by it.
public enum Philox {
    /// Four 32-bit words for one counter and key.
    @inlinable
    public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (x, k) = (counter, key)
        for _ in 0..<10 {
            let first = UInt64(x[0]) * 0xD251_1F53
            let second = UInt64(x[2]) * 0xCD9E_8D57
            x = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ x[1] ^ k[0], UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ x[3] ^ k[1], UInt32(truncatingIfNeeded: first))
            k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return x
    }

    /// Element `index` of `random` with this seed and run counter: uniform in [0, 1), a multiple of 2⁻²⁴.
    ///
    /// The key is the seed; the counter holds `index / 4` in its low half and the run's counter in
    /// its high half; the element is word `index % 4`.
    @inlinable
    public static func uniform(index: Int, counter: Int64, seed: Int) -> Float {
        let group = UInt64(index) / 4
        let (run, key) = (UInt64(bitPattern: counter), UInt64(bitPattern: Int64(seed)))
        let words = block(
            counter: SIMD4(
                UInt32(truncatingIfNeeded: group), UInt32(truncatingIfNeeded: group >> 32),
                UInt32(truncatingIfNeeded: run), UInt32(truncatingIfNeeded: run >> 32)),
            key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
        return Float(words[index % 4] >> 8) * 0x1p-24
    }
}
