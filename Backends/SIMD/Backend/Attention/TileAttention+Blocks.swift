import AttendBackend
import SIMDKernelTypes
import SIMDKernels

extension TileAttention {
    /// A thread's memory.
    struct Scratch {
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

    /// The queries of a tile in pairs.
    func pairs(_ scratch: Scratch, _ tile: Int) -> UnsafeMutablePointer<UInt16> {
        UnsafeMutableRawPointer(scratch.query + tile * width * d).assumingMemoryBound(to: UInt16.self)
    }

    /// A block of keys.
    struct Block {
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

    func block(
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
    func scores(_ block: Block, _ keys: Range<Int>, _ tile: Int, _ scratch: Scratch) {
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
}
