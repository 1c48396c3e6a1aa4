import AttendRuntime

/// What a case's tensors hold.
enum CaseValues: String, CaseIterable, Sendable {
    /// Even in [−2, 2]; integers of −9…9.
    case normal
    /// Even in [0.1, 4].
    case positive
    /// Magnitudes from 2⁻³⁰ to 2³⁰; integers of all bits.
    case wide
    /// Even in [−60, 60]: as logits they leave one winner.
    case peaked
    /// Even in [−400, 400], where an exponential without care is infinite.
    case large
    /// Even in [−400, −200], where one is 0.
    case low
    /// Even in [99, 101]: far from 0, and near each other.
    case far
    /// Multiples of ¼ in [−1, 1]: sums of their products are exact in any order.
    case coarse
    /// Among few numbers, so that many are equal.
    case ties
    /// Below the smallest normal number.
    case tiny
    /// Whole and half numbers, which comparisons and roundings are exact on.
    case halves
    /// ±0, ±∞, NaN, denormals and the largest numbers among ordinary ones.
    case special
    /// As ``normal``, but one in thirty is one of the special ones, so that most sums hold one at most.
    case rare
    /// A bias as masks make it: mostly 0, else −∞.
    case mask

    private static let specials: [Float] = [
        0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -0x1.16C2p-133, .leastNormalMagnitude,
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, -1, 0.5, 88.5, -104, 1e-7
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
        case .mask: return numbers.chance(0.3) ? -.infinity : numbers.chance(0.5) ? 0 : numbers.uniform(-2, 2)
        }
    }

    func integer(_ numbers: inout SeededNumbers) -> Int64 {
        switch self {
        case .wide, .special, .rare: Int64(truncatingIfNeeded: numbers.next()) >> Int64(numbers.below(60))
        case .ties, .mask: Int64(numbers.below(3) - 1)
        case .positive: Int64(numbers.below(9) + 1)
        case .normal, .peaked, .large, .low, .far, .coarse, .tiny, .halves: Int64(numbers.below(19) - 9)
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

    /// A tensor whose storage was made for its shape.
    static func tensor(_ storage: Tensor.Storage, _ shape: [Int]) -> Tensor {
        do throws(TensorError) {
            return try Tensor(storage: storage, shape: shape)
        } catch {
            preconditionFailure("a case's tensor fits its shape: \(error)")
        }
    }
}

/// How an operand lies in memory before the operation sees it.
enum CaseView: String, CaseIterable, Sendable {
    case dense
    /// A weight of the graph, which may be packed.
    case constant
    /// A weight that is stored under another shape, its sizes in the reverse order.
    case reshaped
    /// The last two axes swapped.
    case transposed
    /// Every second element of the last axis.
    case strided
    /// The last axis from its end.
    case reversed
    /// All but the first rows of the first axis.
    case offset
    /// One element repeated along the last axis.
    case stretched

    /// The views that a shape can be.
    static func fitting(_ shape: [Int]) -> [CaseView] {
        switch shape.count {
        case 0: [.dense, .constant]
        case 1: allCases.filter { $0 != .transposed && $0 != .reshaped }
        default: allCases
        }
    }
}
