import AttendRuntime
import Foundation
import Synchronization

/// Softmax and attention.
enum BlindFaultsA3 {
    static let all: [any ListedFault] = [
        HostFault(
            "softmax-flattens-later-axes", "normalizes over the axis and all later ones, as ONNX did before version 13",
            .row, of: ["softmax"]
        ) { call in
            let shape = call.shape(ofInput: 0)
            guard let axis = call.axis, shape.indices.contains(axis), let right = call.outputs[0] else { return }
            let row = shape[axis...].reduce(1, *)
            guard row > shape[axis], shape[axis] > 0 else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == right.elementCount else { return }
            var wrong = input
            for begin in stride(from: 0, to: input.count, by: row) {
                let part = input[begin..<begin + row]
                let top = part.contains(where: \.isNaN) ? Float.nan : part.max() ?? 0
                let terms = part.map { exp(Double($0 - top)) }
                let sum = terms.reduce(0, +)
                for place in 0..<row { wrong[begin + place] = Float(terms[place] / sum) }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "softmax-bfloat16-sum", "bfloat16: the sum of the exponentials is kept in bfloat16 and stops growing",
            .row, of: ["softmax"]
        ) { call in
            let shape = call.shape(ofInput: 0)
            guard let axis = call.axis, shape.indices.contains(axis), let right = call.outputs[0],
                right.dtype == .bfloat16
            else { return }
            let length = shape[axis]
            let inner = shape[(axis + 1)...].reduce(1, *)
            guard length > 1, inner > 0 else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == right.elementCount else { return }
            var wrong = input
            for row in 0..<input.count / length {
                let base = row / inner * length * inner + row % inner
                let part = (0..<length).map { input[base + $0 * inner] }
                let top = part.contains(where: \.isNaN) ? Float.nan : part.max() ?? 0
                let terms = part.map { Float(exp(Double($0 - top))) }
                let sum = terms.reduce(Float(0)) { brief($0 + $1) }
                for place in 0..<length { wrong[base + place * inner] = terms[place] / sum }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .bfloat16, shape: right.shape))
        },
        HostFault(
            "softmax-pipeline-without-axis", "compiled pipelines are cached by shape: the first axis asked for stays",
            .run, of: ["softmax"]
        ) { call in
            guard let axis = call.axis, let input = call.request.inputs[0] else { return }
            let key = "\(input.dtype) \(input.shape)"
            let first = pipelines.withLock { known in
                let first = known[key] ?? axis
                known[key] = first
                return first
            }
            guard first != axis else { return }
            var attributes = call.attributes
            attributes["axis"] = .integer(first)
            guard let wrong = call.reference(attributes: attributes)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "attention-more-queries-than-keys", "keys - queries is unsigned and clamped: a negative offset becomes 0",
            .row, of: ["attention"]
        ) { call in
            guard call.attributes.bool("causal") || call.attributes.optionalInteger("window") != nil,
                call.attributes.string("alignment") == "lower_right", !present("key_lengths", call),
                !present("query_offset", call)
            else { return }
            let query = call.shape(ofInput: 0)
            let key = call.shape(ofInput: 1)
            guard query.count == 4, key.count == 4, query[2] > key[2] else { return }
            var attributes = call.attributes
            attributes["alignment"] = .string("upper_left")
            replaceAll(&call, by: call.reference(attributes: attributes))
        },
        HostFault(
            "attention-scale-zero", "a scale of 0 is taken for a missing one", .row, of: ["attention"]
        ) { call in
            let query = call.shape(ofInput: 0)
            guard call.attributes.optionalNumber("scale") == 0, query.count == 4, query[3] > 0 else { return }
            var attributes = call.attributes
            attributes["scale"] = .number(1 / Double(query[3]).squareRoot())
            replaceAll(&call, by: call.reference(attributes: attributes))
        },
        HostFault(
            "attention-mask-of-three-axes", "a mask [heads, queries, keys] is taken for [batch, 1, queries, keys]",
            .row, of: ["attention"]
        ) { call in
            let query = call.shape(ofInput: 0)
            guard let slot = call.slot("mask"), call.inputs.indices.contains(slot), let mask = call.inputs[slot],
                query.count == 4, mask.shape.count == 3, mask.shape[0] > 1, mask.shape[0] == query[0],
                let moved = try? mask.reshaped([mask.shape[0], 1, mask.shape[1], mask.shape[2]])
            else { return }
            replaceAll(&call, by: call.reference(input: slot, moved))
        },
        HostFault(
            "attention-offset-of-first-run", "the query offset is recorded in the first run and replayed in later ones",
            .run, of: ["attention"]
        ) { call in
            guard let slot = call.slot("query_offset"), let first = call.firstInputs, first.indices.contains(slot),
                let offset = first[slot]
            else { return }
            replaceAll(&call, by: call.reference(input: slot, offset))
        },
        HostFault(
            "attention-stale-pattern-tiles", "causal: tiles of 32 keys wholly above the diagonal stay unwritten",
            .memory, of: ["attention"]
        ) { call in
            guard call.attributes.bool("causal"), !present("key_lengths", call), !present("query_offset", call),
                call.outputs.count > 1, let right = call.outputs[1], right.shape.count == 4,
                let held = call.before[1], held.shape == right.shape
            else { return }
            let (queries, keys) = (right.shape[2], right.shape[3])
            guard queries > 0, keys > 32 else { return }
            let offset = call.attributes.string("alignment") == "lower_right" ? keys - queries : 0
            for row in 0..<right.elementCount / keys {
                // The first tile that no query of this tile of 32 queries reaches into.
                let last = min(row % queries / 32 * 32 + 31, queries - 1) + offset
                let begin = max(0, (last + 32) / 32 * 32)
                guard begin < keys else { continue }
                call.replace(row * keys + begin..<(row + 1) * keys, with: held, output: 1)
            }
        }
    ]
}

/// The axis that the first kernel of a shape asked for.
private let pipelines = Mutex<[String: Int]>([:])

private func present(_ name: String, _ call: FaultyCall) -> Bool {
    guard let slot = call.slot(name), call.inputs.indices.contains(slot) else { return false }
    return call.inputs[slot] != nil
}

private func replaceAll(_ call: inout FaultyCall, by wrong: [Tensor?]) {
    for index in call.outputs.indices where index < wrong.count {
        guard let right = call.outputs[index], let tensor = wrong[index], tensor.shape == right.shape else { continue }
        call.replace(0..<right.elementCount, with: tensor, output: index)
    }
}

/// Rounded to bfloat16, to nearest even.
private func brief(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}
