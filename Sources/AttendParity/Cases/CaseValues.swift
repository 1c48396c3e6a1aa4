import AttendRuntime

/// The distribution of the values in a case's tensors.
enum CaseValues: String, CaseIterable, Sendable {
    /// Uniform in [−2, 2]; integers in −9…9.
    case normal
    /// Uniform in [0.1, 4].
    case positive
    /// Magnitudes from 2⁻³⁰ to 2³⁰; integers of all widths.
    case wide
    /// Uniform in [−60, 60]: as logits, one dominates.
    case peaked
    /// Uniform in [−400, 400], where an unshifted exponential overflows.
    case large
    /// Uniform in [−400, −200], where an exponential is 0.
    case low
    /// Uniform in [99, 101]: far from 0, and close together.
    case far
    /// Multiples of ¼ in [−1, 1]: sums of their products are exact in any order.
    case coarse
    /// A few different numbers, so that many are equal.
    case ties
    /// Subnormal numbers.
    case tiny
    /// Integers and halves, on which comparisons and roundings are exact.
    case halves
    /// ±0, ±∞, NaN, denormals and the largest numbers among ordinary ones.
    case special
    /// Like ``normal``, with one in thirty a special number, so that most sums have at most one.
    case rare
    /// Numbers at the ends of ranges and next to powers of two where a narrower type loses them: integers near 2³¹, 2³²,
    /// 2⁵³ and 2⁶³; floats near the ends of float32 and float16.
    case extreme
    /// Like ``normal``, with one NaN in two thousand numbers: most blocks of a long row have none.
    case lone
    /// Halfway between neighbors of a 16-bit float, and next to that, where a second rounding shows.
    case midway
    /// Like ``normal``, with one NaN in eight numbers that only bits beyond a 16-bit float tell from an infinity.
    case signaling
    /// Next to 0, ±½, ±1, ±π/2 and ±π, and exactly there.
    case near
    /// −400, and one in 90 a multiple of ¼ in [0, 2]: of a long row of logits, few count.
    case sparse
    /// −400, and one in a thousand a multiple of ¼ in [0, 2]: the largest of a long row is mostly far from its beginning.
    case lonePeaks
    /// Uniform in [−3·10⁴, 3·10⁴]: within float16, where most products are not.
    case vast
    /// Mostly like ``normal``, with numbers like ``wide``, ``special`` and ``extreme`` in between, for large tensors.
    case mixed
    /// A masking bias: 0, −∞ or like ``normal``.
    case mask

    /// The kinds with infinities or numbers at the ends of ranges, which most sums lose their bound by.
    static let endlessKinds: Set<CaseValues> = [.wide, .special, .extreme, .mixed]
    /// The kinds that can leave results without a bound.
    static let openKinds: Set<CaseValues> = endlessKinds.union([.rare, .lone, .vast, .large, .midway])

    private static let specials: [Float] =
        [
            0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -0x1.16C2p-133, .leastNormalMagnitude,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, -1, 0.5, 88.5, -104, 1e-7
        ] + payloads

    /// NaNs with a sign and with bits at both ends, which a rounding of their bits turns into numbers.
    private static let payloads: [Float] = [
        0xFFC0_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FC0_0001, 0x7FC0_8000, 0x7FFF_8000
    ].map { Float(bitPattern: $0) }

    private static let extremeFloats: [Float] = [
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNormalMagnitude, -.leastNormalMagnitude,
        .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0, -0.0, 1, -1, 0x1p24, 0x1.000002p24, -0x1p31, 0x1p31, 0x1p63,
        -0x1p63, 65504, 65520, -65504, 0x1p-24, 0x1p-14, 1.0000001, 0.99999994
    ]

    private static let extremeIntegers: [Int64] = [
        .max, .max - 1, .min, .min + 1, 1 << 53, 1 << 53 + 1, 1 << 53 - 1, -(1 << 53), -(1 << 53) - 1, 1 << 32,
        1 << 32 + 1, 1 << 33, 1 << 40, -(1 << 32), 1 << 31, 1 << 31 - 1, -(1 << 31), -(1 << 31) - 1, 1 << 24 + 1,
        1 << 16, 1 << 15, 255, 256, -129, 0, 1, -1
    ]

    func float(_ numbers: inout SeededNumbers) -> Float {
        switch self {
        case .normal: return numbers.uniform(-2, 2)
        case .positive: return numbers.uniform(0.1, 4)
        case .wide:
            let magnitude = Float(sign: .plus, exponent: numbers.below(61) - 30, significand: numbers.uniform(1, 2))
            return numbers.chance(0.5) ? magnitude : -magnitude
        case .peaked: return numbers.uniform(-60, 60)
        case .large: return numbers.uniform(-400, 400)
        case .low: return numbers.uniform(-400, -200)
        case .far: return numbers.uniform(99, 101)
        case .coarse: return Float(numbers.below(9) - 4) / 4
        case .ties: return Float(numbers.below(5) - 2)
        case .tiny: return numbers.uniform(-1, 1) * 0x1p-127
        case .halves: return Float(numbers.below(41) - 20) / 2
        case .special: return numbers.chance(0.4) ? numbers.pick(CaseValues.specials) : numbers.uniform(-2, 2)
        case .rare: return numbers.chance(0.033) ? numbers.pick(CaseValues.specials) : numbers.uniform(-2, 2)
        case .extreme: return numbers.pick(CaseValues.extremeFloats)
        case .midway:
            // Eight or eleven bits, a half, and a last bit more or less.
            let bits = numbers.chance(0.5) ? 16 : 13
            let kept = UInt32(truncatingIfNeeded: numbers.next()) & 0x3F80_0000 | 0x3000_0000
            let half = kept | (UInt32(numbers.below(128)) << bits) | (1 << (bits - 1))
            let value = Float(bitPattern: half &+ UInt32(numbers.below(3)) &- 1)
            return numbers.chance(0.5) ? value : -value
        case .lone: return numbers.chance(0.0005) ? .nan : numbers.uniform(-2, 2)
        case .signaling:
            let payload = UInt32(1) << UInt32(numbers.below(13))
            return numbers.chance(0.125) ? Float(bitPattern: 0x7F80_0000 | payload) : numbers.uniform(-2, 2)
        case .near:
            let center = numbers.pick([0, 0.5, 1, Float.pi / 2, Float.pi, 2])
            let near =
                center + numbers.uniform(-1, 1) * Float(sign: .plus, exponent: -numbers.below(20), significand: 1)
            return numbers.chance(0.5) ? near : -near
        case .sparse: return numbers.chance(1 / 90) ? Float(numbers.below(9)) / 4 : -400
        case .lonePeaks: return numbers.chance(0.001) ? Float(numbers.below(9)) / 4 : -400
        case .vast: return numbers.uniform(-3e4, 3e4)
        case .mixed: return numbers.chance(0.8) ? numbers.uniform(-2, 2) : CaseValues.unusual(&numbers).float(&numbers)
        case .mask: return numbers.chance(0.3) ? -.infinity : numbers.chance(0.5) ? 0 : numbers.uniform(-2, 2)
        }
    }

    private static func unusual(_ numbers: inout SeededNumbers) -> CaseValues {
        numbers.pick([CaseValues.wide, .special, .extreme])
    }

    func integer(_ numbers: inout SeededNumbers) -> Int64 {
        switch self {
        case .wide, .special, .rare: Int64(truncatingIfNeeded: numbers.next()) >> Int64(numbers.below(60))
        case .extreme: numbers.pick(CaseValues.extremeIntegers)
        case .mixed: numbers.chance(0.8) ? Int64(numbers.below(19) - 9) : CaseValues.unusual(&numbers).integer(&numbers)
        case .midway:
            // The same of integers that float32 does not hold either.
            (Int64(numbers.chance(0.5) ? 2 * (128 + numbers.below(128)) + 1 : 2 * (1024 + numbers.below(1024)) + 1)
                << Int64(17 + numbers.below(30))) + Int64(numbers.below(3) - 1)
        case .ties, .mask, .sparse, .lonePeaks: Int64(numbers.below(3) - 1)
        case .positive: Int64(numbers.below(9) + 1)
        case .normal, .peaked, .large, .low, .far, .coarse, .tiny, .halves, .near, .lone, .signaling, .vast:
            Int64(numbers.below(19) - 9)
        }
    }

    func tensor(_ dtype: DType, _ shape: [Int], _ numbers: inout SeededNumbers) -> Tensor {
        let count = shape.reduce(1, *)
        let storage: Tensor.Storage
        switch dtype {
        case .float32: storage = .float32((0..<count).map { _ in float(&numbers) })
        case .float16: storage = .float16((0..<count).map { _ in NarrowFloat.float16(float(&numbers)) })
        case .bfloat16: storage = .bfloat16((0..<count).map { _ in NarrowFloat.bfloat16(float(&numbers)) })
        case .int32: storage = .int32((0..<count).map { _ in Int32(truncatingIfNeeded: integer(&numbers)) })
        case .int64: storage = .int64((0..<count).map { _ in integer(&numbers) })
        case .bool: storage = .bool((0..<count).map { _ in numbers.chance(0.6) ? 1 : 0 })
        }
        return CaseValues.tensor(storage, shape)
    }

    /// A tensor with a storage that matches its shape.
    static func tensor(_ storage: Tensor.Storage, _ shape: [Int]) -> Tensor {
        do throws(TensorError) {
            return try Tensor(storage: storage, shape: shape)
        } catch {
            preconditionFailure("a case's tensor fits its shape: \(error)")
        }
    }
}
