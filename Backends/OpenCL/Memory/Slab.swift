/// First-fit allocator for the ranges of one large buffer; adjacent free ranges merge.
package struct Slab {
    package let byteCount: Int
    /// Free ranges in ascending order, not adjacent to each other.
    private var free: [Range<Int>]

    package init(byteCount: Int) {
        self.byteCount = byteCount
        free = byteCount > 0 ? [0..<byteCount] : []
    }

    package var isUnused: Bool { free == [0..<byteCount] }

    /// Offset of `count` reserved bytes; nil if no free range fits. O(free ranges).
    package mutating func take(_ count: Int) -> Int? {
        guard let index = free.firstIndex(where: { $0.count >= count }) else { return nil }
        let start = free[index].lowerBound
        if free[index].count == count {
            free.remove(at: index)
        } else {
            free[index] = (start + count)..<free[index].upperBound
        }
        return start
    }

    package mutating func giveBack(_ range: Range<Int>) {
        var range = range
        let next = free.firstIndex { $0.lowerBound >= range.upperBound } ?? free.endIndex
        var place = next
        if next < free.endIndex, free[next].lowerBound == range.upperBound {
            range = range.lowerBound..<free[next].upperBound
            free.remove(at: next)
        }
        if place > 0, free[place - 1].upperBound == range.lowerBound {
            range = free[place - 1].lowerBound..<range.upperBound
            free.remove(at: place - 1)
            place -= 1
        }
        free.insert(range, at: place)
    }
}
