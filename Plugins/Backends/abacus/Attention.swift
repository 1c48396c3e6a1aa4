import AttendBackend
import AttendPlugin
import Foundation

/// softmax(query · keyᵀ · scale) · value as one kernel, which never stores the scores: each query keeps the largest
/// score so far, and rescales its sums when a larger one comes (Milakov and Gimelshein, Online normalizer calculation
/// for softmax, 2018).
///
/// query: [batch, heads, queries, width]; key and value: [batch, heads, keys, width]; mask: bool, whatever stretches to
/// [batch, heads, queries, keys]. All else it leaves to the smaller operations.
@Sendable func attention(_ request: KernelRequest) -> (any Kernel)? {
    let given = request.attributes
    guard request.operation.id == .attention, let output = request.outputs[0],
        request.outputs.dropFirst().allSatisfy({ $0 == nil }), request.inputs.dropFirst(4).allSatisfy({ $0 == nil }),
        let query = request.inputs[0], let key = request.inputs[1], let value = request.inputs[2],
        [query, key, value].allSatisfy({ $0.dtype == .float32 }), query.shape[1] == key.shape[1],
        request.inputs[3].map({ $0.dtype == .bool }) ?? true, !given.bool("causal"),
        given.optionalNumber("soft_cap") == nil, given.optionalInteger("window") == nil
    else { return nil }
    let (queries, keys) = (query.shape[2], key.shape[2])
    let (width, valueWidth) = (query.shape[3], value.shape[3])
    let scale = Float(given.optionalNumber("scale") ?? 1 / Double(max(1, width)).squareRoot())
    let mask = request.inputs[3].map { mask in
        (Layout(dense: mask.shape).broadcast(to: query.shape.dropLast() + [keys]).elementOffsets, mask.elementCount)
    }
    return LoopKernel("online softmax", request) { inputs, outputs throws(BackendError) in
        guard let q = try inputs[0]?.elements(query.elementCount, as: Float.self),
            let k = try inputs[1]?.elements(key.elementCount, as: Float.self),
            let v = try inputs[2]?.elements(value.elementCount, as: Float.self),
            let result = try outputs[0]?.elements(output.elementCount, as: Float.self)
        else { return }
        let isSeen = try mask.flatMap { mask throws(BackendError) in
            try inputs[3]?.elements(mask.1, as: UInt8.self)
        }
        result.update(repeating: 0)
        for row in 0..<query.shape.dropLast().reduce(1, *) {
            var (largest, sum) = (-Float.infinity, Float(0))
            let out = UnsafeMutableBufferPointer(rebasing: result[row * valueWidth..<(row + 1) * valueWidth])
            for index in 0..<keys {
                if let mask, let isSeen, isSeen[mask.0[row * keys + index]] == 0 { continue }
                let place = row / queries * keys + index
                var score: Float = 0
                for i in 0..<width { score += q[row * width + i] * k[place * width + i] }
                score *= scale
                if score > largest {
                    let share = exp(largest - score)
                    sum *= share
                    for i in 0..<valueWidth { out[i] *= share }
                    largest = score
                }
                let weight = score == -.infinity ? 0 : exp(score - largest)
                sum += weight
                for i in 0..<valueWidth { out[i] += weight * v[place * valueWidth + i] }
            }
            // A query that saw no key has 0 already.
            if sum != 0 { for i in 0..<valueWidth { out[i] /= sum } }
        }
    }
}
