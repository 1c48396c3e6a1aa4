import AttendRuntime
import Foundation

/// Faults of attention.
enum BlindFaultsB5 {
    static let all: [any ListedFault] = [
        HostFault(
            "attention-soft-cap-over-bias", "the bias is added before the soft cap and capped with the score",
            .row, of: ["attention"]
        ) { call in
            guard let cap = call.attributes.optionalNumber("soft_cap"), cap != 0, call.outputs[0] != nil,
                let slot = call.slot("bias"), call.inputs[slot] != nil,
                let wrong = attend(call, capsBias: true)
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "attention-hidden-value-times-zero",
            "hidden keys take part with weight 0, so that NaN or infinity in their values shows",
            .row, of: ["attention"]
        ) { call in
            guard call.outputs[0] != nil, call.inputs.count > 2, let value = call.inputs[2],
                let values = try? value.floats(), !values.allSatisfy({ $0.isFinite }),
                let wrong = attend(call, leaksHidden: true)
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "attention-query-offset-in-32-bits", "only the low 32 bits of query_offset count",
            .row, of: ["attention"]
        ) { call in
            guard let slot = call.slot("query_offset"), let offset = call.inputs[slot], offset.dtype == .int64,
                let values = try? offset.integers()
            else { return }
            let low = values.map { Int64(Int32(truncatingIfNeeded: $0)) }
            guard low != values, call.outputs[0] != nil,
                let wrong = call.reference(
                    input: slot, Tensor(integers64: low, dtype: .int64, shape: offset.shape))[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "attention-lengths-clamped-before-offset",
            "key_lengths above keys are lowered to it before the lower-right offset is taken",
            .row, of: ["attention"]
        ) { call in
            guard let slot = call.slot("key_lengths"), let lengths = call.inputs[slot], call.inputs.count > 1,
                let key = call.inputs[1], key.shape.count == 4, let values = try? lengths.integers(),
                call.outputs[0] != nil
            else { return }
            let clamped = values.map { min($0, Int64(key.shape[2])) }
            guard clamped != values,
                let wrong = call.reference(
                    input: slot, Tensor(integers64: clamped, dtype: lengths.dtype, shape: lengths.shape))[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "attention-rank-3-mask-for-batch", "the first axis of a mask of rank 3 is taken for the batch",
            .row, of: ["attention"]
        ) { call in
            guard let slot = call.slot("mask"), let mask = call.inputs[slot], mask.shape.count == 3,
                mask.shape[0] > 1, mask.elementCount > 0, let right = call.outputs[0], right.shape.count == 4,
                right.elementCount > 0
            else { return }
            let plane = mask.shape[1] * mask.shape[2]
            let batch = right.shape[0]
            let places = (0..<batch * plane).map { $0 / plane % mask.shape[0] * plane + $0 % plane }
            let moved = mask.taking(places, shape: [batch, 1, mask.shape[1], mask.shape[2]])
            guard let wrong = call.reference(input: slot, moved)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "self-attention-value-bias-of-grouped-heads",
            "with fewer key/value heads than heads, the values' bias is left out",
            .row, of: ["self_attention", "cross_attention"]
        ) { call in
            guard let few = call.attributes.optionalInteger("key_value_heads"),
                few < call.attributes.integer("heads"), call.outputs[0] != nil,
                let slot = call.slot("value_bias"), let bias = call.inputs[slot]
            else { return }
            let zeros = [Float](repeating: 0, count: bias.elementCount)
            let none = Tensor(floats: zeros, dtype: bias.dtype, shape: bias.shape)
            guard let wrong = call.reference(input: slot, none)[0] else { return }
            call.takeAll(of: wrong)
        }
    ]
}

/// The output of attention with a bug: nil where the request is none that this understands.
private func attend(_ call: FaultyCall, capsBias: Bool = false, leaksHidden: Bool = false) -> Tensor? {
    guard let right = call.outputs[0], right.shape.count == 4, right.elementCount > 0, call.inputs.count > 2,
        let key = call.inputs[1], key.shape.count == 4, key.shape[2] > 0, key.shape[1] > 0
    else { return nil }
    func named(_ name: String) -> Tensor? { call.slot(name).flatMap { call.inputs[$0] } }
    func spot(_ shape: [Int], _ place: [Int]) -> Int {
        zip(shape, place.suffix(shape.count)).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
    }
    let heads = right.shape[1]
    let queries = right.shape[2]
    let depth = right.shape[3]
    let keys = key.shape[2]
    let width = key.shape[3]
    let keyHeads = key.shape[1]
    let q = call.floats(ofInput: 0)
    let k = call.floats(ofInput: 1)
    let v = call.floats(ofInput: 2)
    let mask = named("mask")
    let bias = named("bias")
    let offset = named("query_offset")
    let maskValues = mask.flatMap { try? $0.integers() }
    let biasValues = bias.flatMap { try? $0.floats() }
    let lengths = named("key_lengths").flatMap { try? $0.integers() }
    let offsets = offset.flatMap { try? $0.integers() }
    guard (mask == nil) == (maskValues == nil) else { return nil }
    let scale = Float(call.attributes.optionalNumber("scale") ?? (width == 0 ? 1 : 1 / Double(width).squareRoot()))
    let cap = Float(call.attributes.optionalNumber("soft_cap") ?? 0)
    let window = call.attributes.optionalInteger("window").map { Double($0) }
    let causal = call.attributes.bool("causal")
    let upper = call.attributes.string("alignment") == "upper_left"
    var output = [Float](repeating: 0, count: right.elementCount)
    for line in 0..<right.shape[0] * heads * queries {
        let i = line % queries
        let h = line / queries % heads
        let b = line / queries / heads
        let group = (b * keyHeads + h / max(heads / keyHeads, 1)) * keys
        let length = lengths.map { Double($0[b]) }
        var start = upper ? 0 : (length ?? Double(keys)) - Double(queries)
        if let offsets { start = Double(offsets[offsets.count > 1 ? b : 0]) }
        let p = start + Double(i)
        var scores = [Float](repeating: -.infinity, count: keys)
        for j in 0..<keys {
            let place = [b, h, i, j]
            let at = Double(j)
            let extra = bias.flatMap { tensor in biasValues.map { $0[spot(tensor.shape, place)] } } ?? 0
            if let mask, let maskValues, maskValues[spot(mask.shape, place)] == 0 { continue }
            if extra == -.infinity || at >= length ?? .infinity || causal && at > p { continue }
            if let window, at <= p - window || !causal && at >= p + window { continue }
            var score: Float = 0
            for d in 0..<width { score += q[line * width + d] * k[(group + j) * width + d] }
            score *= scale
            if capsBias { score += extra }
            if cap != 0 { score = cap * tanh(score / cap) }
            scores[j] = capsBias ? score : score + extra
        }
        let top = scores.contains { $0.isNaN } ? Float.nan : scores.max() ?? 0
        if top == -.infinity { continue }
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for d in 0..<depth {
            var result: Float = 0
            for j in 0..<keys where leaksHidden || scores[j] != -.infinity {
                result += weights[j] / sum * v[(group + j) * depth + d]
            }
            output[line * depth + d] = result
        }
    }
    return Tensor(floats: output, dtype: right.dtype, shape: right.shape)
}
