import AttendRuntime

/// Faults of softmax, the norms and the reductions of 16-bit numbers.
enum NarrowRowFaults {
    static let all: [HostFault] = softmax + norms

    private static let softmax: [HostFault] = [
        HostFault(
            "softmax-narrow-exponents", "16-bit types: numbers less the maximum rounded to the type", .row,
            of: ["softmax"], when: \.givesNarrow
        ) { call in
            takeSoftmaxRow(&call, exponent: { number, dtype throws(GraphError) in try number.rounded(to: dtype) })
        },
        HostFault(
            "softmax-narrow-exponentials", "16-bit types: exponentials stored in the type before they are divided",
            .row,
            of: ["softmax"], when: \.givesNarrow
        ) { call in
            takeSoftmaxRow(&call, exponential: { power, dtype throws(GraphError) in try power.rounded(to: dtype) })
        },
        HostFault(
            "softmax-float16-read-as-bfloat16", "float16: the last number is read as bfloat16", .row, of: ["softmax"],
            when: \.givesFloat16
        ) { call in
            let misread = call.input(0) { values, _ in
                values.indices.map { $0 + 1 == values.count ? values[$0].float16ReadAsBFloat16 : values[$0] }
            }
            call.takeRow(of: call.reference(input: 0, misread)[0])
        }
    ]

    private static let norms: [HostFault] = [
        HostFault(
            "layer-norm-narrow-mean", "16-bit types: the mean is rounded to the type before it is subtracted", .row,
            of: ["layer_norm"], when: \.givesNarrow
        ) { call in
            guard let axis = call.axis, let dtype = call.request.narrowResult else { return }
            let axes = Array(axis..<call.outputShape.count)
            let epsilon = call.attributes.number("epsilon")
            let (hasScale, hasBias) = (call.inputs[1] != nil, call.inputs[2] != nil)
            call.takeRow(
                of: call.redefined { inputs throws(GraphError) in
                    let wide = try inputs[0].cast(to: .float32)
                    let centered = try wide - wide.mean(axes: axes, keepDimensions: true).rounded(to: dtype)
                    let variance = try (centered * centered).mean(axes: axes, keepDimensions: true)
                    var output = try centered * (variance + epsilon).reciprocalSqrt()
                    if hasScale { output = try output * inputs[1].cast(to: .float32) }
                    if hasBias, let bias = inputs.last { output = try output + bias.cast(to: .float32) }
                    return try output.cast(to: dtype)
                })
        },
        HostFault(
            "layer-norm-float16-scale-in-bfloat16", "float16: the scale rounded to bfloat16", .element,
            of: ["layer_norm", "rms_norm"], when: \.givesFloat16
        ) { call in
            call.takeElement(of: call.reference(input: 1, call.roundedToBFloat16(1))[0])
        },
        HostFault(
            "layer-norm-narrow-odd-element", "16-bit types: the last number of an odd row is not written, 0", .element,
            of: ["layer_norm", "softmax"], when: \.givesNarrow
        ) { call in
            call.takeElement(of: call.withoutOddEnds())
        },
        HostFault(
            "reduce-sum-narrow-sum", "16-bit types: the sum is kept in the type, rounded after each term", .element,
            of: ["reduce_sum"], when: \.givesNarrow
        ) { call in
            let rank = call.shape(ofInput: 0).count
            let axes = (call.attributes.optionalIntegers("axes") ?? Array(0..<rank)).map { $0 < 0 ? $0 + rank : $0 }
            guard let dtype = call.request.narrowResult, axes == [rank - 1], let width = call.shape(ofInput: 0).last
            else { return }
            let terms = call.floats(ofInput: 0)
            let sums = (0..<call.outputShape.reduce(1, *)).map { row in
                terms[row * width..<(row + 1) * width].reduce(0) { ($0 + $1).stored(as: dtype) }
            }
            call.takeElement(of: Tensor(floats: sums, dtype: dtype, shape: call.outputShape))
        }
    ]

    /// Replaces a row of a softmax.
    ///
    /// - Parameters:
    ///   - exponent: What becomes of the numbers less the maximum.
    ///   - exponential: What becomes of the exponentials after their sum, before they are divided by it.
    private static func takeSoftmaxRow(
        _ call: inout FaultyCall,
        exponent: (Value, DType) throws(GraphError) -> Value = { number, _ in number },
        exponential: (Value, DType) throws(GraphError) -> Value = { number, _ in number }
    ) {
        guard let dtype = call.request.narrowResult else { return }
        let axis = call.attributes.integer("axis")
        call.takeRow(
            of: call.redefined { inputs throws(GraphError) in
                let wide = try inputs[0].cast(to: .float32)
                let powers = try exponent(wide - wide.max(axes: [axis], keepDimensions: true), dtype).exp()
                let sum = try powers.sum(axes: [axis], keepDimensions: true)
                return try (exponential(powers, dtype) / sum).cast(to: dtype)
            })
    }
}

extension Value {
    /// Float32 numbers that a 16-bit type holds.
    fileprivate func rounded(to dtype: DType) throws(GraphError) -> Value {
        try cast(to: dtype).cast(to: .float32)
    }
}
