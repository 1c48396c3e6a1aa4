import AttendRuntime

/// Numbers at the ends of ranges, and sums without rounding.
enum ValueDimension {
    private static let integers: [DType] = [.int32, .int64]

    static func extremes(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation).with("values", CaseValues.extreme.rawValue)
        func typed(_ dtypes: [DType], _ make: (ParityCase) -> [ParityCase]) -> CaseDimension.Coverage {
            .cases(dtypes.flatMap { dtype in make(dtype == .float32 ? base : base.with("dtype", dtype.rawValue)) })
        }
        let primitive = Primitive(rawValue: operation)
        switch CaseKind(operation) {
        case .unary:
            guard operation != "not" else { return .omitted("bool has no range") }
            let hasIntegers = [.negate, .abs, .sign, .stopGradient].contains(primitive)
            return typed([.float32, .float16, .bfloat16] + (hasIntegers ? integers : [])) {
                [
                    $0.with("shape", [9, 130]), $0.with("shape", [41]).with("view", "reversed"),
                    $0.with("shape", [2, 3, 1, 5, 2, 5]).with("view", "transposed")
                ]
            }
        case .binary:
            guard primitive?.family != .logic else { return .omitted("bool has no range") }
            let dtypes = [DType.float32, .float16, .bfloat16] + (primitive == .power ? [] : integers)
            return typed(dtypes) {
                [
                    $0.with("lhs", [33, 40]).with("rhs", [33, 40]), $0.with("lhs", [700]).with("rhs", []),
                    $0.with("lhs", [1, 60]).with("rhs", [60, 1]),
                    $0.with("lhs", [2, 3, 1, 5, 2, 5]).with("rhs", [3, 4, 1, 2, 5])
                ]
            }
        case .select:
            return typed(DType.allCases) { [$0.with("condition", [9, 130]).with("lhs", [9, 130]).with("rhs", [130])] }
        case .cast:
            return .cases(
                DType.allCases.flatMap { from in
                    DType.allCases.map { to in
                        base.with("shape", [300]).with("from", from.rawValue).with("to", to.rawValue)
                    }
                })
        case .source: return sources(operation)
        case .view:
            return typed([.float32] + integers) { base in
                switch operation {
                case "transpose": [base.with("shape", [9, 40]).with("permutation", list: [1, 0])]
                case "reshape": [base.with("shape", [9, 40]).with("to", [360])]
                case "broadcast": [base.with("shape", [40, 1]).with("to", [40, 9])]
                default:
                    [
                        base.with("shape", [60]).with("axes", list: [0]).with("starts", list: [-1])
                            .with("ends", list: [-61]).with("steps", list: [-1])
                    ]
                }
            }
        case .pad:
            return typed([.float32] + integers) {
                let plain = $0.with("shape", [9, 40]).with("before", list: [1, 2]).with("after", list: [0, 3])
                return [plain, plain.with("value", "16777217"), plain.with("value", "-2147483648")]
            }
        case .concatenate:
            return typed([.float32] + integers) {
                [$0.with("shape", [9, 1]).with("axis", 1).with("parts", list: [20, 7, 13])]
            }
        case .index:
            return typed([.float32] + integers) {
                [
                    $0.with("shape", [40, 9]).with("indices", [33]).with("axis", 0),
                    $0.with("shape", [9, 40]).with("indices", [33]).with("axis", 1).with("index-dtype", "int32")
                ]
            }
        case .embedding:
            return typed(DType.allCases) {
                [$0.with("shape", [40, 9]).with("indices", [33]), $0.with("shape", [400, 3]).with("indices", [70, 2])]
            }
        case .update:
            return typed([.float32] + integers) {
                [$0.with("shape", [9, 40]).with("axis", 1).with("length", 17).with("start", 5)]
            }
        case .reduction:
            return typed([.float32] + (operation == "reduce_mean" ? [] : integers)) {
                [
                    $0.with("shape", [60, 9]).with("axes", list: [1]),
                    $0.with("shape", [9, 60]).with("axes", list: [0]),
                    $0.with("shape", [60, 9]).with("axes", list: [0]).with("view", "strided"),
                    $0.with("shape", [3, 2, 9, 1, 8]).with("axes", list: [2, 4]).with("view", "transposed")
                ]
            }
        case .argMax:
            return typed([.float32, .float16] + integers) {
                [
                    $0.with("shape", [60, 9]).with("axis", 1), $0.with("shape", [300, 3]).with("axis", 0),
                    $0.with("shape", [5, 300, 3]).with("axis", 1), $0.with("shape", [6, 6, 6]).with("axis", 1)
                ]
            }
        case .row where operation.hasSuffix("norm"):
            // A norm of numbers near the end of the range has no bound; a scale or bias may be any number.
            return .cases(
                ["wide", "special", "rare"].flatMap { values in
                    [DType.float32, .float16].flatMap { dtype in
                        let plain = ParityCase(operation).with("shape", [9, 60]).with("dtype", dtype.rawValue)
                        let scaled = plain.with(flag: "scale").with("other-values", values)
                        return operation == "layer_norm" ? [scaled, scaled.with(flag: "bias")] : [scaled]
                    }
                } + lone(operation))
        case .row: return typed([.float32]) { [$0.with("shape", [60, 9]), $0.with("shape", [9, 60]).with("axis", 0)] }
        case .matmul: return typed([.float32]) { [$0.with("m", 20).with("k", 2).with("n", 30)] }
        case .linear:
            // Special numbers in the product reach the activation: of NaN, relu is NaN.
            let plain = ParityCase(operation).with("rows", [33]).with("in", 2).with("out", 20)
            guard operation == "fused_linear" else { return .cases([plain.with("values", "rare")]) }
            return .cases(
                FusedActivation.allCases.flatMap { activation in
                    let bent = plain.with("activation", activation.rawValue)
                    return [
                        bent.with("values", "rare"), bent.with("values", "special").with(flag: "bias"),
                        bent.with("values", "rare").with("weight-view", "constant").with(flag: "residual")
                    ]
                })
        case .quantized:
            return .cases(
                ["rare", "wide", "special"].map {
                    QuantizedCases.plain(operation, 130, groups: 1, (4, 32)).with("values", $0)
                })
        case .convolution:
            return .cases(
                [
                    ParityCase(operation).with("b", 1).with("in", 1).with("out", 4).with("length", 60).with("width", 2)
                        .with("values", "rare")
                ]
                    + ["wide", "rare", "vast"].flatMap { values in
                        let plain = ParityCase(operation).with("b", 2).with("in", 3).with("out", 4).with("length", 20)
                            .with("width", 2).with(flag: "bias").with("values", values)
                        return [plain, plain.with("dtype", "float16"), plain.with("groups", 1).with("stride", 2)]
                    })
        case .rotary:
            let plain = ParityCase(operation).with("b", 2).with("h", 2).with("l", 9).with("d", 8)
            let whole = integers.flatMap { dtype in
                [plain, plain.with("rotary", 4).with(flag: "interleaved"), plain.with("l", 67)].map {
                    $0.with("dtype", dtype.rawValue).with("values", "extreme").with("other-values", "extreme")
                }
            }
            return .cases(
                [plain.with("values", "rare"), plain.with("values", "rare").with("other-values", "rare")]
                    + ["wide", "rare", "special"].flatMap {
                        [plain.with("other-values", $0), plain.with("other-values", $0).with("dtype", "bfloat16")]
                    } + whole)
        case .attention: return .omitted("hidden NaN and infinities have settings of their own: planted")
        case .head:
            let plain = ParityCase(operation).with("b", 2).with("hq", 4).with("hkv", 2).with("l", 9).with("width", 3)
                .with("d", 4)
            let sized = operation == "cross_attention" ? plain.with("s", 11).with("context", 5) : plain
            return .cases(
                ["wide", "rare", "vast", "lone", "halves"].flatMap { values in
                    let valued = sized.with("values", values)
                    return [
                        valued, valued.with(flag: "biases").with("outputs", "all"), valued.with("soft-cap", "4"),
                        valued.with("view", "strided").with("weight-view", "transposed")
                    ]
                })
        case .graph: return .omitted("the bounds of a graph of such numbers are unlimited")
        case nil: return .omitted("")
        }
    }

    /// Rows with one NaN, in each form of a norm, and an epsilon that counts.
    private static func lone(_ operation: String) -> [ParityCase] {
        let plain = ParityCase(operation).with("shape", [1500, 9]).with("values", "lone")
        let scaled = plain.with(flag: "scale")
        let full = operation == "layer_norm" ? [scaled.with(flag: "bias")] : []
        let scalar = scaled.with("parameter-shape", [1])
        let near = ParityCase(operation).with("shape", [40, 9]).with("epsilon", "0.3")
        return [plain, scaled, scalar] + full
            + [near, near.with(flag: "scale"), near.with(flag: "scale").with("parameter-shape", [1])]
    }

    private static func sources(_ operation: String) -> CaseDimension.Coverage {
        let base = ParityCase(operation)
        guard operation == "random" else {
            return .cases(
                [DType.float16, .bfloat16, .int32, .int64].map {
                    base.with("shape", [3000]).with("axis", 0).with("dtype", $0.rawValue)
                })
        }
        // Seeds and counters whose low 32 bits are equal are different.
        let keys = [0, 1, -1, 1 << 32, 1 << 32 + 1, 1 << 39, -(1 << 32)]
        let counters = [0, 1, -1, 1 << 32, 1 << 32 + 1, 1 << 39]
        return .cases(
            keys.map { base.with("shape", [33]).with("key", $0) }
                + counters.map { base.with("shape", [33]).with("key", 7).with("counter", $0) }
                + [0, 5, -1].map {
                    base.with("shape", [33]).with("key", 7).with("counter", $0).with("counter-dtype", "int32")
                })
    }

    static func exactSums(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase(operation).with("values", CaseValues.coarse.rawValue)
        let lengths = [255, 257, 1023, 4095, 4096, 4097, 12_289]
        switch CaseKind(operation) {
        case .reduction where operation != "reduce_max":
            return .cases(
                lengths.flatMap { length in
                    [
                        base.with("shape", [3, length]).with("axes", list: [1]),
                        base.with("shape", [length, 3]).with("axes", list: [0]), base.with("shape", [length])
                    ]
                })
        case .matmul:
            return .cases(
                lengths.flatMap { length in
                    [(1, 5), (5, 1), (4, 9), (17, 33)].map { m, n in
                        base.with("m", m).with("k", length).with("n", n)
                    } + [base.with("m", 3).with("k", length).with("n", 7).with(flag: "transpose-rhs")]
                })
        case .linear:
            return .cases(
                lengths.flatMap { length in
                    [1, 4, 17].map { rows in
                        base.with("rows", [rows]).with("in", length).with("out", 9).with("weight-view", "constant")
                    } + [base.with("rows", [2]).with("in", length).with("out", 5).with(flag: "bias")]
                })
        case .quantized where operation == "quantized_linear":
            return .cases(
                QuantizedCases.forms.flatMap { form in
                    [1, 5, 17].map { rows in
                        QuantizedCases.matrix(operation, 9, groups: (form.bits == 4 ? 4096 : 1024) / form.group, form)
                            .with("rows", [rows]).with("values", CaseValues.coarse.rawValue)
                    }
                })
        case .convolution:
            return .cases(
                [(3, 5), (64, 9), (257, 3)].map { channels, width in
                    base.with("b", 1).with("in", channels).with("out", 3).with("length", 40).with("width", width)
                })
        case .index where operation == "scatter_add":
            return .cases(
                [
                    base.with("shape", [3, 5]).with("indices", [4097]).with("axis", 0),
                    base.with("shape", [2]).with("indices", [70_000]).with("axis", 0)
                ])
        case .attention, .head, .row: return .omitted("its terms are exponentials, or divided by the number of them")
        case .graph: return .omitted("a graph has the sums of its operations")
        default: return .omitted("it sums nothing")
        }
    }
}
