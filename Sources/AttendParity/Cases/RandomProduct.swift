/// Sizes of products for seeded cases.
enum RandomProduct {
    private static let limits = [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 513]

    /// Rows, terms and columns, with at most 2¹⁸ products.
    static func sizes(_ numbers: inout SeededNumbers) -> (m: Int, k: Int, n: Int) {
        if numbers.chance(0.1) {
            let size = 1 + numbers.below(40)
            return (size, size, size)
        }
        func size(_ numbers: inout SeededNumbers, _ limit: Int) -> Int {
            numbers.chance(0.4) ? numbers.pick(limits) : 1 + numbers.below(limit)
        }
        while true {
            let (m, k) = (size(&numbers, 70), size(&numbers, 90))
            let n = numbers.chance(0.15) ? k : size(&numbers, 70)
            if m * k * n <= 1 << 18 { return (m, k, n) }
        }
    }

    /// The leading axes of both operands by key; none in half of the cases.
    static func batches(_ numbers: inout SeededNumbers) -> [(key: String, shape: [Int])] {
        let (a, b) = (1 + numbers.below(4), 1 + numbers.below(4))
        switch numbers.below(12) {
        case 0: return [("batch", [a])]
        case 1: return [("batch", [a, b])]
        case 2: return [("lhs-batch", [a, b]), ("rhs-batch", [])]
        case 3: return [("lhs-batch", []), ("rhs-batch", [a, b])]
        case 4: return [("lhs-batch", [a, 1]), ("rhs-batch", [1, b])]
        case 5: return [("lhs-batch", [a]), ("rhs-batch", [b, a])]
        case 6: return [("batch", [a, 1, b, 2])]
        default: return []
        }
    }

    /// The leading axes of a projection's input.
    static func rows(_ count: Int, _ numbers: inout SeededNumbers) -> [Int] {
        switch numbers.below(8) {
        case 0: [1 + numbers.below(4), count]
        case 1: [2, 1 + numbers.below(3), min(count, 40)]
        case 2: [1 + numbers.below(70), 1 + numbers.below(2), 1 + numbers.below(2)]
        case 3: []
        default: [count]
        }
    }
}
