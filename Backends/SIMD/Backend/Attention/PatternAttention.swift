import AttendBackend
import SIMDKernelTypes
import SIMDKernels
import SIMDThreads

/// `attention.v1` where the attention pattern itself is asked for or the products are a library's, by blocks of queries: scores by the matrix engine, the
/// softmax of each row in place, and the pattern times the values. One block of scores per thread is in memory.
struct PatternAttention: Sendable {
    private let engine: HostEngine
    private let backend: String
    private let rules: Visibility
    private let query: Layout
    private let key: Layout
    private let value: Layout
    private let bias: Layout?
    private let scale: Float
    private let softCap: Float
    private let wantsPattern: Bool
    private let wantsSum: Bool

    private var batch: Int { query.shape[0] }
    private var heads: Int { query.shape[1] }
    private var queries: Int { query.shape[2] }
    private var keys: Int { key.shape[2] }
    private var headDimension: Int { query.shape[3] }
    private var valueDimension: Int { value.shape[3] }

    /// Queries per block.
    private static let blockRows = 64

    static func kernel(
        _ call: AttentionCall, _ engine: HostEngine, _ backend: String
    ) throws(UnsupportedOperation) -> HostKernel {
        let attention = try PatternAttention(call, engine, backend)
        return HostKernel("attention by products (\(engine.matrices.name))", call.request, flops: call.flops) {
            operands throws(BackendError) in
            try attention.run(operands)
        }
        .strided(AttentionCall.Input.strided)
    }

    private init(_ call: AttentionCall, _ engine: HostEngine, _ backend: String) throws(UnsupportedOperation) {
        self.engine = engine
        self.backend = backend
        query = try Rows.float(call.query, "query").layout
        key = try Rows.float(call.key, "key").layout
        value = try Rows.float(call.value, "value").layout
        bias = try call.bias.map { operand throws(UnsupportedOperation) in
            try Rows.float(operand, "bias").layout.broadcast(to: call.scores)
        }
        rules = Visibility(call)
        try engine.requireSizes([call.keys, call.headDimension, call.valueDimension])
        scale = Float(call.scale)
        // 0 means no cap, also in the row kernel.
        softCap = Float(call.softCap)
        wantsPattern = call.wants(.pattern)
        wantsSum = call.wants(.logSumExp)
    }

    private func run(_ operands: HostOperands) throws(BackendError) {
        let blocks = (queries + PatternAttention.blockRows - 1) / PatternAttention.blockRows
        try requireRoom(items: batch * heads * blocks)
        let hides = rules.hidesAnything || bias != nil
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
                run(block, operands, hides: hides, scores, visible, biases)
            }
        }
    }

    /// Throws if memory for each thread's block of scores is lacking: a failed `allocate` aborts the process.
    private func requireRoom(items: Int) throws(BackendError) {
        let threads = min(items, engine.pool.threadCount)
        let (byteCount, overflow) = keys.multipliedReportingOverflow(
            by: threads * (4 * PatternAttention.blockRows + 5 + 4 * valueDimension))
        guard !overflow, byteCount < 1 << 24 || HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: backend, byteCount: overflow ? .max : byteCount)
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
        _ block: Block, _ operands: HostOperands, hides: Bool, _ scores: UnsafeMutablePointer<Float>,
        _ visible: UnsafeMutablePointer<UInt8>, _ biases: UnsafeMutablePointer<Float>
    ) {
        let shared = block.head / max(1, heads / max(1, key.shape[1]))
        let queryBlock = matrix(operands.input(0), query, block.batch, block.head)
        engine.multiply(
            MatrixProduct(
                m: block.rows, n: keys, k: headDimension,
                a: MatrixOperand(
                    queryBlock.pointer + block.first * queryBlock.rowStride, rowStride: queryBlock.rowStride,
                    columnStride: queryBlock.columnStride),
                b: .plain(matrix(operands.input(1), key, block.batch, shared).transposed), c: scores, cRowStride: keys))

        let row = (block.batch * heads + block.head) * queries + block.first
        for index in 0..<block.rows {
            let bounds = rules.fill(visible, operands, block.batch, block.head, block.first + index)
            let rowBias = bias.map { gatherBias($0, operands.input(4), block, index, biases) }
            let sum = engine.table.rows.attentionRow(
                scores + index * keys, keys, bounds ? UnsafePointer(visible) : nil, rowBias, scale, softCap)
            if wantsSum { operands.output(2, as: Float.self)[row + index] = sum }
        }
        if wantsPattern {
            operands.output(1, as: Float.self).advanced(by: row * keys).update(from: scores, count: block.rows * keys)
        }
        guard operands.outputs[0] != nil else { return }

        let values = matrix(operands.input(2), value, block.batch, shared)
        let target = operands.output(0, as: Float.self) + row * valueDimension
        guard hides, let clean = finiteCopy(of: values) else {
            multiply(scores, values, block.rows, into: target)
            return
        }
        // A hidden key's value must not contribute, but 0 · NaN would: only finite values are summed, and components
        // with a non-finite value at a visible key are set to NaN.
        defer { clean.deallocate() }
        multiply(scores, MatrixOperand(clean, rowStride: valueDimension), block.rows, into: target)
        for index in 0..<block.rows {
            let bounds = rules.fill(visible, operands, block.batch, block.head, block.first + index)
            let rowBias = bias.map { gatherBias($0, operands.input(4), block, index, biases) }
            for key in 0..<keys where (!bounds || visible[key] != 0) && rowBias?[key] != -.infinity {
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

    private func matrix(_ base: UnsafePointer<Float>, _ layout: Layout, _ batch: Int, _ head: Int) -> MatrixOperand {
        MatrixOperand(
            base + layout.offset + batch * layout.strides[0] + head * layout.strides[1], rowStride: layout.strides[2],
            columnStride: layout.strides[3])
    }

    private func at(_ matrix: MatrixOperand, _ row: Int, _ column: Int) -> Float {
        matrix.pointer[row * matrix.rowStride + column * matrix.columnStride]
    }

    /// A copy of the values with 0 in place of NaN and infinities; nil if all are finite, the usual case.
    private func finiteCopy(of values: MatrixOperand) -> UnsafeMutablePointer<Float>? {
        var spoiled = false
        for row in 0..<keys {
            // x · 0 is 0 for finite x and NaN otherwise, so the sum detects any non-finite value.
            var sum: Float = 0
            for column in 0..<valueDimension { sum += at(values, row, column) * 0 }
            spoiled = spoiled || sum != 0
        }
        guard spoiled else { return nil }
        let copy = UnsafeMutablePointer<Float>.allocate(capacity: max(1, keys * valueDimension))
        for row in 0..<keys {
            for column in 0..<valueDimension {
                let element = at(values, row, column)
                copy[row * valueDimension + column] = element.isFinite ? element : 0
            }
        }
        return copy
    }

    /// A contiguous row of biases, copied only if strided.
    private func gatherBias(
        _ layout: Layout, _ base: UnsafePointer<Float>, _ block: Block, _ index: Int,
        _ room: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        let strides = layout.strides
        let start =
            base + layout.offset + block.batch * strides[0] + block.head * strides[1]
            + (block.first + index) * strides[2]
        if strides[3] == 1 { return start }
        for key in 0..<keys { room[key] = start[key * strides[3]] }
        return UnsafePointer(room)
    }
}
