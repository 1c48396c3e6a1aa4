import AttendRuntime
import Foundation

// Attention: who sees which key, in which head, with which numbers.

/// Attention by its definition in double precision, one query at a time, with places where a bug can be put in.
private struct AttentionD {
    let query: [Float], key: [Float], value: [Float]
    let batches: Int, heads: Int, queries: Int, width: Int
    let keyHeads: Int, keys: Int, valueWidth: Int
    var mask: [Int64]?, maskShape: [Int] = []
    var bias: [Float]?, biasShape: [Int] = []
    var lengths: [Int64]?, offsets: [Int64]?
    let scale: Double, cap: Double, window: Int?, causal: Bool, lowerRight: Bool
    let dtype: DType

    struct Row {
        var output: [Float], pattern: [Float], logSum: Float
    }

    init?(_ call: FaultyCall) {
        guard call.inputs.count >= 3, let query = call.inputs[0], let key = call.inputs[1],
            let value = call.inputs[2], query.shape.count == 4, key.shape.count == 4, value.shape.count == 4,
            key.shape[1] > 0, query.elementCount > 0
        else { return nil }
        self.query = call.floats(ofInput: 0)
        self.key = call.floats(ofInput: 1)
        self.value = call.floats(ofInput: 2)
        dtype = query.dtype
        batches = query.shape[0]
        heads = query.shape[1]
        queries = query.shape[2]
        width = query.shape[3]
        keyHeads = key.shape[1]
        keys = key.shape[2]
        valueWidth = value.shape[3]
        if let slot = call.slot("mask"), let tensor = call.inputs[slot] {
            mask = call.integers(ofInput: slot)
            maskShape = tensor.shape
        }
        if let slot = call.slot("bias"), let tensor = call.inputs[slot] {
            bias = call.floats(ofInput: slot)
            biasShape = tensor.shape
        }
        if let slot = call.slot("key_lengths"), call.inputs[slot] != nil {
            lengths = call.integers(ofInput: slot)
        }
        if let slot = call.slot("query_offset"), call.inputs[slot] != nil {
            offsets = call.integers(ofInput: slot)
        }
        let attributes = call.attributes
        scale = attributes.optionalNumber("scale") ?? (width > 0 ? 1 / Double(width).squareRoot() : 1)
        cap = attributes.optionalNumber("soft_cap") ?? 0
        window = attributes.optionalInteger("window")
        causal = attributes.bool("causal")
        lowerRight = attributes.string("alignment") == "lower_right"
    }

    static func place(_ shape: [Int], _ index: [Int]) -> Int {
        var place = 0
        for axis in 0..<shape.count {
            let full = axis + index.count - shape.count
            guard full >= 0 else { continue }
            place = place * shape[axis] + (shape[axis] == 1 ? 0 : index[full])
        }
        return place
    }

    func position(_ batch: Int, _ query: Int) -> Int {
        if let offsets, !offsets.isEmpty { return Int(offsets[offsets.count == 1 ? 0 : batch]) &+ query }
        guard lowerRight else { return query }
        if let lengths { return Int(lengths[batch]) &- queries &+ query }
        return keys - queries + query
    }

    func biasAt(_ index: [Int]) -> Float {
        guard let bias else { return 0 }
        return bias[Self.place(biasShape, index)]
    }

    /// What mask, bias and lengths leave visible; the rest is `isNear`'s.
    func isKept(_ index: [Int]) -> Bool {
        if let mask, mask[Self.place(maskShape, index)] == 0 { return false }
        if let lengths, Int64(index[3]) >= lengths[index[0]] { return false }
        return biasAt(index) != -.infinity
    }

    func isNear(_ key: Int, _ place: Int) -> Bool {
        if causal, key > place { return false }
        guard let window else { return true }
        let (low, under) = place.subtractingReportingOverflow(window)
        if !under, key <= low { return false }
        let (high, over) = place.addingReportingOverflow(window)
        return causal || over || key < high
    }

    func dot(_ batch: Int, _ head: Int, _ query: Int, _ key: Int, _ keyHead: Int) -> Double {
        let from = ((batch * heads + head) * queries + query) * width
        let other = ((batch * keyHeads + keyHead) * keys + key) * width
        var sum = 0.0
        for i in 0..<width { sum += Double(self.query[from + i]) * Double(self.key[other + i]) }
        return sum
    }

    func row(
        _ batch: Int, _ head: Int, _ query: Int, keyHead: Int? = nil,
        near: ((Int) -> Bool)? = nil, product: (Double) -> Double = { $0 }
    ) -> Row {
        let reads = keyHead ?? head / max(1, heads / keyHeads)
        let place = position(batch, query)
        var scores = [Double](repeating: -.infinity, count: keys)
        for key in 0..<keys {
            let index = [batch, head, query, key]
            guard isKept(index), near?(key) ?? isNear(key, place) else { continue }
            var score = product(dot(batch, head, query, key, reads)) * scale
            if cap != 0 { score = cap * tanh(score / cap) }
            scores[key] = score + Double(biasAt(index))
        }
        var row = Row(
            output: [Float](repeating: 0, count: valueWidth), pattern: [Float](repeating: 0, count: keys),
            logSum: -.infinity)
        let isBroken = scores.contains { $0.isNaN || $0 == .infinity }
        let top = scores.max() ?? -.infinity
        if isBroken {
            return Row(
                output: row.output.map { _ in .nan }, pattern: row.pattern.map { _ in .nan }, logSum: .nan)
        }
        guard top > -.infinity else { return row }
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for key in 0..<keys where scores[key] > -.infinity {
            row.pattern[key] = Float(weights[key] / sum)
            let from = ((batch * keyHeads + reads) * keys + key) * valueWidth
            for i in 0..<valueWidth { row.output[i] += Float(weights[key] / sum * Double(value[from + i])) }
        }
        row.logSum = Float(top + log(sum))
        return row
    }

    /// Puts a wrong query's results into the three outputs.
    func put(_ row: Row, _ batch: Int, _ head: Int, _ query: Int, _ call: inout FaultyCall) {
        let line = (batch * heads + head) * queries + query
        if call.outputs.count > 0, call.outputs[0] != nil, valueWidth > 0 {
            call.set(line * valueWidth..<(line + 1) * valueWidth, to: row.output, output: 0)
        }
        if call.outputs.count > 1, call.outputs[1] != nil, keys > 0 {
            call.set(line * keys..<(line + 1) * keys, to: row.pattern, output: 1)
        }
        if call.outputs.count > 2, call.outputs[2] != nil {
            call.set(line..<line + 1, to: [row.logSum], output: 2)
        }
    }

    func sees(_ batch: Int, _ head: Int, _ query: Int, _ key: Int) -> Bool {
        isKept([batch, head, query, key]) && isNear(key, position(batch, query))
    }

    func forEachQuery(_ body: (Int, Int, Int) -> Void) {
        for batch in 0..<batches { for head in 0..<heads { for i in 0..<queries { body(batch, head, i) } } }
    }
}

enum BlindFaultsD1 {
    static let all: [any ListedFault] = [
        HostFault(
            "attention-window-bounds-wrap", "the window's bounds are computed in int32, where they wrap", .row,
            of: ["attention"]
        ) { call in
            guard let attention = AttentionD(call), let window = attention.window else { return }
            let narrow = Int32(truncatingIfNeeded: window)
            attention.forEachQuery { batch, head, query in
                let exact = attention.position(batch, query)
                let place = Int32(truncatingIfNeeded: exact)
                let low = Int(place &- narrow)
                let high = Int(place &+ narrow)
                let near = { (key: Int) -> Bool in
                    if attention.causal, key > exact { return false }
                    return key > low && (attention.causal || key < high)
                }
                let keys = 0..<attention.keys
                guard keys.contains(where: { near($0) != attention.isNear($0, exact) }) else { return }
                attention.put(attention.row(batch, head, query, near: near), batch, head, query, &call)
            }
        },
        HostFault(
            "attention-first-tile-hidden", "NaN where the first 32 keys are hidden but a later one is not", .row,
            of: ["attention"]
        ) { call in
            guard let attention = AttentionD(call), attention.keys > 32 else { return }
            attention.forEachQuery { batch, head, query in
                let sees = (0..<attention.keys).map { attention.sees(batch, head, query, $0) }
                guard !sees[..<32].contains(true), sees.contains(true) else { return }
                let wrong = AttentionD.Row(
                    output: [Float](repeating: .nan, count: attention.valueWidth),
                    pattern: sees.map { $0 ? .nan : 0 }, logSum: .nan)
                attention.put(wrong, batch, head, query, &call)
            }
        },
        HostFault(
            "attention-groups-by-shift", "groups of 3, 5, 6 … query heads are found by a shift, as if of 2, 4 …",
            .row, of: ["attention"]
        ) { call in
            guard let attention = AttentionD(call), attention.keyHeads > 1 else { return }
            let group = attention.heads / attention.keyHeads
            guard group > 2, group & (group - 1) != 0 else { return }
            let shift = Int.bitWidth - 1 - group.leadingZeroBitCount
            attention.forEachQuery { batch, head, query in
                let reads = min(head >> shift, attention.keyHeads - 1)
                guard reads != head / group else { return }
                attention.put(attention.row(batch, head, query, keyHead: reads), batch, head, query, &call)
            }
        },
        HostFault(
            "attention-half-products-overflow", "float16 products overflow to infinity before they are scaled", .row,
            of: ["attention"]
        ) { call in
            guard let attention = AttentionD(call), attention.dtype == .float16 else { return }
            attention.forEachQuery { batch, head, query in
                let reads = head / max(1, attention.heads / attention.keyHeads)
                let overflows = (0..<attention.keys).contains {
                    attention.sees(batch, head, query, $0)
                        && attention.dot(batch, head, query, $0, reads).magnitude >= 65520
                }
                guard overflows else { return }
                let wrong = attention.row(
                    batch, head, query,
                    product: { $0.magnitude < 65520 ? $0 : $0 * Double.infinity })
                attention.put(wrong, batch, head, query, &call)
            }
        }
    ]
}
