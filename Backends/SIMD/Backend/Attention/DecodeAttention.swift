import AttendBackend
import SIMDKernelTypes
import SIMDKernels
import SIMDThreads

/// Attention of few queries over many keys: each key and value is read once for all query heads that share it, and the
/// keys are divided among threads, in parts of ``partKeys`` whatever the number of threads. The parts' maxima, sums and
/// outputs are merged in their order. 16-bit keys and values are widened ``chunk`` at a time, in the first-level cache.
struct DecodeAttention {
    private let attention: AttentionKernel
    private let parts: Int

    /// Queries, of all heads of a group, up to which this form is faster than tiles of queries.
    static let mostRows = 8
    private static let partKeys = 512

    init(_ attention: AttentionKernel) {
        self.attention = attention
        parts = max(1, (attention.keys + DecodeAttention.partKeys - 1) / DecodeAttention.partKeys)
    }

    private var rows: Int { attention.groupRows }
    private var d: Int { attention.headDimension }
    private var values: Int { attention.valueDimension }
    /// Keys that are widened together, 8 KB of float32 and a multiple of 16; 0 if none are.
    private var chunk: Int { attention.narrow == nil ? 0 : max(16, 2048 / max(1, d, values) / 16 * 16) }
    /// The maximum, the sum and the output of a row in one part.
    private var resultSize: Int { values + 2 }

    func run(_ operands: HostOperands) throws(BackendError) {
        let groups = attention.batch * attention.sharedHeads
        let threads = min(groups * parts, attention.engine.pool.threadCount)
        let floats =
            groups * parts * rows * resultSize + threads
            * (rows * (d + 3 * DecodeAttention.partKeys) + chunk * max(d, values) + values)
        try attention.requireRoom(floats: floats)
        let results = UnsafeMutablePointer<Float>.allocate(capacity: max(1, groups * parts * rows * resultSize))
        defer { results.deallocate() }
        attention.engine.parallel(groups * parts, grain: 1) { items in
            let scratch = Scratch(self)
            defer { scratch.free() }
            for item in items {
                run(
                    operands, group: item / parts, part: item % parts, scratch,
                    into: results + item * rows * resultSize)
            }
        }
        // Few outputs are merged by the caller alone.
        let grain = max(1, (1 << 14) / max(1, parts * rows * values))
        attention.engine.parallel(groups, grain: grain) { range in
            for group in range {
                for row in 0..<rows { merge(operands, group, row, results + group * parts * rows * resultSize) }
            }
        }
    }

    private struct Scratch {
        /// `[rows][d]`, scaled.
        let query: UnsafeMutablePointer<Float>
        /// `[rows][partKeys]`.
        let scores: UnsafeMutablePointer<Float>
        let visible: UnsafeMutablePointer<UInt8>
        let bias: UnsafeMutablePointer<Float>
        /// `[chunk][components]`: widened keys or values. Empty for float32.
        let wide: UnsafeMutablePointer<Float>

        init(_ decode: DecodeAttention) {
            let (rows, d) = (decode.rows, decode.d)
            wide = .allocate(capacity: max(1, decode.chunk * max(d, decode.values)))
            query = .allocate(capacity: max(1, rows * d))
            scores = .allocate(capacity: max(1, rows * DecodeAttention.partKeys))
            visible = .allocate(capacity: DecodeAttention.partKeys)
            bias = .allocate(capacity: DecodeAttention.partKeys)
        }

        func free() {
            query.deallocate()
            scores.deallocate()
            visible.deallocate()
            bias.deallocate()
            wide.deallocate()
        }
    }

    /// Calls a body with the keys or values of a range: all of them in place, or a chunk at a time.
    private func forEachChunk(
        _ input: AttentionCall.Input, _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>,
        _ scratch: Scratch, _ body: (_ rows: KeyRows, _ keys: Range<Int>) -> Void
    ) {
        guard let source = attention.narrowRows(input, operands, batch, head) else {
            return body(attention.wideRows(input, operands, batch, head, from: keys.lowerBound), keys)
        }
        let size = chunk
        var start = keys.lowerBound
        while start < keys.upperBound {
            let end = min(start + size, keys.upperBound)
            // The chunk after the next one is on its way while two are computed.
            if start + 2 * size < keys.upperBound {
                source.fetch(start + 2 * size..<min(start + 3 * size, keys.upperBound))
            }
            body(source.widened(start..<end, into: scratch.wide), start..<end)
            start = end
        }
    }

    /// All queries of a group over a part of the keys.
    private func run(
        _ operands: HostOperands, group: Int, part: Int, _ scratch: Scratch,
        into results: UnsafeMutablePointer<Float>
    ) {
        let (batch, head) = (group / attention.sharedHeads, group % attention.sharedHeads)
        let first = part * DecodeAttention.partKeys
        let whole = first..<min(first + DecodeAttention.partKeys, attention.keys)
        // Keys that no query sees are not read.
        var (low, high) = (whole.upperBound, whole.lowerBound)
        for query in 0..<attention.queries {
            let range = attention.rules.range(operands, batch, query).clamped(to: whole)
            guard !range.isEmpty else { continue }
            (low, high) = (min(low, range.lowerBound), max(high, range.upperBound))
        }
        let keys = low..<max(low, high)
        for row in 0..<rows {
            (results + row * resultSize).update(repeating: 0, count: resultSize)
            results[row * resultSize] = -.infinity
        }
        guard !keys.isEmpty else { return }
        copyQueries(operands, batch, head, scratch)
        let table = attention.engine.table
        forEachChunk(.key, operands, batch, head, keys, scratch) { key, some in
            table.attention.scores(
                rows, some.count, d, scratch.query, key.pointer, key.rowStride,
                scratch.scores + (some.lowerBound - keys.lowerBound), keys.count)
        }
        var isHiding = false
        for row in 0..<rows {
            let hides = softmax(operands, batch, head, row, keys, scratch, results + row * resultSize)
            isHiding = isHiding || hides
        }
        if isHiding {
            var isFinite = true
            forEachChunk(.value, operands, batch, head, keys, scratch) { value, some in
                isFinite = isFinite && attention.areFinite(value, some.count)
            }
            guard isFinite else { return addVisible(operands, batch, head, keys, scratch, into: results) }
        }
        forEachChunk(.value, operands, batch, head, keys, scratch) { value, some in
            table.attention.values(
                rows, some.count, values, scratch.scores + (some.lowerBound - keys.lowerBound), keys.count,
                value.pointer, value.rowStride, results + 2, resultSize, some.lowerBound > keys.lowerBound)
        }
    }

    /// The values of visible keys alone, where some are not finite.
    private func addVisible(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>, _ scratch: Scratch,
        into results: UnsafeMutablePointer<Float>
    ) {
        forEachChunk(.value, operands, batch, head, keys, scratch) { value, some in
            for row in 0..<rows {
                attention.addVisible(
                    operands, batch, head, row: row, some, values: value,
                    pattern: scratch.scores + (row * keys.count + some.lowerBound - keys.lowerBound), patternStride: 1,
                    output: results + (row * resultSize + 2), outputStride: 1)
            }
        }
    }

    private func copyQueries(_ operands: HostOperands, _ batch: Int, _ head: Int, _ scratch: Scratch) {
        for row in 0..<rows {
            let (queryHead, query) = attention.place(ofRow: row, head: head)
            attention.copyQuery(operands, batch, queryHead, query, into: scratch.query + row * d)
            for index in row * d..<(row + 1) * d { scratch.query[index] *= attention.scale }
        }
    }

    /// The exponentials of a row's scores, and their maximum and sum; returns whether a key may be hidden.
    private func softmax(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ row: Int, _ keys: Range<Int>, _ scratch: Scratch,
        _ state: UnsafeMutablePointer<Float>
    ) -> Bool {
        let (queryHead, query) = attention.place(ofRow: row, head: head)
        let range = attention.rules.range(operands, batch, query).clamped(to: keys)
        let mask = attention.rules.maskRow(operands, batch, queryHead, query)
        let isBounded = range != keys || mask != nil
        if isBounded {
            scratch.visible.update(repeating: 0, count: keys.count)
            let step = attention.rules.mask?.strides[3] ?? 0
            for key in range { scratch.visible[key - keys.lowerBound] = mask.map { $0[key * step] } ?? 1 }
        }
        var bias: UnsafePointer<Float>?
        if attention.copyBias(operands, batch, queryHead, query, keys, into: scratch.bias) {
            bias = UnsafePointer(scratch.bias)
        }
        attention.engine.table.attention.row(
            scratch.scores + row * keys.count, keys.count, isBounded ? UnsafePointer(scratch.visible) : nil, bias,
            attention.softCap, state)
        return isBounded || bias != nil
    }

    /// Merges the parts of a row.
    private func merge(
        _ operands: HostOperands, _ group: Int, _ row: Int, _ results: UnsafePointer<Float>
    ) {
        let step = rows * resultSize
        let first = results + row * resultSize
        var best = -Float.infinity
        for part in 0..<parts {
            let maximum = first[part * step]
            if maximum > best || maximum.isNaN { best = maximum }
            if best.isNaN { break }
        }
        let target = (group * attention.group * attention.queries + row)
        var sum: Float = 0
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, values)) { room in
            guard let output = room.baseAddress else { return }
            output.update(repeating: 0, count: values)
            if best > -.infinity || best.isNaN {
                for part in 0..<parts where first[part * step] != -.infinity {
                    var factor = first[part * step] - best
                    withUnsafeMutablePointer(to: &factor) { attention.engine.table.unary(.exp)($0, $0, 1) }
                    sum += first[part * step + 1] * factor
                    for column in 0..<values { output[column] += first[part * step + 2 + column] * factor }
                }
                let inverse = 1 / sum
                for column in 0..<values { output[column] *= inverse }
            }
            if operands.outputs[0] != nil { attention.write(output, values, operands, output: 0, at: target * values) }
        }
        guard operands.outputs[2] != nil else { return }
        var logarithm = sum
        withUnsafeMutablePointer(to: &logarithm) { attention.engine.table.unary(.log)($0, $0, 1) }
        logarithm = best == -.infinity ? -.infinity : best + logarithm
        attention.write(&logarithm, 1, operands, output: 2, at: target)
    }
}
