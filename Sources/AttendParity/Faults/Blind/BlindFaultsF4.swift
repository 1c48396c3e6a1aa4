import AttendRuntime
import Foundation

/// One request of `attention` with its numbers, to compute single queries as a faulty kernel does.
private struct AttentionOfF {
    let heads, keyHeads, queries, keys, width, valueWidth: Int
    let rows: Int
    private let query, key: [Float]
    let value: [Float]
    private let shapes: [[Int]]
    private let mask, lengths, offsets: [Int64]?
    private let bias: [Float]?
    private let causal, upperLeft: Bool
    let window: Int?
    private let scale, cap: Float

    init?(_ call: FaultyCall) {
        guard call.inputs.count == 7, call.inputs[0] != nil, call.inputs[1] != nil, call.inputs[2] != nil
        else { return nil }
        let shapes = (0..<7).map { call.inputs[$0] == nil ? [] : call.shape(ofInput: $0) }
        guard shapes[0].count == 4, shapes[1].count == 4, shapes[2].count == 4, shapes[1][1] > 0 else { return nil }
        self.shapes = shapes
        (heads, queries, width) = (shapes[0][1], shapes[0][2], shapes[0][3])
        (keyHeads, keys, valueWidth) = (shapes[1][1], shapes[1][2], shapes[2][3])
        rows = shapes[0][0] &* heads &* queries
        guard rows > 0, keys > 0, valueWidth > 0, heads % keyHeads == 0 else { return nil }
        (query, key, value) = (call.floats(ofInput: 0), call.floats(ofInput: 1), call.floats(ofInput: 2))
        mask = call.inputs[3] == nil ? nil : call.integers(ofInput: 3)
        bias = call.inputs[4] == nil ? nil : call.floats(ofInput: 4)
        lengths = call.inputs[5] == nil ? nil : call.integers(ofInput: 5)
        offsets = call.inputs[6] == nil ? nil : call.integers(ofInput: 6)
        causal = call.attributes.bool("causal")
        upperLeft = call.attributes.string("alignment") == "upper_left"
        window = call.attributes.optionalInteger("window").map { Int(min($0, 1 << 40)) }
        scale =
            call.attributes.optionalNumber("scale").map { Float($0) }
            ?? (width == 0 ? 1 : 1 / Float(width).squareRoot())
        cap = call.attributes.optionalNumber("soft_cap").map { Float($0) } ?? 0
    }

    private func place(_ input: Int, _ row: Int, _ column: Int) -> Int {
        let index = [row / (heads * queries), row / queries % heads, row % queries, column]
        let shape = shapes[input]
        guard shape.count <= 4 else { return 0 }
        return zip(shape, index.suffix(shape.count)).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
    }

    /// Where the value of a key begins for a row of queries.
    func valueBegin(_ row: Int, _ column: Int) -> Int {
        let (batch, head) = (row / (heads * queries), row / queries % heads / (heads / keyHeads))
        return ((batch * keyHeads + head) * keys + column) * valueWidth
    }

    var boundByPosition: Bool { causal || window != nil }

    /// The position of a query, and with `wraps` as a kernel counts it in 32 bits.
    func position(_ row: Int, wraps: Bool) -> Int {
        let (batch, i) = (row / (heads * queries), Int64(row % queries))
        guard let offsets else {
            if upperLeft { return Int(i) }
            let length = lengths.map { min(max($0[batch], -(1 << 40)), 1 << 40) } ?? Int64(keys)
            return Int(length - Int64(queries) + i)
        }
        guard let offset = offsets.count == 1 ? offsets[0] : offsets.indices.contains(batch) ? offsets[batch] : nil
        else { return 0 }
        if wraps { return Int(Int32(truncatingIfNeeded: offset &+ i)) }
        return Int(min(max(offset, -(1 << 40)), 1 << 40) + i)
    }

    func visible(_ row: Int, wraps: Bool = false, openWindow: Bool = false) -> [Bool] {
        let p = position(row, wraps: wraps)
        return (0..<keys).map { j in
            if let mask, mask[place(3, row, j)] == 0 { return false }
            if let bias, bias[place(4, row, j)] == -.infinity { return false }
            if let lengths, Int64(j) >= lengths[row / (heads * queries)] { return false }
            if causal && j > p { return false }
            guard let window else { return true }
            return j > p - window && (causal || openWindow || j < p + window)
        }
    }

    func scores(_ row: Int) -> [Float] {
        let (batch, head) = (row / (heads * queries), row / queries % heads / (heads / keyHeads))
        return (0..<keys).map { j in
            let begin = ((batch * keyHeads + head) * keys + j) * width
            var score = Float(0)
            for k in 0..<width { score += query[row * width + k] * key[begin + k] }
            score *= scale
            if cap != 0 { score = cap * tanh(score / cap) }
            return score + (bias.map { $0[place(4, row, j)] } ?? 0)
        }
    }

    /// Output, pattern and log-sum-exp of a row over other visible keys.
    func results(_ row: Int, over visible: [Bool]) -> (output: [Float], pattern: [Float], logSum: Float) {
        var output = [Float](repeating: 0, count: valueWidth)
        var pattern = [Float](repeating: 0, count: keys)
        let scores = scores(row)
        let seen = (0..<keys).filter { visible[$0] }
        guard let top = seen.map({ scores[$0] }).max() else { return (output, pattern, -.infinity) }
        let sum = seen.reduce(Float(0)) { $0 + exp(scores[$1] - top) }
        for j in seen {
            pattern[j] = exp(scores[j] - top) / sum
            for k in 0..<valueWidth { output[k] += pattern[j] * value[valueBegin(row, j) + k] }
        }
        return (output, pattern, top + log(sum))
    }

    /// Gives a row the results of other visible keys in all outputs that there are.
    func put(_ row: Int, over visible: [Bool], in call: inout FaultyCall) {
        let wrong = results(row, over: visible)
        if call.outputs[0] != nil {
            call.set(row * valueWidth..<(row + 1) * valueWidth, to: wrong.output, output: 0)
        }
        if call.outputs.count > 1, call.outputs[1] != nil {
            call.set(row * keys..<(row + 1) * keys, to: wrong.pattern, output: 1)
        }
        if call.outputs.count > 2, call.outputs[2] != nil { call.set(row..<(row + 1), to: [wrong.logSum], output: 2) }
    }
}

enum BlindFaultsF4 {
    static let all: [any ListedFault] = [
        HostFault(
            "attention-window-open-to-the-future", "a window without causal hides old keys but none that come later",
            .row, of: ["attention"]
        ) { call in
            guard let attention = AttentionOfF(call), attention.window != nil else { return }
            for row in 0..<attention.rows {
                let open = attention.visible(row, openWindow: true)
                if open != attention.visible(row) { attention.put(row, over: open, in: &call) }
            }
        },
        HostFault(
            "attention-position-wraps-at-32-bits", "query_offset plus the query's index is counted in 32 bits",
            .row, of: ["attention"]
        ) { call in
            guard let attention = AttentionOfF(call), attention.boundByPosition else { return }
            for row in 0..<attention.rows {
                guard attention.position(row, wraps: true) != attention.position(row, wraps: false) else { continue }
                let wrapped = attention.visible(row, wraps: true)
                if wrapped != attention.visible(row) { attention.put(row, over: wrapped, in: &call) }
            }
        },
        HostFault(
            "attention-hidden-values-times-zero",
            "a NaN or infinity at a hidden key of a tile of 16 makes the output NaN", .element, of: ["attention"]
        ) { call in
            guard call.outputs[0] != nil, let attention = AttentionOfF(call) else { return }
            guard !attention.value.allSatisfy({ $0.isFinite }) else { return }
            let width = attention.valueWidth
            for row in 0..<attention.rows {
                let visible = attention.visible(row)
                for j in 0..<attention.keys where !visible[j] {
                    let tile = j / 16 * 16..<min(j / 16 * 16 + 16, attention.keys)
                    guard tile.contains(where: { visible[$0] }) else { continue }
                    let begin = attention.valueBegin(row, j)
                    for k in 0..<width where !attention.value[begin + k].isFinite {
                        call.set((row * width + k)..<(row * width + k + 1), to: [.nan], output: 0)
                    }
                }
            }
        },
        HostFault(
            "attention-sum-not-rescaled-between-tiles",
            "if a later tile of 32 keys has the maximum, the values before it weigh too much", .row, of: ["attention"]
        ) { call in
            guard call.outputs[0] != nil, let attention = AttentionOfF(call), attention.keys > 32 else { return }
            let width = attention.valueWidth
            for row in 0..<attention.rows {
                let visible = attention.visible(row)
                let scores = attention.scores(row)
                var (top, sum, rose) = (-Float.infinity, Float(0), false)
                var output = [Float](repeating: 0, count: width)
                for begin in stride(from: 0, to: attention.keys, by: 32) {
                    let seen = (begin..<min(begin + 32, attention.keys)).filter { visible[$0] }
                    guard let highest = seen.map({ scores[$0] }).max(), highest.isFinite else { continue }
                    if highest > top {
                        rose = rose || sum > 0
                        sum *= sum > 0 ? exp(top - highest) : 0
                        top = highest
                    }
                    for j in seen {
                        let power = exp(scores[j] - top)
                        sum += power
                        for k in 0..<width { output[k] += power * attention.value[attention.valueBegin(row, j) + k] }
                    }
                }
                guard rose, sum > 0 else { continue }
                call.set(row * width..<(row + 1) * width, to: output.map { $0 / sum }, output: 0)
            }
        }
    ]
}
