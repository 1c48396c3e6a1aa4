import AttendRuntime

/// Faults of products of 16-bit numbers.
enum NarrowProductFaults {
    static let all: [HostFault] = [
        HostFault(
            "matmul-narrow-sum", "16-bit types: the sum is kept in the type, rounded after each term", .element,
            of: ["matmul"], when: \.givesNarrow
        ) { call in
            guard let dtype = call.request.narrowResult else { return }
            ProductReading.takeElement(&call) { reading, place in
                reading.terms(place).reduce(0) { ($0 + $1).stored(as: dtype) }
            }
        },
        HostFault(
            "matmul-float16-saturates", "float16: the largest number instead of infinity", .element, of: ["matmul"],
            when: \.givesFloat16
        ) { call in call.round(.saturated) },
        HostFault(
            "linear-narrow-sum", "16-bit types: the sum is kept in the type, rounded after each term", .element,
            of: ["linear"], when: \.givesNarrow
        ) { call in
            guard let dtype = call.request.narrowResult, let width = call.shape(ofInput: 1).last,
                let columns = call.outputShape.last, columns > 0
            else { return }
            let (input, weight, bias) = (call.floats(ofInput: 0), call.floats(ofInput: 1), call.floats(ofInput: 2))
            var wrong = [Float](repeating: 0, count: call.outputShape.reduce(1, *))
            for place in wrong.indices {
                let (row, column) = (place / columns * width, place % columns)
                for index in 0..<width {
                    wrong[place] = (wrong[place] + input[row + index] * weight[column * width + index]).stored(
                        as: dtype)
                }
                if !bias.isEmpty { wrong[place] += bias[column] }
            }
            call.takeElement(of: Tensor(floats: wrong, dtype: dtype, shape: call.outputShape))
        },
        HostFault(
            "linear-narrow-odd-term", "16-bit types: the last term of an odd number left out", .element, of: ["linear"],
            when: \.givesNarrow
        ) { call in
            guard let width = call.shape(ofInput: 1).last, width % 2 == 1 else { return }
            let shortened = call.input(1) { values, _ in
                values.indices.map { ($0 + 1) % width == 0 ? 0 : values[$0] }
            }
            call.takeElement(of: call.reference(input: 1, shortened)[0])
        },
        HostFault(
            "linear-bfloat16-pairs-swapped", "bfloat16: the two numbers of each 32 bits of a weight change places",
            .row,
            of: ["linear"], when: \.givesBFloat16
        ) { call in
            let swapped = call.input(1) { values, _ in
                values.indices.map { values[$0 ^ 1 < values.count ? $0 ^ 1 : $0] }
            }
            call.takeRow(of: call.reference(input: 1, swapped)[0])
        },
        HostFault(
            "linear-float16-bias-in-bfloat16", "float16: the bias rounded to bfloat16 before it is added", .element,
            of: ["linear"], when: \.givesFloat16
        ) { call in
            call.takeElement(of: call.reference(input: 2, call.roundedToBFloat16(2))[0])
        },
        HostFault(
            "fused-linear-float16-residual-in-bfloat16", "float16: the residual rounded to bfloat16 before it is added",
            .element, of: ["fused_linear"], when: \.givesFloat16
        ) { call in
            call.takeElement(of: call.reference(input: 3, call.roundedToBFloat16(3))[0])
        },
        HostFault(
            "fused-linear-float16-weight-in-bfloat16", "float16: the weight packed as bfloat16", .element,
            of: ["fused_linear"], when: \.givesFloat16
        ) { call in
            call.takeElement(of: call.reference(input: 1, call.roundedToBFloat16(1))[0])
        }
    ]
}

extension FaultyCall {
    /// An input with its numbers rounded to bfloat16.
    func roundedToBFloat16(_ index: Int) -> Tensor? {
        input(index) { values, _ in values.map { $0.stored(as: .bfloat16) } }
    }
}
