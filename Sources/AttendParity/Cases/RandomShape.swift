/// Shapes for seeded cases.
enum RandomShape {
    private static let limits = [63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1023, 1025, 2049, 4097]

    /// A random shape: half of them with up to four axes, most of these with more than 1,024 elements; the others with
    /// one axis next to a limit, with equal axes, or with up to eight axes.
    static func shape(_ numbers: inout SeededNumbers, ranks: ClosedRange<Int> = 1...4) -> [Int] {
        let rank = ranks.lowerBound + numbers.below(ranks.count)
        switch numbers.below(10) {
        case 0, 1:
            var shape = (0..<rank).map { _ in 1 + numbers.below(3) }
            if rank > 0 { shape[numbers.below(rank)] = numbers.pick(limits) }
            return shape
        case 2:
            let size = 1 + numbers.below([0, 40, 20, 9, 5][min(rank, 4)])
            return Array(repeating: size, count: rank)
        case 3 where ranks.upperBound == 4:
            return (0..<5 + numbers.below(4)).map { _ in 1 + numbers.below(4) }
        default: return ordinary(rank, &numbers)
        }
    }

    private static func ordinary(_ rank: Int, _ numbers: inout SeededNumbers) -> [Int] {
        let isLarge = numbers.chance(0.65)
        while true {
            let limit = isLarge ? [0, 3000, 90, 24, 12][min(rank, 4)] : [0, 70, 24, 10, 6][min(rank, 4)]
            let shape = (0..<rank).map { _ in 1 + numbers.below(limit) }
            if !isLarge || rank == 0 || shape.reduce(1, *) > 1024 { return shape }
        }
    }
}
