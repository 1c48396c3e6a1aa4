import AttendBackend
import SIMDKernelTypes
import SIMDKernels
import SIMDThreads

/// Attention with one query per lane, by tiles of as many queries as a tile of the matrix product has columns.
///
/// Work is divided by key/value heads and blocks of queries. Each goes over the keys in blocks of 128, a multiple of 128
/// from the first key on, so that the order of additions depends on nothing else; blocks that no query of a tile sees are
/// left out. Scores are K · Qᵀ and outputs Vᵀ · Pᵀ, by the tiles of the matrix product: neither K nor V is packed or
/// transposed. Scratch memory is independent of the number of keys.
///
/// In bfloat16 with native products, K stays as it is and Qᵀ is in pairs. A step over 128 keys and 64 components, of a tile
/// of 32 queries, takes 8,192 · 1.25 vdpbf16ps and broadcasts for the scores and 16,384 multiply-adds for the values.
struct TileAttention {
    let attention: AttentionKernel
    let width: Int
    let tiles: Int

    static let blockKeys = 128
    /// Tiles that share the loads of a block of keys, which stays in the second-level cache meanwhile.
    private static let mostTiles = 4

    init(_ attention: AttentionKernel) {
        self.attention = attention
        width = attention.engine.table.product.panelColumns
        // Fewer where threads would otherwise have nothing to do; no result depends on it.
        var tiles = TileAttention.mostTiles
        let heads = attention.batch * attention.sharedHeads
        while tiles > 1, heads * (attention.groupRows / (tiles * width)) < 4 * attention.engine.pool.threadCount {
            tiles /= 2
        }
        self.tiles = tiles
    }

    var blockRows: Int { tiles * width }
    var d: Int { attention.headDimension }
    var values: Int { attention.valueDimension }

    func run(_ operands: HostOperands) throws(BackendError) {
        let blocks = (attention.groupRows + blockRows - 1) / blockRows
        let items = attention.batch * attention.sharedHeads * blocks
        let threads = min(items, attention.engine.pool.threadCount)
        try attention.requireRoom(floats: threads * Scratch.floats(self))
        let heads = attention.sharedHeads
        attention.engine.parallel(items, grain: 1) { range in
            let scratch = Scratch(self)
            defer { scratch.free() }
            for item in range {
                // Causal queries see more keys the later they are: the longest first.
                let block = blocks - 1 - item / (attention.batch * heads)
                let head = item % (attention.batch * heads)
                run(operands, batch: head / heads, head: head % heads, firstRow: block * blockRows, scratch)
            }
        }
    }

    /// A block of queries over the keys of one head.
    private func run(
        _ operands: HostOperands, batch: Int, head: Int, firstRow: Int, _ scratch: Scratch
    ) {
        let rows = min(blockRows, attention.groupRows - firstRow)
        let used = (rows + width - 1) / width
        prepare(operands, batch, head, firstRow, rows, scratch)
        let seen = span(scratch.spans, used)
        var start = seen.lowerBound - seen.lowerBound % TileAttention.blockKeys
        while start < seen.upperBound {
            let end = min(start + TileAttention.blockKeys, seen.upperBound)
            var block = block(operands, batch, head, start..<end, scratch)
            for tile in 0..<used {
                step(
                    operands, batch, head, firstRow + tile * width, min(width, rows - tile * width), tile, &block,
                    scratch)
            }
            start += TileAttention.blockKeys
        }
        finish(operands, batch, head, firstRow, rows, scratch)
    }

    /// Transposes the queries into lanes, and finds the keys that each may see.
    private func prepare(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ firstRow: Int, _ rows: Int, _ scratch: Scratch
    ) {
        let used = (rows + width - 1) / width
        if rows < used * width { (scratch.query + (used - 1) * width * d).update(repeating: 0, count: width * d) }
        scratch.output.update(repeating: 0, count: used * width * values)
        let strides = attention.query.strides
        for tile in 0..<used {
            let state = scratch.state + 2 * tile * width
            state.update(repeating: -.infinity, count: width)
            (state + width).update(repeating: 0, count: width)
            forEachHead(head, firstRow + tile * width, min(width, rows - tile * width)) {
                lane, length, queryHead, query in
                let target = scratch.query + (tile * width * d + lane)
                if let native = attention.native {
                    let place = attention.queryPlace(batch, queryHead, query)
                    native.pack(
                        d, length, operands.input(0) + place, strides[3], strides[2], pairs(scratch, tile) + 2 * lane)
                } else if attention.narrow != nil {
                    for index in 0..<length {
                        attention.copyQuery(operands, batch, queryHead, query + index, into: scratch.keys + index * d)
                    }
                    attention.engine.table.copies.transpose(length, d, scratch.keys, d, target, width)
                } else {
                    let source = attention.queryRow(operands, batch, queryHead, query)
                    if strides[3] == 1 {
                        attention.engine.table.copies.transpose(length, d, source, strides[2], target, width)
                    } else {
                        attention.engine.table.copies.gather(d, length, source, strides[3], strides[2], target, width)
                    }
                }
                for index in 0..<length {
                    scratch.ranges[tile * width + lane + index] = attention.rules.range(operands, batch, query + index)
                }
            }
            if let native = attention.native {
                scratch.queryLeast[tile] = native.least(1, BFloat16Kernels.panelSize(k: d), pairs(scratch, tile), 0)
            }
            scratch.spans[tile] = span(scratch.ranges + tile * width, min(width, rows - tile * width))
        }
    }

    /// Calls a body for each run of rows that are queries of one head, which lie at equal distances.
    func forEachHead(
        _ head: Int, _ firstRow: Int, _ count: Int,
        _ body: (_ lane: Int, _ length: Int, _ head: Int, _ query: Int) -> Void
    ) {
        var lane = 0
        while lane < count {
            let (queryHead, query) = attention.place(ofRow: firstRow + lane, head: head)
            let length = min(count - lane, attention.queries - query)
            body(lane, length, queryHead, query)
            lane += length
        }
    }

    /// The keys from the first that any of these queries sees to the last.
    private func span(_ ranges: UnsafePointer<Range<Int>>, _ count: Int) -> Range<Int> {
        var (low, high) = (Int.max, 0)
        for index in 0..<count where !ranges[index].isEmpty {
            low = min(low, ranges[index].lowerBound)
            high = max(high, ranges[index].upperBound)
        }
        return high == 0 ? 0..<0 : low..<high
    }

    /// One tile over one block: scores, softmax, and the product with the values.
    private func step(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ firstRow: Int, _ count: Int, _ tile: Int,
        _ block: inout Block, _ scratch: Scratch
    ) {
        let ranges = scratch.ranges + tile * width
        let keys = block.keys.clamped(to: scratch.spans[tile])
        guard !keys.isEmpty else { return }
        let table = attention.engine.table
        let bias = rowBiases(operands, batch, head, firstRow, count, keys, scratch)
        if case .none = bias { return }
        scores(block, keys, tile, scratch)
        let value = block.value.from(keys.lowerBound - block.keys.lowerBound)

        let limits = limits(ranges, count, keys, scratch)
        var isHiding = limits != nil
        var biases: UnsafePointer<Float>?
        if case .some(let pointer) = bias { (biases, isHiding) = (pointer, true) }
        let output = scratch.output + tile * width * values
        table.attention.softmax(
            scratch.scores, keys.count, limits, biases, attention.softCap, scratch.state + 2 * tile * width, output,
            values)
        if isHiding {
            let isFinite = block.isFinite ?? attention.areFinite(block.value, block.keys.count)
            block.isFinite = isFinite
            guard isFinite else {
                for lane in 0..<count {
                    attention.addVisible(
                        operands, batch, head, row: firstRow + lane, keys, values: value,
                        pattern: scratch.scores + lane, patternStride: width, output: output + lane,
                        outputStride: width)
                }
                return
            }
        }
        table.product.block(
            values, width, keys.count, 1, value.pointer, value.componentStride, value.rowStride,
            scratch.scores, 0, width, output, width, true)
    }

    /// The limits of each lane in a block; nil if all lanes see all of its keys by their ranges.
    private func limits(
        _ ranges: UnsafePointer<Range<Int>>, _ count: Int, _ keys: Range<Int>, _ scratch: Scratch
    ) -> UnsafePointer<Int32>? {
        var isWhole = true
        for lane in 0..<width {
            // Lanes without a query see what they are given: 0.
            let range = lane < count ? ranges[lane].clamped(to: keys) : keys
            isWhole = isWhole && range == keys
            scratch.limits[lane] = Int32(range.lowerBound - keys.lowerBound)
            scratch.limits[width + lane] = Int32(range.upperBound - keys.lowerBound)
        }
        return isWhole ? nil : UnsafePointer(scratch.limits)
    }

    // MARK: Results

    /// Divides by the sums and writes rows of outputs.
    private func finish(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ firstRow: Int, _ rows: Int, _ scratch: Scratch
    ) {
        // Rows of a group are next to each other in the output.
        let first = (batch * attention.heads + head * attention.group) * attention.queries + firstRow
        for tile in 0..<(rows + width - 1) / width {
            let count = min(width, rows - tile * width)
            let output = scratch.output + tile * width * values
            attention.engine.table.attention.finish(
                scratch.state + 2 * tile * width, output, values, scratch.logSums)
            let row = first + tile * width
            if operands.outputs[0] != nil {
                if attention.narrow == nil {
                    attention.engine.table.copies.transpose(
                        values, count, output, width, operands.output(0, as: Float.self) + row * values, values)
                } else {
                    attention.engine.table.copies.transpose(values, count, output, width, scratch.values, values)
                    attention.write(scratch.values, count * values, operands, output: 0, at: row * values)
                }
            }
            if operands.outputs[2] != nil { attention.write(scratch.logSums, count, operands, output: 2, at: row) }
        }
    }
}
