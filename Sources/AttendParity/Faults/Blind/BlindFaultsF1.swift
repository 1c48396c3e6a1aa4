import AttendRuntime
import Foundation

/// Sizes of an input around an axis: what lies outside of it, along it and inside of it.
private struct AxisF {
    let outer: Int
    let length: Int
    let inner: Int

    init?(_ shape: [Int], axis: Int?) {
        guard let axis, shape.indices.contains(axis) else { return nil }
        outer = shape[..<axis].reduce(1, &*)
        length = shape[axis]
        inner = shape[(axis + 1)...].reduce(1, &*)
        guard outer > 0, length > 0, inner > 0 else { return nil }
    }
}

/// Elements at these places of the memory; a place outside reads the nearest one, as robust buffer access does.
private func clampedF(_ memory: Tensor, _ places: [Int], shape: [Int]) -> Tensor {
    memory.taking(places.map { min(max($0, 0), memory.elementCount - 1) }, shape: shape)
}

enum BlindFaultsF1 {
    static let all: [any ListedFault] = [
        HostFault(
            "reduce-mean-divides-by-span-of-axes", "axes that are not neighbours divide by all sizes between them too",
            .element, of: ["reduce_mean"]
        ) { call in
            guard let right = call.outputs[0], let values = try? right.floats(),
                let named = call.attributes.optionalIntegers("axes"), named.count >= 2
            else { return }
            let shape = call.shape(ofInput: 0)
            let axes = Set(named.map { $0 < 0 ? $0 + shape.count : $0 })
            guard let first = axes.min(), let last = axes.max(), first >= 0, last < shape.count else { return }
            let between = (first...last).filter { !axes.contains($0) }.reduce(1) { $0 &* shape[$1] }
            guard between > 1 else { return }
            let wrong = values.map { $0 / Float(between) }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "reduce-mean-of-nothing-is-zero", "the mean over an axis of size 0 is 0 and not NaN",
            .element, of: ["reduce_mean"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, call.shape(ofInput: 0).contains(0)
            else { return }
            let zeros = [Float](repeating: 0, count: right.elementCount)
            call.takeAll(of: Tensor(floats: zeros, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "softmax-maximum-of-first-block", "of long rows only the first 256 elements are searched for the maximum",
            .row, of: ["softmax"]
        ) { call in
            guard let right = call.outputs[0], var wrong = try? right.floats(),
                let axis = AxisF(call.shape(ofInput: 0), axis: call.axis), axis.length > 256
            else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == wrong.count else { return }
            for outer in 0..<axis.outer {
                for inner in 0..<axis.inner {
                    let places = (0..<axis.length).map { (outer * axis.length + $0) * axis.inner + inner }
                    var top = -Float.infinity
                    for place in places[..<256] { top = max(top, input[place]) }
                    let powers = places.map { exp(input[$0] - top) }
                    let sum = powers.reduce(0, +)
                    guard !sum.isFinite else { continue }
                    for (place, power) in zip(places, powers) { wrong[place] = power / sum }
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "softmax-rows-at-one-stride", "rows of a strided input are taken to lie at one stride over all outer axes",
            .row, of: ["softmax"], inputs: .strided
        ) { call in
            guard let operand = call.request.inputs[0], let memory = call.memories[0], memory.elementCount > 0
            else { return }
            let shape = operand.shape
            let layout = operand.layout
            guard shape.count >= 3, call.axis == shape.count - 1, !layout.isDense, layout.strides.count == shape.count,
                let length = shape.last, length > 0
            else { return }
            let rowStride = layout.strides[shape.count - 2]
            let step = layout.strides[shape.count - 1]
            let places = (0..<operand.elementCount).map {
                layout.offset &+ ($0 / length) &* rowStride &+ ($0 % length) &* step
            }
            guard let wrong = call.reference(input: 0, clampedF(memory, places, shape: shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "log-softmax-is-logarithm-of-softmax", "far below the maximum it is minus infinity, as log of softmax is",
            .element, of: ["log_softmax"]
        ) { call in
            guard let right = call.outputs[0], let values = try? right.floats() else { return }
            let wrong = values.map { $0 < -87.5 ? -Float.infinity : $0 }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-variance-in-one-pass", "the variance is the mean of squares minus the squared mean",
            .row, of: ["layer_norm"]
        ) { call in
            guard let right = call.outputs[0], var wrong = try? right.floats(), !wrong.isEmpty, let axis = call.axis
            else { return }
            let shape = call.shape(ofInput: 0)
            guard shape.indices.contains(axis) else { return }
            let count = shape[axis...].reduce(1, &*)
            let input = call.floats(ofInput: 0)
            guard count > 0, input.count == wrong.count else { return }
            let scale = call.inputs[1] == nil ? nil : call.floats(ofInput: 1)
            let bias = call.inputs[2] == nil ? nil : call.floats(ofInput: 2)
            let epsilon = Float(call.attributes.number("epsilon"))
            for begin in stride(from: 0, to: input.count, by: count) {
                let row = input[begin..<(begin + count)]
                let mean = row.reduce(0, +) / Float(count)
                let squares = row.reduce(Float(0)) { $0 + $1 * $1 } / Float(count)
                let factor = 1 / (max(squares - mean * mean, 0) + epsilon).squareRoot()
                for place in row.indices {
                    var value = (input[place] - mean) * factor
                    if let scale { value *= scale[call.place(place, ofInput: 1)] }
                    if let bias { value += bias[call.place(place, ofInput: 2)] }
                    wrong[place] = value
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "layer-norm-scale-repeats-from-the-end",
            "a scale that has axes of size 1 is repeated over the last elements", .element, of: ["layer_norm"]
        ) { call in
            guard let scale = call.inputs[1], scale.elementCount > 0 else { return }
            let shape = call.shape(ofInput: 0)
            let count = shape.reduce(1, &*)
            guard count > 0 else { return }
            let places = (0..<count).map { $0 % scale.elementCount }
            guard places != (0..<count).map({ call.place($0, ofInput: 1) }) else { return }
            guard let wrong = call.reference(input: 1, scale.taking(places, shape: shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "rms-norm-squares-in-half", "float16 is squared in float16, so that 256 and more overflows",
            .row, of: ["rms_norm"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16, var wrong = try? right.floats(),
                !wrong.isEmpty, let axis = call.axis
            else { return }
            let shape = call.shape(ofInput: 0)
            guard shape.indices.contains(axis) else { return }
            let count = shape[axis...].reduce(1, &*)
            let input = call.floats(ofInput: 0)
            guard count > 0, input.count == wrong.count else { return }
            let scale = call.inputs[1] == nil ? nil : call.floats(ofInput: 1)
            let epsilon = Float(call.attributes.number("epsilon"))
            for begin in stride(from: 0, to: input.count, by: count) {
                let row = input[begin..<(begin + count)]
                let squares = row.reduce(Float(0)) { $0 + Float(Float16($1 * $1)) } / Float(count)
                let factor = 1 / (squares + epsilon).squareRoot()
                for place in row.indices {
                    wrong[place] = input[place] * factor * (scale.map { $0[call.place(place, ofInput: 1)] } ?? 1)
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}
