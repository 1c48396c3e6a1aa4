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
    private let attention: AttentionKernel
    private let width: Int
    private let tiles: Int

    private static let blockKeys = 128
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

    private var blockRows: Int { tiles * width }
    private var d: Int { attention.headDimension }
    private var values: Int { attention.valueDimension }

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

    /// A thread's memory.
    private struct Scratch {
        /// `[tiles][headDimension][width]`; for native products `[tiles]` panels of pairs in the same places.
        let query: UnsafeMutablePointer<Float>
        /// `[tiles]`: the least exponent field of each panel of pairs.
        let queryLeast: UnsafeMutablePointer<Int>
        /// `[blockKeys][headDimension]`: keys that are widened or copied, before them queries. Empty for float32.
        let keys: UnsafeMutablePointer<Float>
        /// `[blockKeys][valueDimension]`: widened values, after them outputs. Empty for float32.
        let values: UnsafeMutablePointer<Float>
        /// `[blockKeys][width]`.
        let scores: UnsafeMutablePointer<Float>
        /// `[blockKeys][width]`.
        let bias: UnsafeMutablePointer<Float>
        /// `[tiles][valueDimension][width]`.
        let output: UnsafeMutablePointer<Float>
        /// `[tiles][2][width]`: the maximum and the sum of each lane.
        let state: UnsafeMutablePointer<Float>
        /// `[width]`.
        let logSums: UnsafeMutablePointer<Float>
        /// `[2][width]`: the first key that a lane sees and the one after the last, from the block's first key on.
        let limits: UnsafeMutablePointer<Int32>
        /// `[tiles * width]`: the keys that the lanes may see.
        let ranges: UnsafeMutablePointer<Range<Int>>
        /// `[tiles]`: the keys that any lane of a tile may see.
        let spans: UnsafeMutablePointer<Range<Int>>

        static func floats(_ tiles: TileAttention) -> Int {
            tiles.blockRows * (tiles.d + tiles.values + 2 + 4) + 6 * tiles.tiles + (2 * TileAttention.blockKeys + 3)
                * tiles.width + narrowRows(tiles) * (tiles.d + tiles.values)
        }

        private static func narrowRows(_ tiles: TileAttention) -> Int {
            tiles.attention.narrow == nil ? 0 : TileAttention.blockKeys
        }

        init(_ tiles: TileAttention) {
            func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
                UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, count), alignment: 64)
                    .bindMemory(to: Float.self, capacity: max(1, count))
            }
            query = floats(tiles.blockRows * tiles.d)
            queryLeast = .allocate(capacity: tiles.tiles)
            keys = floats(Scratch.narrowRows(tiles) * tiles.d)
            values = floats(Scratch.narrowRows(tiles) * tiles.values)
            scores = floats(TileAttention.blockKeys * tiles.width)
            bias = floats(TileAttention.blockKeys * tiles.width)
            output = floats(tiles.blockRows * tiles.values)
            state = floats(2 * tiles.blockRows)
            logSums = floats(tiles.width)
            limits = .allocate(capacity: 2 * tiles.width)
            ranges = .allocate(capacity: tiles.blockRows)
            spans = .allocate(capacity: tiles.tiles)
        }

        func free() {
            for pointer in [query, keys, values, scores, bias, output, state, logSums] { pointer.deallocate() }
            queryLeast.deallocate()
            limits.deallocate()
            ranges.deallocate()
            spans.deallocate()
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

    /// The queries of a tile in pairs.
    private func pairs(_ scratch: Scratch, _ tile: Int) -> UnsafeMutablePointer<UInt16> {
        UnsafeMutableRawPointer(scratch.query + tile * width * d).assumingMemoryBound(to: UInt16.self)
    }

    /// Calls a body for each run of rows that are queries of one head, which lie at equal distances.
    private func forEachHead(
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

    /// A block of keys.
    private struct Block {
        /// The keys in float32, or in bfloat16 for native products.
        enum Keys {
            case float32(KeyRows)
            case native(NativeKeys, BFloat16Kernels)
        }

        let keys: Range<Int>
        let key: Keys
        let value: KeyRows
        /// Whether all values are finite; found out where a key is hidden.
        var isFinite: Bool?
    }

    private func block(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>, _ scratch: Scratch
    ) -> Block {
        let value = attention.rows(.value, operands, batch, head, keys, room: scratch.values)
        if let native = attention.native,
            let rows = attention.nativeKeys(operands, batch, head, keys, room: scratch.keys)
        {
            return Block(keys: keys, key: .native(rows, native), value: value)
        }
        let rows = attention.rows(.key, operands, batch, head, keys, room: scratch.keys)
        return Block(keys: keys, key: .float32(rows), value: value)
    }

    /// The scores of a tile, `[keys][width]`.
    private func scores(_ block: Block, _ keys: Range<Int>, _ tile: Int, _ scratch: Scratch) {
        let first = keys.lowerBound - block.keys.lowerBound
        switch block.key {
        case .float32(let rows):
            attention.engine.table.product.block(
                keys.count, width, d, attention.scale, rows.from(first).pointer, rows.rowStride, rows.componentStride,
                scratch.query + tile * width * d, 0, width, scratch.scores, width, false)
        case .native(let rows, let native):
            let (key, query) = (rows.pointer + first * rows.stride, pairs(scratch, tile))
            native.block(
                keys.count, 1, d, attention.scale, key, rows.stride, query, 0, scratch.scores, width, false)
            let least = scratch.queryLeast[tile]
            guard !BFloat16Kernels.isExact(rows.least, least) else { return }
            for index in 0..<keys.count {
                let row = key + index * rows.stride
                guard !BFloat16Kernels.isExact(native.least(1, d, row, 0), least) else { continue }
                native.wideBlock(
                    1, 1, d, attention.scale, row, 0, query, 0, scratch.scores + index * width, width, false)
            }
        }
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

    /// The bias and the mask of a tile in a block.
    private enum Biases {
        /// No key is visible.
        case none
        /// Every key is visible, without a bias.
        case all
        case some(UnsafePointer<Float>)
    }

    /// The biases `[keys][width]`, −∞ where the mask hides a key.
    private func rowBiases(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ firstRow: Int, _ count: Int, _ keys: Range<Int>,
        _ scratch: Scratch
    ) -> Biases {
        let (mask, layout) = (attention.rules.mask, attention.bias)
        guard mask != nil || layout != nil else { return .all }
        let target = scratch.bias
        if layout == nil || count < width { target.update(repeating: 0, count: keys.count * width) }
        var hidden = 0
        forEachHead(head, firstRow, count) { lane, length, queryHead, query in
            if layout != nil, attention.narrow != nil {
                // The scores are written later.
                for index in 0..<length {
                    let row = scratch.scores + index * TileAttention.blockKeys
                    _ = attention.copyBias(operands, batch, queryHead, query + index, keys, into: row)
                }
                attention.engine.table.copies.transpose(
                    length, keys.count, scratch.scores, TileAttention.blockKeys, target + lane, width)
            } else if let layout, let source = attention.biasRow(operands, batch, queryHead, query) {
                attention.engine.table.copies.gather(
                    keys.count, length, source + keys.lowerBound * layout.strides[3], layout.strides[3],
                    layout.strides[2], target + lane, width)
            }
            if let mask, let source = attention.rules.maskRow(operands, batch, queryHead, query) {
                hidden += hide(
                    source + keys.lowerBound * mask.strides[3], mask.strides[2], mask.strides[3], length, keys.count,
                    target + lane)
            }
        }
        if layout == nil {
            if hidden == 0 { return .all }
            if hidden == count * keys.count { return .none }
        }
        return .some(UnsafePointer(target))
    }

    /// Writes −∞ for the hidden keys of some queries, and returns their number.
    private func hide(
        _ mask: UnsafePointer<UInt8>, _ queryStride: Int, _ keyStride: Int, _ queries: Int, _ keys: Int,
        _ target: UnsafeMutablePointer<Float>
    ) -> Int {
        var hidden = 0
        if queryStride == 0 {
            for key in 0..<keys where mask[key * keyStride] == 0 {
                (target + key * width).update(repeating: -.infinity, count: queries)
                hidden += queries
            }
            return hidden
        }
        for query in 0..<queries {
            let row = mask + query * queryStride
            for key in 0..<keys where row[key * keyStride] == 0 {
                target[key * width + query] = -.infinity
                hidden += 1
            }
        }
        return hidden
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
