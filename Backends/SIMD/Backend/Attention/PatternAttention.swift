import AttendBackend
import SIMDKernelTypes
import SIMDKernels
import SIMDThreads

/// Attention where the attention pattern itself is asked for or the products are a library's, by blocks of queries:
/// scores by the matrix engine, the softmax of each row in place, and the pattern times the values. One block of scores
/// per thread is in memory.
struct PatternAttention: Sendable {
    private let attention: AttentionKernel

    private var engine: HostEngine { attention.engine }
    private var batch: Int { attention.batch }
    private var heads: Int { attention.heads }
    private var queries: Int { attention.queries }
    private var keys: Int { attention.keys }
    private var valueDimension: Int { attention.valueDimension }

    /// Queries per block.
    private static let blockRows = 64

    init(_ attention: AttentionKernel) throws(UnsupportedOperation) {
        self.attention = attention
        try attention.engine.requireSizes([attention.keys, attention.headDimension, attention.valueDimension])
    }

    func run(_ operands: HostOperands) throws(BackendError) {
        let blocks = (queries + PatternAttention.blockRows - 1) / PatternAttention.blockRows
        let threads = min(batch * heads * blocks, engine.pool.threadCount)
        // Scores, visibility and bias of each key, and a copy of the values.
        try attention.requireRoom(floats: threads * (PatternAttention.blockRows + 2 + valueDimension), times: keys)
        engine.parallel(batch * heads * blocks, grain: 1) { items in
            let scores = UnsafeMutablePointer<Float>.allocate(capacity: max(1, PatternAttention.blockRows * keys))
            let visible = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, keys))
            let biases = UnsafeMutablePointer<Float>.allocate(capacity: max(1, keys))
            defer {
                scores.deallocate()
                visible.deallocate()
                biases.deallocate()
            }
            for item in items {
                let first = item % blocks * PatternAttention.blockRows
                let block = Block(
                    batch: item / blocks / heads, head: item / blocks % heads, first: first,
                    rows: min(PatternAttention.blockRows, queries - first))
                run(block, operands, scores, visible, biases)
            }
        }
    }

    /// A block of queries of one head.
    private struct Block {
        let batch: Int
        let head: Int
        let first: Int
        let rows: Int
    }

    private func run(
        _ block: Block, _ operands: HostOperands, _ scores: UnsafeMutablePointer<Float>,
        _ visible: UnsafeMutablePointer<UInt8>, _ biases: UnsafeMutablePointer<Float>
    ) {
        let shared = block.head / max(1, attention.group)
        let keyMatrix = matrix(attention.keyHead(operands, block.batch, shared), attention.key)
        engine.multiply(
            MatrixProduct(
                m: block.rows, n: keys, k: attention.headDimension,
                a: matrix(attention.queryRow(operands, block.batch, block.head, block.first), attention.query),
                b: .plain(keyMatrix.transposed), c: scores, cRowStride: keys))

        let row = (block.batch * heads + block.head) * queries + block.first
        for index in 0..<block.rows {
            let query = block.first + index
            let bounds = attention.rules.fill(visible, operands, block.batch, block.head, query)
            let rowBias = denseBias(operands, block, query, biases)
            let sum = engine.table.rows.attentionRow(
                scores + index * keys, keys, bounds ? UnsafePointer(visible) : nil, rowBias, attention.scale,
                attention.softCap)
            if operands.outputs[2] != nil { operands.output(2, as: Float.self)[row + index] = sum }
        }
        if operands.outputs[1] != nil {
            operands.output(1, as: Float.self).advanced(by: row * keys).update(from: scores, count: block.rows * keys)
        }
        guard operands.outputs[0] != nil else { return }

        let base = attention.valueHead(operands, block.batch, shared)
        let values = matrix(base, attention.value)
        let target = operands.output(0, as: Float.self) + row * valueDimension
        let rows = KeyRows(pointer: base, rowStride: values.rowStride, componentStride: values.columnStride)
        guard attention.hides, !attention.areFinite(rows, keys) else {
            multiply(scores, values, block.rows, into: target)
            return
        }
        // A hidden key's value must not contribute, but 0 · NaN would: only finite values are summed, and components
        // with a non-finite value at a visible key are set to NaN.
        let clean = finiteCopy(of: values)
        defer { clean.deallocate() }
        multiply(scores, MatrixOperand(clean, rowStride: valueDimension), block.rows, into: target)
        for index in 0..<block.rows {
            for key in 0..<keys
            where attention.sees(operands, block.batch, block.head, block.first + index, key: key) {
                for column in 0..<valueDimension where !at(values, key, column).isFinite {
                    target[index * valueDimension + column] = .nan
                }
            }
        }
    }

    private func multiply(
        _ pattern: UnsafePointer<Float>, _ values: MatrixOperand, _ rows: Int, into target: UnsafeMutablePointer<Float>
    ) {
        engine.multiply(
            MatrixProduct(
                m: rows, n: valueDimension, k: keys, a: MatrixOperand(pattern, rowStride: keys), b: .plain(values),
                c: target, cRowStride: valueDimension))
    }

    /// The last two axes of a layout, from this row on.
    private func matrix(_ base: UnsafePointer<Float>, _ layout: Layout) -> MatrixOperand {
        MatrixOperand(base, rowStride: layout.strides[2], columnStride: layout.strides[3])
    }

    private func at(_ matrix: MatrixOperand, _ row: Int, _ column: Int) -> Float {
        matrix.pointer[row * matrix.rowStride + column * matrix.columnStride]
    }

    /// A copy of the values with 0 in place of NaN and infinities.
    private func finiteCopy(of values: MatrixOperand) -> UnsafeMutablePointer<Float> {
        let copy = UnsafeMutablePointer<Float>.allocate(capacity: max(1, keys * valueDimension))
        for row in 0..<keys {
            for column in 0..<valueDimension {
                let element = at(values, row, column)
                copy[row * valueDimension + column] = element.isFinite ? element : 0
            }
        }
        return copy
    }

    /// A contiguous row of biases, copied only if strided; nil without a bias.
    private func denseBias(
        _ operands: HostOperands, _ block: Block, _ query: Int, _ room: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float>? {
        guard let stride = attention.bias?.strides[3],
            let start = attention.biasRow(operands, block.batch, block.head, query)
        else { return nil }
        if stride == 1 { return start }
        for key in 0..<keys { room[key] = start[key * stride] }
        return UnsafePointer(room)
    }
}
