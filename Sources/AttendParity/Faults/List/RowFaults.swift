import AttendRuntime

/// Faults of softmax, the norms and the reductions.
enum RowFaults {
    static let all: [HostFault] = softmax + norms + reductions

    private static let softmax: [HostFault] = [
        HostFault("softmax-no-maximum", "no maximum subtracted", .row, of: ["softmax"]) { call in
            let axis = call.attributes.integer("axis")
            call.takeRow(
                of: call.redefined { i throws(GraphError) in
                    try i[0].exp() / i[0].exp().sum(axes: [axis], keepDimensions: true)
                })
        },
        HostFault("softmax-last-left-out", "the last element left out of the sum", .row, of: ["softmax"]) { call in
            let axis = call.attributes.integer("axis")
            call.takeRow(
                of: call.redefined { i throws(GraphError) in
                    let powers = try (i[0] - i[0].max(axes: [axis], keepDimensions: true)).exp()
                    let seen = try powers.sliced(axis: axis, from: 0, to: -1)
                    return try powers / seen.sum(axes: [axis], keepDimensions: true)
                })
        },
        HostFault("softmax-last-axis", "the last axis instead of the given one", .row, of: ["softmax"]) { call in
            var attributes = call.attributes
            attributes["axis"] = .integer(-1)
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("softmax-padding", "rows padded to a multiple of 16 with 0", .row, of: ["softmax"]) { call in
            let rank = call.outputShape.count
            guard let axis = call.axis, call.outputShape[axis] % 16 != 0 else { return }
            let padding = 16 - call.outputShape[axis] % 16
            call.takeRow(
                of: call.redefined { i throws(GraphError) in
                    let after = (0..<rank).map { Size($0 == axis ? padding : 0) }
                    let padded = try i[0].padded(before: after.map { _ in 0 }, after: after).softmax(axis: axis)
                    return try padded.sliced(axis: axis, from: 0, to: Size(-padding))
                })
        },
        HostFault("log-softmax-of-softmax", "log(softmax(x)), −∞ far from the maximum", .element, of: ["log_softmax"]) {
            call in
            let axis = call.attributes.integer("axis")
            call.takeElement(of: call.redefined { i throws(GraphError) in try i[0].softmax(axis: axis).log() })
        }
    ]

    private static let norms: [HostFault] = [
        HostFault("layer-norm-epsilon-outside", "epsilon outside of the root", .row, of: ["layer_norm"]) { call in
            NormReading.takeRow(&call) { norm, centered throws(GraphError) in
                let variance = try (centered * centered).mean(axes: norm.axes, keepDimensions: true)
                return try centered / (variance.sqrt() + norm.epsilon)
            }
        },
        HostFault("layer-norm-unbiased", "the variance divided by n − 1", .row, of: ["layer_norm"]) { call in
            NormReading.takeRow(&call) { norm, centered throws(GraphError) in
                let sum = try (centered * centered).sum(axes: norm.axes, keepDimensions: true)
                return try centered * (sum / Double(norm.count - 1) + norm.epsilon).reciprocalSqrt()
            }
        },
        HostFault("layer-norm-one-pass", "the variance as E[x²] − E[x]²", .row, of: ["layer_norm"]) { call in
            guard let input = call.inputs[0] else { return }
            NormReading.takeRow(&call) { norm, centered throws(GraphError) in
                let values = try centered.graph.constant(input)
                let mean = try values.mean(axes: norm.axes, keepDimensions: true)
                let square = try (values * values).mean(axes: norm.axes, keepDimensions: true)
                return try centered * (square - mean * mean + norm.epsilon).reciprocalSqrt()
            }
        },
        HostFault("layer-norm-last-bias", "the last element without its bias", .element, of: ["layer_norm"]) { call in
            guard let values = call.inputs[2], values.elementCount > 0 else { return }
            var shortened = values
            shortened.replace(
                values.elementCount - 1..<values.elementCount, with: Tensor(floats: [0], dtype: values.dtype), from: 0)
            call.takeElement(of: call.reference(input: 2, shortened)[0])
        },
        HostFault("rms-norm-centered", "the mean subtracted", .row, of: ["rms_norm"]) { call in
            guard let axis = call.axis else { return }
            let (epsilon, scale) = (call.attributes.number("epsilon"), call.inputs[1] != nil)
            call.takeRow(
                of: call.redefined { i throws(GraphError) in
                    let bare = try i[0].layerNorm(scale: nil, bias: nil, axis: axis, epsilon: epsilon)
                    return scale ? try bare * i[1] : bare
                })
        },
        HostFault("rms-norm-sum", "the sum of the squares instead of their mean", .row, of: ["rms_norm"]) { call in
            guard let axis = call.axis else { return }
            let axes = Array(axis..<call.outputShape.count)
            let (epsilon, scale) = (call.attributes.number("epsilon"), call.inputs[1] != nil)
            call.takeRow(
                of: call.redefined { i throws(GraphError) in
                    let sum = try (i[0] * i[0]).sum(axes: axes, keepDimensions: true)
                    let bare = try i[0] * (sum + epsilon).reciprocalSqrt()
                    return scale ? try bare * i[1] : bare
                })
        }
    ]

    private static let reductions: [HostFault] = [
        HostFault("reduce-sum-tail", "the last term left out", .element, of: ["reduce_sum"]) { call in
            guard let input = call.inputs[0], input.elementCount > 0, input.dtype.isFloatingPoint else { return }
            var shortened = input
            let last = input.elementCount - 1
            shortened.replace(last..<last + 1, with: Tensor(floats: [0], dtype: input.dtype), from: 0)
            call.takeElement(of: call.reference(input: 0, shortened)[0])
        },
        HostFault("reduce-sum-half", "terms rounded to bfloat16", .element, of: ["reduce_sum"]) { call in
            let (axes, keeps) = (call.attributes.optionalIntegers("axes"), call.attributes.bool("keep_dimensions"))
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    try i[0].cast(to: .bfloat16).cast(to: .float32).sum(axes: axes, keepDimensions: keeps)
                })
        },
        HostFault("reduce-max-from-zero", "a maximum that starts at 0", .element, of: ["reduce_max"]) { call in
            call.changeElement { max($0, 0) }
        },
        HostFault("reduce-max-drops-nan", "NaN ignored", .element, of: ["reduce_max"]) { call in
            let (axes, keeps) = (call.attributes.optionalIntegers("axes"), call.attributes.bool("keep_dimensions"))
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    let least = try i[0].graph.scalar(-.infinity, dtype: i[0].dtype)
                    return try i[0].equal(i[0]).where(i[0], least).max(axes: axes, keepDimensions: keeps)
                })
        },
        HostFault("reduce-mean-padded", "divided by the size of whole tiles of 4", .element, of: ["reduce_mean"]) {
            call in
            guard let input = call.inputs[0], let output = call.outputs[0], output.elementCount > 0 else { return }
            let count = input.elementCount / output.elementCount
            guard count % 4 != 0 else { return }
            let factor = Float(count) / Float((count + 3) / 4 * 4)
            call.changeElement { $0 * factor }
        },
        HostFault("arg-max-last", "the last of equal maxima", .element, of: ["arg_max"]) { call in
            guard let axis = call.axis else { return }
            let (size, keeps) = (call.shape(ofInput: 0)[axis], call.attributes.bool("keep_dimensions"))
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    let reversed = try i[0].sliced(axis: axis, from: -1, to: Size(-size - 1), step: -1)
                    let place = try reversed.argMax(axis: axis, keepDimensions: keeps)
                    return try place.graph.scalar(Double(size - 1), dtype: .int64) - place
                })
        }
    ]
}

/// The common parts of faulty norms.
struct NormReading {
    let axes: [Int]
    let count: Int
    let epsilon: Double

    /// Replaces a row of a layer norm by one whose centered input has another scale.
    static func takeRow(
        _ call: inout FaultyCall, _ scaled: (NormReading, Value) throws(GraphError) -> Value
    ) {
        guard let axis = call.axis else { return }
        let axes = Array(axis..<call.outputShape.count)
        let count = axes.reduce(1) { $0 * call.outputShape[$1] }
        guard count > 1 else { return }
        let norm = NormReading(axes: axes, count: count, epsilon: call.attributes.number("epsilon"))
        let (hasScale, hasBias) = (call.inputs[1] != nil, call.inputs[2] != nil)
        call.takeRow(
            of: call.redefined { i throws(GraphError) in
                var output = try scaled(norm, i[0] - i[0].mean(axes: axes, keepDimensions: true))
                if hasScale { output = try output * i[1] }
                if hasBias, let bias = i.last { output = try output + bias }
                return output
            })
    }
}

extension FaultyCall {
    /// The attribute `axis` as a non-negative index; nil if there is none.
    var axis: Int? {
        guard let axis = attributes.optionalInteger("axis") else { return nil }
        return axis < 0 ? axis + shape(ofInput: 0).count : axis
    }
}
