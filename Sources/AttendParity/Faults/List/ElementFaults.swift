import AttendRuntime

/// Faults of elementwise operations.
enum ElementFaults {
    static let all: [HostFault] = arithmetic + functions + activations

    private static let arithmetic: [HostFault] = [
        HostFault("multiply-thousandth", "one product 0.1 % too large", .element, of: ["multiply"]) { call in
            call.changeElement { $0 * 1.001 }
        },
        HostFault("add-broadcast-axis", "a row's operand stretched along the wrong axis", .row, of: ["add"]) { call in
            let (shape, row) = (call.outputShape, call.shape(ofInput: 1))
            guard row.count == 1, shape.count >= 2, row[0] == shape.last, row[0] > 1 else { return }
            let width = row[0]
            let places = (0..<shape.reduce(1, *)).map { ($0 / width) % width }
            call.takeRow(of: call.reference(input: 1, call.inputs[1]?.taking(places, shape: shape))[0])
        },
        HostFault("add-flushes-denormals", "one sum below 2⁻¹²⁶ flushed to 0", .element, of: ["add"]) { call in
            call.changeElement { $0.magnitude < 0x1p-126 ? 0 : $0 }
        },
        HostFault(
            "add-view-as-dense", "an operand's strides ignored", .row, of: ["add"], inputs: .strided,
            when: \.hasViews
        ) { call in
            for (index, operand) in call.request.inputs.enumerated() {
                guard let operand, !operand.layout.isDense, let memory = call.memories[index] else { continue }
                let count = memory.elementCount
                let places = (0..<operand.elementCount).map { $0 % max(1, count) }
                return call.takeRow(of: call.reference(input: index, memory.taking(places, shape: operand.shape))[0])
            }
        },
        HostFault(
            "multiply-view-offset", "an operand's offset in its buffer ignored", .row, of: ["multiply"],
            inputs: .strided, when: \.hasOffsets
        ) { call in
            for (index, operand) in call.request.inputs.enumerated() {
                guard let operand, operand.layout.offset > 0, operand.layout.strides.allSatisfy({ $0 >= 0 }),
                    let memory = call.memories[index]
                else { continue }
                let places = operand.layout.elementOffsets.map { $0 - operand.layout.offset }
                return call.takeRow(of: call.reference(input: index, memory.taking(places, shape: operand.shape))[0])
            }
        },
        HostFault("divide-estimate", "a division by a reciprocal of 12 bits", .element, of: ["divide"]) { call in
            call.changeElement { $0 * (1 + 0x1p-12) }
        },
        HostFault(
            "divide-integers-down", "integers divided toward −∞", .element, of: ["divide"],
            when: \.givesIntegers
        ) { call in
            let (lhs, rhs) = (call.integers(ofInput: 0), call.integers(ofInput: 1))
            let right = call
            call.changeInteger { place, quotient in
                let (number, divisor) = (lhs[right.place(place, ofInput: 0)], rhs[right.place(place, ofInput: 1)])
                guard divisor != 0, divisor != -1, number % divisor != 0, (number < 0) != (divisor < 0) else {
                    return quotient
                }
                return quotient - 1
            }
        },
        HostFault(
            "multiply-integers-as-floats", "integers multiplied through float32", .element, of: ["multiply"],
            when: \.givesIntegers
        ) { call in
            call.changeInteger { _, product in Int64(exactly: Float(product)) ?? product }
        },
        HostFault("power-by-logarithm", "exp(y · log x), undefined for negative x", .element, of: ["power"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in try (inputs[1] * inputs[0].log()).exp() })
        },
        HostFault("maximum-drops-nan", "the number instead of NaN", .element, of: ["maximum"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let right = try inputs[0].maximum(inputs[1])
                    return try inputs[0].equal(inputs[0]).where(right, inputs[1])
                })
        },
        HostFault("less-equal-nan", "NaN ≤ x computed as not (NaN > x)", .element, of: ["less_equal"]) { call in
            call.takeElement(of: call.redefined { inputs throws(GraphError) in try inputs[0].greater(inputs[1]).not() })
        },
        HostFault("where-by-arithmetic", "c·a + (1 − c)·b, which propagates a NaN", .element, of: ["where"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let taken = try inputs[0].cast(to: .float32)
                    return try taken * inputs[1] + (1.0 - taken) * inputs[2]
                })
        }
    ]

    private static let functions: [HostFault] = [
        HostFault("negate-from-zero", "0 − x, which loses −0", .element, of: ["negate"]) { call in
            call.takeBits(of: call.redefined { inputs throws(GraphError) in try 0.0 - inputs[0] })
        },
        HostFault("floor-toward-zero", "negative numbers truncated toward zero", .element, of: ["floor"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    try inputs[0].less(inputs[0] * 0.0).where(-(-inputs[0]).floor(), inputs[0].floor())
                })
        },
        HostFault("exp-overflows-early", "infinity from exp(88) on", .element, of: ["exp"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let limit = try inputs[0] * 0.0 + 88.0
                    return try inputs[0].greater(limit).where(limit / 0.0, inputs[0].exp())
                })
        },
        HostFault("tanh-saturates", "1 from tanh(4) on", .element, of: ["tanh"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let limit = try inputs[0] * 0.0 + 4.0
                    return try inputs[0].abs().greater(limit).where(inputs[0].sign(), inputs[0].tanh())
                })
        },
        HostFault("sin-coarse", "large angles reduced by 2π in one step", .element, of: ["sin"]) { call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let turns = try (inputs[0] * (0.5 / Double.pi)).floor()
                    return try (inputs[0] - turns * (2 * Double.pi)).sin()
                })
        },
        HostFault("reciprocal-sqrt-estimate", "1/√x with 11 bits", .element, of: ["reciprocal_sqrt"]) { call in
            call.changeElement { $0 * (1 + 0x1p-11) }
        }
    ]

    private static let activations: [HostFault] = [
        HostFault(
            "gelu-tanh", "the tanh form instead of the exact one", .element, of: ["gelu"],
            when: \.isExactGELU
        ) { call in
            call.takeElement(of: call.redefined { i throws(GraphError) in try i[0].gelu(approximation: "tanh") })
        },
        HostFault(
            "gelu-erf", "the exact form instead of the tanh one", .element, of: ["gelu"],
            when: \.isTanhGELU
        ) { call in call.takeElement(of: call.redefined { i throws(GraphError) in try i[0].gelu() }) },
        HostFault("sigmoid-unguarded", "exp(x) / (1 + exp(x)), which is ∞/∞", .element, of: ["sigmoid"]) { call in
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    let power = try i[0].exp()
                    return try power / (power + 1.0)
                })
        },
        HostFault("silu-hard", "x · min(max(x/6 + ½, 0), 1)", .element, of: ["silu"]) { call in
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    let zero = try i[0] * 0.0
                    return try i[0] * (i[0] * (1.0 / 6) + 0.5).maximum(zero).minimum(zero + 1.0)
                })
        },
        HostFault("relu-keeps-little", "negative numbers above −0.01 kept", .element, of: ["relu"]) { call in
            call.takeElement(
                of: call.redefined { i throws(GraphError) in
                    try i[0].greater(i[0] * 0.0 - 0.01).where(i[0], i[0] * 0.0)
                })
        }
    ]
}

extension FaultyCall {
    /// The position of the input element that is broadcast to an output element.
    func place(_ place: Int, ofInput index: Int) -> Int {
        let (target, layout) = (outputShape, Layout(dense: shape(ofInput: index)).broadcast(to: outputShape))
        var (rest, position) = (place, layout.offset)
        for axis in target.indices.reversed() {
            position += rest % target[axis] * layout.strides[axis]
            rest /= target[axis]
        }
        return position
    }

    /// Changes one integer of the output, one that `change` affects.
    mutating func changeInteger(_ change: (Int, Int64) -> Int64) {
        guard let output = outputs[0], let values = try? output.integers() else { return }
        search(count: values.count) { place in
            let new = change(place, values[place])
            guard new != values[place] else { return nil }
            let storage: Tensor.Storage =
                output.dtype == .int32 ? .int32([Int32(truncatingIfNeeded: new)]) : .int64([new])
            return { $0.replace(place, with: CaseValues.tensor(storage, [1])) }
        }
    }

    /// Replaces one element.
    mutating func replace(_ place: Int, with element: Tensor) {
        guard var spoiled = outputs[0] else { return }
        spoiled.replace(place..<place + 1, with: element, from: 0)
        replace(place..<place + 1, with: spoiled)
    }
}
