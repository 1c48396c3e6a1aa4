import AttendRuntime
import Foundation
import Synchronization

/// Constants that were packed, by their dtype and shape.
private let packedC = KeptTensors()

private func takeEveryC(_ call: inout FaultyCall, _ wrong: [Tensor?]) {
    for (number, tensor) in wrong.enumerated() where number < call.outputs.count {
        guard let tensor, let right = call.outputs[number], right.shape == tensor.shape else { continue }
        call.replace(0..<right.elementCount, with: tensor, output: number)
    }
}

/// Four words of Philox4x32-10 from a block and a counter whose high word is 0.
private func philoxC(block: UInt64, counter: UInt32, seed: Int) -> [UInt32] {
    var x = [UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), counter, 0]
    var low = UInt32(truncatingIfNeeded: seed)
    var high = UInt32(truncatingIfNeeded: seed >> 32)
    for _ in 0..<10 {
        let a = x[0].multipliedFullWidth(by: 0xD251_1F53)
        let b = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
        x = [b.high ^ x[1] ^ low, b.low, a.high ^ x[3] ^ high, a.low]
        low &+= 0x9E37_79B9
        high &+= 0xBB67_AE85
    }
    return x
}

/// Faults of casts, sources, norms and attention layers.
enum BlindFaultsC3 {
    static let all: [any ListedFault] = [
        HostFault(
            "cast-bfloat16-rounds-nan-away", "rounding to bfloat16 turns NaNs with some bits into -0 or infinity",
            .element, of: ["cast"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .bfloat16, call.request.inputs[0]?.dtype == .float32,
                var values = try? right.floats()
            else { return }
            for (place, x) in call.floats(ofInput: 0).enumerated() where x.isNaN && place < values.count {
                let bits = x.bitPattern
                let wrong = Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
                if !wrong.isNaN { values[place] = wrong }
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "iota-counts-in-narrow-float", "a counter in the output's dtype stops at 2048 or 256", .element,
            of: ["iota"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16 || right.dtype == .bfloat16,
                let values = try? right.floats()
            else { return }
            let limit: Float = right.dtype == .float16 ? 2048 : 256
            let wrong = values.map { min($0, limit) }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "random-int32-counter-zero-extended", "a negative int32 counter has a high word of 0", .element,
            of: ["random"]
        ) { call in
            guard let right = call.outputs[0], call.request.inputs[0]?.dtype == .int32,
                let counter = call.integers(ofInput: 0).first, counter < 0
            else { return }
            let seed = Int(call.attributes.integer("seed"))
            var wrong: [Float] = []
            for place in 0..<right.elementCount {
                let words = philoxC(
                    block: UInt64(place / 4), counter: UInt32(truncatingIfNeeded: counter), seed: seed)
                wrong.append(Float(words[place % 4] >> 8) * 0x1p-24)
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-variance-cancels", "the variance is the mean of squares less the mean squared", .row,
            of: ["layer_norm"]
        ) { call in
            guard let right = call.outputs[0], let axis = call.axis, right.shape.indices.contains(axis),
                var values = try? right.floats()
            else { return }
            let input = call.floats(ofInput: 0)
            let size = right.shape[axis...].reduce(1, &*)
            guard size > 0, input.count == values.count else { return }
            let scale = call.inputs[1] == nil ? [] : call.floats(ofInput: 1)
            let bias = call.inputs[2] == nil ? [] : call.floats(ofInput: 2)
            let epsilon = Float(call.attributes.number("epsilon"))
            for start in stride(from: 0, to: input.count, by: size) {
                let row = input[start..<start + size]
                let mean = row.reduce(0, +) / Float(size)
                let squares = row.reduce(0) { $0 + $1 * $1 } / Float(size)
                guard squares.isFinite else { continue }
                let factor = 1 / (max(0, squares - mean * mean) + epsilon).squareRoot()
                for place in row.indices {
                    var value = (row[place] - mean) * factor
                    if !scale.isEmpty { value *= scale[call.place(place, ofInput: 1)] }
                    if !bias.isEmpty { value += bias[call.place(place, ofInput: 2)] }
                    values[place] = value
                }
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-scale-by-modulo", "a scale that stretches along inner axes is read as if it repeated", .element,
            of: ["layer_norm"]
        ) { call in
            guard let right = call.outputs[0], call.inputs[1] != nil, let axis = call.axis,
                right.shape.indices.contains(axis), var values = try? right.floats()
            else { return }
            let input = call.floats(ofInput: 0).map { Double($0) }
            let scale = call.floats(ofInput: 1)
            let size = right.shape[axis...].reduce(1, &*)
            guard size > 0, !scale.isEmpty, input.count == values.count else { return }
            let bias = call.inputs[2] == nil ? [] : call.floats(ofInput: 2)
            let epsilon = call.attributes.number("epsilon")
            for start in stride(from: 0, to: input.count, by: size) {
                let row = input[start..<start + size]
                let mean = row.reduce(0, +) / Double(size)
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
                let factor = 1 / (variance + epsilon).squareRoot()
                for place in row.indices where call.place(place, ofInput: 1) != place % scale.count {
                    var value = (row[place] - mean) * factor * Double(scale[place % scale.count])
                    if !bias.isEmpty { value += Double(bias[call.place(place, ofInput: 2)]) }
                    values[place] = Float(value)
                }
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "rms-norm-packed-scale-shared", "kernels with constant scales of one shape share the first one's", .run,
            of: ["rms_norm"]
        ) { call in
            guard let scale = call.inputs[1], call.request.inputs[1]?.isConstant == true, scale.elementCount > 1,
                scale.elementCount <= 65536
            else { return }
            guard let wrong = call.reference(input: 1, packedC.first(scale))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "self-attention-scale-of-width", "the default scale takes width / heads for the head dimension", .row,
            of: ["self_attention"]
        ) { call in
            guard call.attributes.optionalNumber("scale") == nil, let width = call.shape(ofInput: 0).last, width > 0
            else { return }
            let heads = call.attributes.integer("heads")
            guard heads > 0, call.shape(ofInput: 1)[0] != width else { return }
            var attributes = call.attributes
            attributes["scale"] = .number((Double(heads) / Double(width)).squareRoot())
            takeEveryC(&call, call.reference(attributes: attributes))
        },
        HostFault(
            "self-attention-log-sum-exp-in-base-two", "the log-sum-exp is a logarithm of base 2", .element,
            of: ["self_attention"]
        ) { call in
            guard call.outputs.count > 2, let right = call.outputs[2], let values = try? right.floats() else { return }
            call.set(0..<values.count, to: values.map { $0 * 1.442695 }, output: 2)
        },
        HostFault(
            "cross-attention-bias-drops-soft-cap", "the soft cap is left out where there is a bias of the scores", .row,
            of: ["cross_attention"]
        ) { call in
            guard let slot = call.slot("bias"), call.inputs.indices.contains(slot), call.inputs[slot] != nil,
                let cap = call.attributes.optionalNumber("soft_cap"), cap != 0
            else { return }
            var attributes = call.attributes
            attributes["soft_cap"] = .number(0)
            takeEveryC(&call, call.reference(attributes: attributes))
        },
        HostFault(
            "cross-attention-blind-query-without-bias", "a query that sees no key gets 0 without the output's bias",
            .row, of: ["cross_attention"]
        ) { call in
            guard let right = call.outputs[0], let slot = call.slot("output_bias"),
                call.inputs.indices.contains(slot), call.inputs[slot] != nil, let values = try? right.floats()
            else { return }
            let bias = call.floats(ofInput: slot)
            guard !bias.isEmpty else { return }
            let zeros = [Float](repeating: 0, count: bias.count)
            for start in stride(from: 0, to: values.count - bias.count + 1, by: bias.count)
            where Array(values[start..<start + bias.count]) == bias {
                call.set(start..<start + bias.count, to: zeros, output: 0)
            }
        }
    ]
}
