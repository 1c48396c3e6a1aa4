import AttendBackend
import AttendGraph

/// Best-fit placement in order of first use: each life takes the smallest free block that fits, or the end of the
/// buffer. Adjacent free blocks merge. O(n log n) for n lives in one buffer.
struct SweepPlanner {
    let lives: [MemoryPlanner.Life]
    /// The largest buffer in bytes; a single life beyond it still gets a buffer of its own.
    let limit: Int

    func assign(_ members: [Int], to assignment: inout SlotAssignment, backendIndex: Int) {
        var buffers: [Block.Buffer] = []
        var blockOf: [Int: (buffer: Int, block: Block)] = [:]
        let leaving = members.sorted { (lives[$0].last, $0) < (lives[$1].last, $1) }
        var gone = 0
        let first = assignment.buffers.count
        for life in members.sorted(by: { (lives[$0].first, $0) < (lives[$1].first, $1) }) {
            while gone < leaving.count, lives[leaving[gone]].last < lives[life].first {
                if let (buffer, block) = blockOf.removeValue(forKey: leaving[gone]) { buffers[buffer].free(block) }
                gone += 1
            }
            let size = max(ArenaPlanner.alignment, ArenaPlanner.aligned(lives[life].byteCount))
            var (target, block) = (0, Block?.none)
            while target < buffers.count, block == nil {
                block = buffers[target].take(size, limit)
                if block == nil { target += 1 }
            }
            if block == nil {
                buffers.append(Block.Buffer())
                block = buffers[target].take(size, max(limit, size))
            }
            guard let block else { preconditionFailure("an empty buffer must have room") }
            blockOf[life] = (target, block)
            assignment.slots[life] = Plan.Slot(buffer: first + target, byteOffset: block.start)
        }
        assignment.buffers += buffers.map { Plan.Buffer(byteCount: $0.end, backendIndex: backendIndex) }
    }
}

/// A block of a buffer, in bytes.
private struct Block {
    var start: Int
    var size: Int
    var end: Int { start + size }

    /// A buffer that grows at its end, and the free blocks in it.
    struct Buffer {
        private(set) var end = 0
        private var sizes = FreeList()
        /// Sizes of free blocks by start; see also `startByEnd`.
        private var sizeByStart: [Int: Int] = [:]
        private var startByEnd: [Int: Int] = [:]

        mutating func take(_ size: Int, _ limit: Int) -> Block? {
            // Merged blocks are still listed with their former sizes: skip them.
            while let (start, found) = sizes.takeSmallestBlock(atLeast: size) {
                guard sizeByStart[start] == found else { continue }
                forget(Block(start: start, size: found))
                if found > size { note(Block(start: start + size, size: found - size)) }
                return Block(start: start, size: size)
            }
            // A free block at the end grows.
            let start = startByEnd[end] ?? end
            guard size <= limit - start else { return nil }
            if start < end { forget(Block(start: start, size: end - start)) }
            end = start + size
            return Block(start: start, size: size)
        }

        mutating func free(_ block: Block) {
            var block = block
            if let before = startByEnd[block.start] {
                forget(Block(start: before, size: block.start - before))
                block = Block(start: before, size: block.end - before)
            }
            if let after = sizeByStart[block.end] {
                forget(Block(start: block.end, size: after))
                block.size += after
            }
            note(block)
        }

        private mutating func note(_ block: Block) {
            sizeByStart[block.start] = block.size
            startByEnd[block.end] = block.start
            sizes.insert(block.start, size: block.size)
        }

        private mutating func forget(_ block: Block) {
            sizeByStart[block.start] = nil
            startByEnd[block.end] = nil
        }
    }
}

/// Free blocks sorted by size, with binary search.
struct FreeList {
    /// Distinct sizes in ascending order.
    private var sizes: [Int] = []
    private var starts: [Int: [Int]] = [:]

    mutating func insert(_ start: Int, size: Int) {
        if starts[size] == nil { sizes.insert(size, at: position(of: size)) }
        starts[size, default: []].append(start)
    }

    mutating func takeSmallest(atLeast size: Int) -> Int? { takeSmallestBlock(atLeast: size)?.start }

    mutating func takeSmallestBlock(atLeast size: Int) -> (start: Int, size: Int)? {
        let position = position(of: size)
        return position < sizes.count ? take(at: position) : nil
    }

    mutating func takeLargest() -> Int? { sizes.isEmpty ? nil : take(at: sizes.count - 1)?.start }

    private mutating func take(at position: Int) -> (start: Int, size: Int)? {
        let size = sizes[position]
        guard let start = starts[size]?.popLast() else { return nil }
        if starts[size]?.isEmpty ?? true {
            starts[size] = nil
            sizes.remove(at: position)
        }
        return (start, size)
    }

    /// The index of the first size ≥ `size`.
    private func position(of size: Int) -> Int {
        var range = 0..<sizes.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = sizes[middle] < size ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
