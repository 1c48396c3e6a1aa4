/// The random number generator of `random`, with the same bits on every backend.
///
/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, 2011) is counter-based:
/// element i depends only on the seed, the counter and i, so that elements may be computed in any order and on any
/// number of threads.
///
/// Element i of a `random` with seed s and counter c is lane i mod 4 of the block with
///
///     key     = (low 32 bits of s, high 32 bits of s)
///     counter = (low, high of ⌊i / 4⌋, low, high of c)
///
/// and as a float32 (lane >> 8) · 2⁻²⁴: uniform in [0, 1), with 24 bits.
public enum Philox {
    /// Four random words: Philox4x32-10, a bijection of the counter for each key.
    @inlinable
    public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var counter = counter
        var key = key
        for _ in 0..<10 {
            let even = UInt64(counter[0]) &* 0xD251_1F53
            let odd = UInt64(counter[2]) &* 0xCD9E_8D57
            counter = SIMD4(
                high(odd) ^ counter[1] ^ key[0], low(odd),
                high(even) ^ counter[3] ^ key[1], low(even))
            key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return counter
    }

    /// Elements `4 * index` to `4 * index + 3`, as random words.
    @inlinable
    public static func block(_ index: Int, counter: Int64, seed: Int) -> SIMD4<UInt32> {
        let (index, run, seed) = (
            UInt64(truncatingIfNeeded: index), UInt64(bitPattern: counter), UInt64(truncatingIfNeeded: seed)
        )
        return block(
            counter: SIMD4(low(index), high(index), low(run), high(run)), key: SIMD2(low(seed), high(seed)))
    }

    /// Elements `4 * index` to `4 * index + 3` of a `random`, uniform in [0, 1).
    @inlinable
    public static func uniforms(_ index: Int, counter: Int64, seed: Int) -> SIMD4<Float> {
        let words = block(index, counter: counter, seed: seed)
        return SIMD4(uniform(words[0]), uniform(words[1]), uniform(words[2]), uniform(words[3]))
    }

    /// A random word mapped to [0, 1): its upper 24 bits times 2⁻²⁴.
    @inlinable
    public static func uniform(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

    @inlinable
    static func low(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) }

    @inlinable
    static func high(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
}
