import AttendRuntime
import Foundation

/// Faults of activations, layers and indices.
enum BlindFaultsB4 {
    static let all: [any ListedFault] = [
        HostFault(
            "gelu-tanh-form-overflows", "the tanh form divides powers of e, so that large inputs give NaN",
            .element, of: ["gelu"]
        ) { call in
            guard let right = call.outputs[0], call.attributes.string("approximation") == "tanh",
                var wrong = try? right.floats()
            else { return }
            let values = call.floats(ofInput: 0)
            for (p, x) in values.enumerated() where p < wrong.count {
                let inner = 0.7978846 * (x + 0.044715 * x * x * x)
                if inner > 44.4 { wrong[p] = .nan }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "silu-tail-without-product", "the last elements, fewer than a vector of 4, get the sigmoid alone",
            .element, of: ["silu"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 4, right.elementCount % 4 != 0 else { return }
            let values = call.floats(ofInput: 0)
            let tail = values.count / 4 * 4..<values.count
            call.set(tail, to: values[tail].map { 1 / (1 + exp(-$0)) }, output: 0)
        },
        HostFault(
            "linear-square-weight-view-read-dense",
            "a transposed view is told from its shape: that of a square weight is read as if dense",
            .element, of: ["linear"], inputs: .strided
        ) { call in
            guard call.request.inputs.count > 1, let operand = call.request.inputs[1], operand.shape.count == 2,
                operand.shape[0] == operand.shape[1], operand.layout.strides == [1, operand.shape[0]],
                let memory = call.memories[1], memory.elementCount == operand.elementCount
            else { return }
            let places = Array(0..<operand.elementCount)
            guard let wrong = call.reference(input: 1, memory.taking(places, shape: operand.shape))[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "linear-weight-packed-once", "the weight is packed in the first run, and later ones are not looked at",
            .run, of: ["linear", "fused_linear"]
        ) { call in
            guard call.outputs[0] != nil, let first = call.firstInputs, first.count > 1, let weight = first[1],
                let wrong = call.reference(input: 1, weight)[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "fused-linear-residual-before-activation", "the residual is added before the activation",
            .element, of: ["fused_linear"]
        ) { call in
            let activation = call.attributes.string("activation")
            guard activation != "none", let right = call.outputs[0], let slot = call.slot("residual"),
                call.inputs[slot] != nil
            else { return }
            var attributes = call.attributes
            attributes["activation"] = .string("none")
            guard let sums = try? call.reference(attributes: attributes)[0]?.floats(),
                sums.count == right.elementCount
            else { return }
            let wrong = sums.map { activated($0, by: activation) }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "rotary-embedding-tail-not-written", "components from rotary_dimension on are not written",
            .memory, of: ["rotary_embedding"]
        ) { call in
            guard let right = call.outputs[0], let width = right.shape.last, width > 0,
                let rotary = call.attributes.optionalInteger("rotary_dimension"), rotary < width,
                let old = call.before[0], let stale = try? old.floats(), var wrong = try? right.floats(),
                stale.count == wrong.count
            else { return }
            for p in wrong.indices where p % width >= rotary { wrong[p] = stale[p] }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "convolution-1d-depthwise-multiplier-order",
            "with several outputs for each input channel, output o reads channel o mod groups",
            .row, of: ["convolution_1d"]
        ) { call in
            let groups = Int(call.attributes.integer("groups"))
            guard let right = call.outputs[0], right.shape.count == 3, right.elementCount > 0,
                let input = call.inputs[0], let weight = call.inputs[1], groups > 1,
                input.shape[1] == groups, right.shape[1] > groups
            else { return }
            let length = input.shape[2]
            let width = weight.shape[2]
            let outputs = right.shape[1]
            let positions = right.shape[2]
            let stride = Int(call.attributes.integer("stride"))
            let dilation = Int(call.attributes.integer("dilation"))
            let before = Int(call.attributes.integers("padding").first ?? 0)
            let values = call.floats(ofInput: 0)
            let weights = call.floats(ofInput: 1)
            let bias = call.slot("bias").flatMap { call.inputs[$0] }.flatMap { try? $0.floats() }
            let wrong = (0..<right.elementCount).map { place -> Float in
                let p = place % positions
                let o = place / positions % outputs
                let row = (place / positions / outputs * groups + o % groups) * length
                var sum = 0.0
                for t in 0..<width {
                    let spot = p &* stride &+ t &* dilation &- before
                    guard spot >= 0, spot < length else { continue }
                    sum += Double(weights[o * width + t]) * Double(values[row + spot])
                }
                return Float(sum + Double(bias?[o] ?? 0))
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}

/// The activation of fused_linear with this name.
private func activated(_ x: Float, by name: String) -> Float {
    let wide = Double(x)
    return switch name {
    case "relu": x < 0 ? 0 : x
    case "silu": Float(wide / (1 + exp(-wide)))
    case "tanh": Float(tanh(wide))
    case "gelu": Float(0.5 * wide * (1 + erf(wide * 0.5.squareRoot())))
    case "gelu_tanh": Float(0.5 * wide * (1 + tanh(0.7978845608028654 * (wide + 0.044715 * wide * wide * wide))))
    default: x
    }
}
