/// Shapes for seeded cases.
enum RandomShape {
    private static let limits = [63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1023, 1025, 2049, 4097]

    private static let longAxes = [4097, 8191, 20_000, 65_535, 65_536, 65_537]

    /// A random shape: one in thirty with more than 2¹⁶ elements, some of these with more than 2²⁰; of the rest, half with up
    /// to four axes, most of these with more than 1,024 elements; the others with one axis next to a limit, with equal axes,
    /// or with up to eight axes.
    static func shape(_ numbers: inout SeededNumbers, ranks: ClosedRange<Int> = 1...4) -> [Int] {
        let rank = ranks.lowerBound + numbers.below(ranks.count)
        if rank > 0, numbers.chance(1 / 30) {
            return large(ranks.upperBound == 4 ? rank + numbers.below(2) : rank, &numbers)
        }
        switch numbers.below(10) {
        case 0, 1:
            var shape = (0..<rank).map { _ in 1 + numbers.below(3) }
            if rank > 0 { shape[numbers.below(rank)] = numbers.pick(limits) }
            return shape
        case 2:
            let size = 1 + numbers.below([0, 40, 20, 9, 5][min(rank, 4)])
            return Array(repeating: size, count: rank)
        case 3 where ranks.upperBound == 4:
            var shape = (0..<5 + numbers.below(4)).map { _ in 1 + numbers.below(4) }
            // One axis of many beyond a limit.
            guard numbers.chance(0.4) else { return shape }
            let isLong = numbers.chance(0.3)
            let (axis, other) = (numbers.below(shape.count), numbers.below(shape.count))
            shape = shape.enumerated().map { isLong && $0 != other ? 1 : min($1, 2) }
            shape[axis] = numbers.pick(isLong ? longAxes : limits)
            return shape
        default: return ordinary(rank, &numbers)
        }
    }

    private static func large(_ rank: Int, _ numbers: inout SeededNumbers) -> [Int] {
        let count = numbers.chance(0.4) ? 1_048_577 + numbers.below(40_000) : 65_537 + numbers.below(60_000)
        guard rank > 1 else { return [count] }
        var shape = (0..<rank).map { _ in 1 }
        var rest = count
        // The axes in random order: a long one, short ones, and what is left.
        let order = Array(shape.indices).shuffled(using: &numbers)
        for axis in order.dropLast() {
            let size = numbers.chance(0.3) ? numbers.pick(longAxes) : 1 + numbers.below(40)
            shape[axis] = max(1, min(size, rest))
            rest = max(1, rest / shape[axis])
        }
        shape[order[rank - 1]] = rest + 1
        return shape
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
