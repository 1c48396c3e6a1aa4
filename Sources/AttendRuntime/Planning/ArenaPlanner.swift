import AttendBackend
import AttendGraph

/// Assigns offsets in one buffer so that lives that overlap in time don't overlap in memory.
///
/// The problem is dynamic storage allocation, NP-hard (Garey and Johnson, *Computers and Intractability*, SR2). The
/// planner tries four greedy orders and keeps the smallest result: by size; by breadth, with the values alive at the
/// busiest step first (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020); by size
/// times duration; and by first use. On transformers the best is within a few percent of the largest live set. O(n²)
/// for n lives; beyond ``searchLimit`` ``SweepPlanner`` is used, O(n log n).
struct ArenaPlanner {
    let lives: [MemoryPlanner.Life]
    /// The largest buffer in bytes; a single life beyond it still gets a buffer of its own.
    let limit: Int

    /// Alignment of values in bytes: one cache line.
    static let alignment = 64
    /// The largest number of lives for the greedy orders; large models have a few thousand.
    static let searchLimit = 4096

    private struct Layout {
        /// Placed lives of each buffer, by ascending offset.
        var buffers: [[(offset: Int, life: Int)]] = []
        var sizes: [Int] = []
        var total: Int { sizes.reduce(0, +) }
    }

    func assign(_ members: [Int], to assignment: inout SlotAssignment, backendIndex: Int) {
        guard !members.isEmpty else { return }
        guard members.count <= ArenaPlanner.searchLimit else {
            return SweepPlanner(lives: lives, limit: limit).assign(members, to: &assignment, backendIndex: backendIndex)
        }
        let candidates = orders(members).map(layout)
        guard let best = candidates.min(by: { $0.total < $1.total }) else { return }
        for (size, inside) in zip(best.sizes, best.buffers) {
            for (offset, life) in inside {
                assignment.slots[life] = Plan.Slot(buffer: assignment.buffers.count, byteOffset: offset)
            }
            assignment.buffers.append(Plan.Buffer(byteCount: size, backendIndex: backendIndex))
        }
    }

    private func orders(_ members: [Int]) -> [[Int]] {
        func ordered(by weight: (Int) -> Int) -> [Int] {
            members.map { (-weight($0), -lives[$0].byteCount, $0) }.sorted { $0 < $1 }.map(\.2)
        }
        let end = members.map { lives[$0].last == .max ? lives[$0].first : lives[$0].last }.max() ?? 0
        var breadths = Array(repeating: 0, count: end + 1)
        for member in members {
            for step in lives[member].first...min(lives[member].last, end) { breadths[step] += lives[member].byteCount }
        }
        return [
            ordered { lives[$0].byteCount },
            ordered { breadths[lives[$0].first...min(lives[$0].last, end)].max() ?? 0 },
            ordered {
                let (area, overflow) = lives[$0].byteCount.multipliedReportingOverflow(
                    by: min(lives[$0].last, end) - lives[$0].first + 1)
                return overflow ? .max : area
            }, members
        ]
    }

    private func layout(_ order: [Int]) -> Layout {
        var layout = Layout()
        for life in order {
            let size = aligned(lives[life].byteCount)
            var target = 0
            var offset = 0
            while target < layout.buffers.count {
                offset = gap(for: life, size, in: layout.buffers[target])
                if offset + size <= max(limit, layout.sizes[target]) { break }
                target += 1
            }
            if target == layout.buffers.count {
                layout.buffers.append([])
                layout.sizes.append(0)
                offset = 0
            }
            let position = layout.buffers[target].firstIndex { $0.offset > offset } ?? layout.buffers[target].count
            layout.buffers[target].insert((offset, life), at: position)
            layout.sizes[target] = max(layout.sizes[target], offset + size)
        }
        return layout
    }

    /// Offset of the smallest sufficient gap between lives that overlap in time, else the end of the last one.
    private func gap(for life: Int, _ size: Int, in placed: [(offset: Int, life: Int)]) -> Int {
        var (end, best, bestWidth) = (0, Int?.none, Int.max)
        for (offset, other) in placed where lives[other].overlaps(lives[life]) {
            let width = offset - end
            if width >= size, width < bestWidth { (best, bestWidth) = (end, width) }
            end = max(end, offset + aligned(lives[other].byteCount))
        }
        return best ?? end
    }

    private func aligned(_ byteCount: Int) -> Int { ArenaPlanner.aligned(byteCount) }

    static func aligned(_ byteCount: Int) -> Int {
        (byteCount + alignment - 1) / alignment * alignment
    }
}

/// Gives each life a whole buffer: the best fit among the free ones.
struct BufferReuse {
    let lives: [MemoryPlanner.Life]

    func assign(_ members: [Int], to assignment: inout SlotAssignment) {
        /// Free buffers by backend.
        var free: [Int: FreeList] = [:]
        var bufferOf: [Int: Int] = [:]
        let leaving = members.sorted { (lives[$0].last, $0) < (lives[$1].last, $1) }
        var gone = 0
        for life in members.sorted(by: { (lives[$0].first, $0) < (lives[$1].first, $1) }) {
            while gone < leaving.count, lives[leaving[gone]].last < lives[life].first {
                if let buffer = bufferOf[leaving[gone]] {
                    let (size, backendIndex) = (
                        assignment.buffers[buffer].byteCount, assignment.buffers[buffer].backendIndex
                    )
                    free[backendIndex, default: FreeList()].insert(buffer, size: size)
                }
                gone += 1
            }
            let (size, backendIndex) = (lives[life].byteCount, lives[life].backendIndex)
            // If no free buffer is large enough, the largest one grows.
            guard let buffer = free[backendIndex]?.takeSmallest(atLeast: size) ?? free[backendIndex]?.takeLargest()
            else {
                bufferOf[life] = assignment.addBuffer(for: lives[life], life)
                continue
            }
            assignment.buffers[buffer].byteCount = max(assignment.buffers[buffer].byteCount, size)
            assignment.slots[life] = Plan.Slot(buffer: buffer, byteOffset: 0)
            bufferOf[life] = buffer
        }
    }
}
