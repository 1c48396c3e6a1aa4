import AttendBackend
import SIMDKernelTypes
import SIMDThreads

/// `attention.v1` in one pass over the keys: scores are never all in memory (Milakov and Gimelshein, *Online normalizer
/// calculation for softmax*, 2018; Dao et al., *FlashAttention*, 2022).
///
/// Three forms: ``TileAttention`` with queries in lanes, ``DecodeAttention`` for few queries, which splits the keys among
/// threads, and ``PatternAttention`` where the pattern is an output or the products must be those of a library.
struct AttentionKernel: Sendable {
    let engine: HostEngine
    let backend: String
    let rules: Visibility
    let query: Layout
    let key: Layout
    let value: Layout
    let bias: Layout?
    let scale: Float
    let softCap: Float
    /// Conversions of queries, keys, values, biases and results in a 16-bit type; nil for float32.
    let narrow: ConversionKernels?
    /// Products of bfloat16 for the scores; nil where they are of float32.
    let native: BFloat16Kernels?

    var batch: Int { query.shape[0] }
    var heads: Int { query.shape[1] }
    var queries: Int { query.shape[2] }
    var sharedHeads: Int { key.shape[1] }
    var keys: Int { key.shape[2] }
    var headDimension: Int { query.shape[3] }
    var valueDimension: Int { value.shape[3] }
    /// Query heads that read one key/value head.
    var group: Int { heads / max(1, sharedHeads) }
    /// Queries of all heads that read one key/value head, head by head: row r is query r % queries of the group's head
    /// r / queries.
    var groupRows: Int { group * queries }
    /// Whether anything can hide a key.
    var hides: Bool { rules.hidesAnything || bias != nil }

    static func kernel(
        _ call: AttentionCall, _ engine: HostEngine, _ backend: String
    ) throws(UnsupportedOperation) -> HostKernel {
        try kernel(AttentionKernel(call, engine, backend, narrow: nil, native: nil), call)
    }

    static func kernel(_ attention: AttentionKernel, _ call: AttentionCall) throws(UnsupportedOperation) -> HostKernel {
        let (name, body) = try attention.form(for: call)
        return HostKernel(name, call.request, flops: call.flops, body: body).strided(AttentionCall.Input.strided)
    }

    private func form(
        for call: AttentionCall
    ) throws(UnsupportedOperation) -> (name: String, body: HostKernel.Body) {
        guard engine.matrices.fusesAttention, !call.wants(.pattern) else {
            return ("attention by products (\(engine.matrices.name))", try PatternAttention(self).run)
        }
        let type = narrow == nil ? "" : " (\(call.query.dtype))"
        guard groupRows <= DecodeAttention.mostRows, narrow != nil || hasDenseComponents else {
            return (native == nil ? "attention\(type)" : "attention (bfloat16 products)", TileAttention(self).run)
        }
        return ("attention of few queries\(type)", DecodeAttention(self).run)
    }

    init(
        _ call: AttentionCall, _ engine: HostEngine, _ backend: String, narrow: ConversionKernels?,
        native: BFloat16Kernels?
    ) throws(UnsupportedOperation) {
        (self.engine, self.backend, self.narrow, self.native) = (engine, backend, narrow, native)
        func layout(_ operand: Operand, _ name: String) throws(UnsupportedOperation) -> Layout {
            narrow == nil ? try Rows.float(operand, name).layout : operand.layout
        }
        query = try layout(call.query, "query")
        key = try layout(call.key, "key")
        value = try layout(call.value, "value")
        bias = try call.bias.map { operand throws(UnsupportedOperation) in
            try layout(operand, "bias").broadcast(to: call.scores)
        }
        rules = Visibility(call)
        scale = Float(call.scale)
        // 0 means no cap, also in the row kernel.
        softCap = Float(call.softCap)
    }

    /// Whether components of keys and values are next to each other.
    private var hasDenseComponents: Bool {
        (key.strides[3] == 1 || headDimension <= 1) && (value.strides[3] == 1 || valueDimension <= 1)
    }

    /// The keys of a key/value head, in float32.
    func keyHead(_ operands: HostOperands, _ batch: Int, _ head: Int) -> UnsafePointer<Float> {
        operands.input(1) + key.offset + batch * key.strides[0] + head * key.strides[1]
    }

    /// The values of a key/value head, in float32.
    func valueHead(_ operands: HostOperands, _ batch: Int, _ head: Int) -> UnsafePointer<Float> {
        operands.input(2) + value.offset + batch * value.strides[0] + head * value.strides[1]
    }

    /// The query head and the query of a row of a group.
    func place(ofRow row: Int, head: Int) -> (head: Int, query: Int) {
        (head * group + row / queries, row % queries)
    }

    /// A query of float32.
    func queryRow(_ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int) -> UnsafePointer<Float> {
        operands.input(0) + queryPlace(batch, head, query)
    }

    /// The biases of a query in float32, the last stride of ``bias`` apart; nil without a bias.
    func biasRow(_ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int) -> UnsafePointer<Float>? {
        bias.map { layout in
            let strides = layout.strides
            return operands.input(4) + layout.offset + batch * strides[0] + head * strides[1] + query * strides[2]
        }
    }

    /// Whether a key is visible to a query, and its value takes part.
    func sees(_ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int, key: Int) -> Bool {
        guard rules.range(operands, batch, query).contains(key) else { return false }
        if let mask = rules.mask, let row = rules.maskRow(operands, batch, head, query),
            row[key * mask.strides[3]] == 0
        {
            return false
        }
        var number: Float = 0
        return !copyBias(operands, batch, head, query, key..<key + 1, into: &number) || number != -.infinity
    }

    /// Whether the values of these rows are all finite; a sum that overflows counts as not finite.
    func areFinite(_ values: KeyRows, _ count: Int) -> Bool {
        (0..<count).allSatisfy { index in
            let row = values.from(index).pointer
            guard values.componentStride != 1 else { return engine.table.rows.sum(row, valueDimension).isFinite }
            return (0..<valueDimension).allSatisfy { row[$0 * values.componentStride].isFinite }
        }
    }

    /// Adds pattern · value of the visible keys alone to the output of a row: 0 · NaN would be NaN at a hidden key.
    ///
    /// - Parameters:
    ///   - values: The values from the first of `keys` on.
    ///   - pattern: The row's pattern from the first of `keys` on, `patternStride` apart.
    ///   - output: The row's output, `outputStride` apart.
    func addVisible(
        _ operands: HostOperands, _ batch: Int, _ head: Int, row: Int, _ keys: Range<Int>,
        values: KeyRows, pattern: UnsafePointer<Float>, patternStride: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        let (queryHead, query) = place(ofRow: row, head: head)
        for key in keys where sees(operands, batch, queryHead, query, key: key) {
            let weight = pattern[(key - keys.lowerBound) * patternStride]
            let value = values.from(key - keys.lowerBound)
            for column in 0..<valueDimension {
                let number = value.pointer[column * value.componentStride]
                // Where anything can hide keys, what is not finite gives NaN.
                output[column * outputStride] += number.isFinite ? weight * number : .nan
            }
        }
    }

    /// Throws if memory for the threads' scratch is lacking: a failed `allocate` aborts the process.
    func requireRoom(floats: Int, times count: Int = 1) throws(BackendError) {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: 4 * floats)
        guard !overflow, byteCount < 1 << 24 || HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: backend, byteCount: overflow ? .max : byteCount)
        }
    }
}
