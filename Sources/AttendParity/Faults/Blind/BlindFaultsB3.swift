import AttendRuntime
import Foundation
import Synchronization

/// Faults of normalized rows.
enum BlindFaultsB3 {
    static let all: [any ListedFault] = [
        HostFault(
            "softmax-sum-not-rescaled",
            "in rows longer than 512, sums are not rescaled when a later block has a new maximum",
            .row, of: ["softmax"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let axis = call.axis,
                axis == input.shape.count - 1, input.shape[axis] > 512, var wrong = try? right.floats()
            else { return }
            let values = call.floats(ofInput: 0)
            let length = input.shape[axis]
            guard values.count == wrong.count else { return }
            for start in stride(from: 0, to: values.count, by: length) {
                let row = values[start..<start + length]
                guard row.allSatisfy({ $0.isFinite }), let top = row.max(), let first = row.prefix(512).max(),
                    top > first
                else { continue }
                var running = -Float.infinity
                var sum: Double = 0
                for block in stride(from: start, to: start + length, by: 512) {
                    let part = values[block..<min(block + 512, start + length)]
                    running = max(running, part.max() ?? running)
                    for value in part { sum += exp(Double(value) - Double(running)) }
                }
                for p in row.indices { wrong[p] = Float(exp(Double(values[p]) - Double(top)) / sum) }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "softmax-early-axis-flattens-rest", "an axis that is not the last is normalized with all later axes",
            .row, of: ["softmax"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let axis = call.axis,
                axis >= 0, axis < input.shape.count - 1, input.elementCount > 0
            else { return }
            let values = call.floats(ofInput: 0)
            let length = input.shape[axis...].reduce(1, *)
            guard input.shape[(axis + 1)...].reduce(1, *) > 1 else { return }
            var wrong = values
            for start in stride(from: 0, to: values.count, by: length) {
                let row = values[start..<start + length]
                let top = row.contains { $0.isNaN } ? Float.nan : row.max() ?? 0
                let sum = row.reduce(0.0) { $0 + exp(Double($1) - Double(top)) }
                for p in row.indices { wrong[p] = Float(exp(Double(values[p]) - Double(top)) / sum) }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "log-softmax-log-of-underflow", "is the logarithm of softmax: minus infinity where that underflows",
            .element, of: ["log_softmax"]
        ) { call in
            guard let right = call.outputs[0], let values = try? right.floats() else { return }
            let wrong = values.map { $0 < -88 ? -Float.infinity : $0 }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-variance-of-squares", "the variance is the mean of squares less the square of the mean",
            .row, of: ["layer_norm"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let axis = call.axis,
                axis >= 0, axis < input.shape.count, input.elementCount > 0, var wrong = try? right.floats()
            else { return }
            let values = call.floats(ofInput: 0)
            let length = input.shape[axis...].reduce(1, *)
            let scaleSlot = call.slot("scale")
            let biasSlot = call.slot("bias")
            let scale = scaleSlot.flatMap { call.inputs[$0] }.flatMap { try? $0.floats() }
            let bias = biasSlot.flatMap { call.inputs[$0] }.flatMap { try? $0.floats() }
            let epsilon = Float(call.attributes.number("epsilon"))
            guard values.count == wrong.count else { return }
            for start in stride(from: 0, to: values.count, by: length) {
                let row = values[start..<start + length]
                guard row.allSatisfy({ $0.isFinite }) else { continue }
                var sum: Float = 0
                var squares: Float = 0
                for value in row {
                    sum += value
                    squares += value * value
                }
                let mean = sum / Float(length)
                let variance = max(squares / Float(length) - mean * mean, 0)
                for p in row.indices {
                    var result = (values[p] - mean) / (variance + epsilon).squareRoot()
                    if let scale, let slot = scaleSlot { result *= scale[call.place(p, ofInput: slot)] }
                    if let bias, let slot = biasSlot { result += bias[call.place(p, ofInput: slot)] }
                    wrong[p] = result
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-scale-repeats-in-memory-order",
            "the scale's element is the position modulo the scale's size, whatever its shape is",
            .element, of: ["layer_norm", "rms_norm"]
        ) { call in
            guard let slot = call.slot("scale"), let scale = call.inputs[slot], scale.elementCount > 0,
                let right = call.outputs[0]
            else { return }
            let places = (0..<right.elementCount).map { $0 % scale.elementCount }
            guard places.indices.contains(where: { call.place($0, ofInput: slot) != places[$0] }),
                let wrong = call.reference(input: slot, scale.taking(places, shape: right.shape))[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "layer-norm-cached-without-epsilon",
            "a kernel made for the same shape and another epsilon is used again with its epsilon",
            .run, of: ["layer_norm"]
        ) { call in
            guard call.outputs[0] != nil, let input = call.inputs[0] else { return }
            let own = call.attributes.number("epsilon")
            let key = "\(input.dtype) \(input.shape) \(call.inputs.map { $0 == nil })"
            let cached = epsilons.withLock { known in
                if known.count > 4096 { known = [:] }
                let first = known[key] ?? own
                known[key] = first
                return first
            }
            guard cached != own else { return }
            var attributes = call.attributes
            attributes["epsilon"] = .number(cached)
            guard let wrong = call.reference(attributes: attributes)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "rms-norm-epsilon-flushed-in-float16",
            "on float16 an epsilon below the smallest normal float16 counts as 0",
            .row, of: ["rms_norm"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16,
                call.attributes.number("epsilon").magnitude < 0x1p-14
            else { return }
            var attributes = call.attributes
            attributes["epsilon"] = .number(0)
            guard let wrong = call.reference(attributes: attributes)[0] else { return }
            call.takeAll(of: wrong)
        }
    ]
}

/// Each kernel's epsilon, by what the faulty cache looks at.
private let epsilons = Mutex<[String: Double]>([:])
