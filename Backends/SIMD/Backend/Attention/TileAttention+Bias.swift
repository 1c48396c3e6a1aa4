import AttendBackend
import SIMDKernelTypes

extension TileAttention {
    /// The bias and the mask of a tile in a block.
    enum Biases {
        /// No key is visible.
        case none
        /// Every key is visible, without a bias.
        case all
        case some(UnsafePointer<Float>)
    }

    /// The biases `[keys][width]`, −∞ where the mask hides a key.
    func rowBiases(
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
    func hide(
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
}
