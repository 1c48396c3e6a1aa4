import AttendRuntime

/// Axes and products of axes at limits of 8, 16 and 20 bits, with little work in each case.
enum SizeDimension {
    private static let limits = [255, 256, 257, 65_535, 65_536, 65_537]
    /// More elements than 2²⁰ in one axis.
    private static let many = 1_048_583
    /// The same in two axes, in 16 bits.
    private static let manyRows = [1027, 1025]

    /// Where elements are moved, compared or computed one by one, every large tensor has numbers of all kinds.
    static func coverage(of operation: String) -> CaseDimension.Coverage {
        guard case .cases(let cases) = sized(operation) else { return sized(operation) }
        switch CaseKind(operation) {
        case .unary, .binary, .select, .cast, .view, .pad, .concatenate, .embedding, .update:
            return .cases(operation == "not" || isLogic(operation) ? cases : cases.map { $0.with("values", "mixed") })
        case .index where operation == "gather": return .cases(cases.map { $0.with("values", "mixed") })
        default: return .cases(cases)
        }
    }

    private static func isLogic(_ operation: String) -> Bool { Primitive(rawValue: operation)?.family == .logic }

    private static func sized(_ operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        switch CaseKind(operation) {
        case .unary:
            let narrow = operation == "not" ? "bool" : "float16"
            return .cases(shapes.map { base.with("shape", $0) } + [base.with("shape", manyRows).with("dtype", narrow)])
        case .binary:
            return .cases(
                shapes.map { base.with("lhs", $0).with("rhs", $0) }
                    + [
                        base.with("lhs", [65_537, 1]).with("rhs", [1, 2]),
                        base.with("lhs", [2, 1]).with("rhs", [1, 65_537]), base.with("lhs", []).with("rhs", [65_537]),
                        base.with("lhs", manyRows).with("rhs", manyRows).with(
                            "dtype", isLogic(operation) ? "bool" : "bfloat16")
                    ])
        case .select:
            return .cases(
                shapes.map { base.with("condition", $0).with("lhs", $0).with("rhs", $0) }
                    + [base.with("condition", [65_537, 1]).with("lhs", [2]).with("rhs", [])])
        case .cast:
            return .cases(
                shapes.enumerated().map { index, shape in
                    base.with("shape", shape).with("from", "float32").with("to", index % 2 == 0 ? "int32" : "bfloat16")
                })
        case .source:
            let cases = shapes.map { base.with("shape", $0) }
            return .cases(operation == "iota" ? cases.map { $0.with("axis", 0).with("dtype", "int32") } : cases)
        case .view: return views(operation, base)
        case .pad:
            return .cases(
                [
                    base.with("shape", [65_533]).with("before", list: [1]).with("after", list: [2]),
                    base.with("shape", [2]).with("before", list: [65_535]).with("after", list: [1]),
                    base.with("shape", [2]).with("before", list: [1]).with("after", list: [65_537]),
                    base.with("shape", [2, 65_536]).with("before", list: [1, 0]).with("after", list: [0, 1]),
                    base.with("shape", [65_536, 2]).with("before", list: [0, 1]).with("after", list: [1, 0]),
                    base.with("shape", [0, 300]).with("before", list: [0, 1]).with("after", list: [3, 0]),
                    base.with("shape", [3]).with("before", list: [many]).with("after", list: [0])
                ])
        case .concatenate:
            return .cases(
                [
                    base.with("shape", [1]).with("axis", 0).with("parts", list: [65_535, 3]),
                    base.with("shape", [2, 1]).with("axis", 1).with("parts", list: [65_537, 1, 255]),
                    base.with("shape", [65_537, 1]).with("axis", 1).with("parts", list: [1, 2]),
                    base.with("shape", [1]).with("axis", 0).with("parts", list: [256, 256, 257]),
                    base.with("shape", [1]).with("axis", 0).with("parts", list: [many, 1])
                ])
        case .index: return indices(base)
        case .embedding:
            return .cases(
                [
                    base.with("shape", [65_537, 2]).with("indices", [40]),
                    base.with("shape", [3, 65_537]).with("indices", [2]),
                    base.with("shape", [257, 1]).with("indices", [65_537]),
                    base.with("shape", [4_194_310, 4]).with("indices", [257]).with("dtype", "int32")
                ])
        case .update:
            return .cases(
                [
                    base.with("shape", [65_540]).with("axis", 0).with("length", 3).with("start", 65_537),
                    base.with("shape", [2, 65_537]).with("axis", 1).with("length", 1).with("start", -1),
                    base.with("shape", [65_537, 2]).with("axis", 0).with("length", 257).with("start", 65_280),
                    base.with("shape", [3, 65_537]).with("axis", 0).with("length", 1).with("start", 1),
                    base.with("shape", [65_538]).with("axis", 0).with("length", 65_537).with("start", 1),
                    base.with("shape", [many]).with("axis", 0).with("length", 2).with("start", many - 2)
                ])
        case .reduction:
            return reductions(base) { base, shape, axis in base.with("shape", shape).with("axes", list: [axis]) }
        case .argMax: return reductions(base) { base, shape, axis in base.with("shape", shape).with("axis", axis) }
        case .row: return rows(operation, base)
        case .matmul: return products(base)
        case .linear: return linears(base)
        case .quantized:
            let sized = [(1, 65_537), (300, 3), (9, 257), (257, 2)].map { groups, out in
                QuantizedCases.plain(operation, out, groups: groups, (4, 32))
            }
            return .cases(
                operation == "quantized_linear"
                    ? sized + [QuantizedCases.matrix(operation, 3, groups: 1, (8, 32)).with("rows", [65_537])]
                    : sized)
        case .convolution: return convolutions(base)
        case .rotary:
            func sized(_ batch: Int, _ heads: Int, _ tokens: Int, _ width: Int) -> ParityCase {
                base.with("b", batch).with("h", heads).with("l", tokens).with("d", width)
            }
            return .cases(
                [
                    sized(65, 2, 3, 4), sized(70_000, 1, 1, 2), sized(1, 257, 2, 4), sized(1, 1, 65_537, 2),
                    sized(1, 2, 3, 256), sized(2, 1, 2, 514).with(flag: "interleaved")
                ])
        case .attention: return attention()
        case .head:
            func sized(_ batch: Int, _ heads: Int, _ shared: Int, _ tokens: Int, _ width: Int, _ d: Int) -> ParityCase {
                let plain = base.with("b", batch).with("hq", heads).with("hkv", shared).with("l", tokens)
                    .with("width", width).with("d", d)
                return operation == "cross_attention" ? plain.with("s", tokens + 1).with("context", width) : plain
            }
            return .cases(
                [
                    sized(65, 2, 1, 3, 4, 2), sized(1, 16, 1, 5, 8, 4), sized(1, 1, 1, 3, 8, 257),
                    sized(1, 2, 2, 257, 6, 3)
                ])
        case .graph: return .omitted("a graph has the sizes of its operations")
        case nil: return .omitted("")
        }
    }

    private static let shapes: [[Int]] =
        limits.map { [$0] } + [[65_537, 2], [2, 65_537], [257, 256], [3, 1, 21_846], [many]] + places

    /// Each axis of several beyond 2⁸.
    private static let places: [[Int]] =
        [[300, 1, 3], [2, 300, 3], [257, 2, 1, 3], [3, 257, 1, 2], [1, 3, 2, 300]] + highPlaces

    /// Each axis of eight, and some of three and five beyond 2¹⁶.
    private static let highPlaces: [[Int]] =
        (0..<8).map { axis in (0..<8).map { $0 == axis ? 4099 : $0 == (axis + 3) % 8 ? 2 : 1 } }
        + [[65_539, 1, 2], [2, 65_539, 1], [65_537, 1, 2, 1, 1], [2, 1, 65_537, 1, 1]]

    private static func views(_ operation: String, _ base: ParityCase) -> CaseDimension.Coverage {
        let sized = [[65_537, 2], [2, 65_537], [257, 256], [3, 1, 21_846]].map { base.with("shape", $0) }
        switch operation {
        case "transpose":
            return .cases(
                sized.map { $0.with("permutation", list: $0.settings["shape"] == "3x1x21846" ? [2, 0, 1] : [1, 0]) })
        case "reshape":
            return .cases(
                [
                    base.with("shape", [65_537, 2]).with("to", [2, 65_537]),
                    base.with("shape", [65_792]).with("to", [257, 256]),
                    base.with("shape", [many]).with("to", [1, many])
                ])
        case "broadcast":
            return .cases(
                [
                    base.with("shape", [1]).with("to", [65_537]), base.with("shape", [2, 1]).with("to", [2, 65_537]),
                    base.with("shape", [1, 2]).with("to", [65_537, 2]), base.with("shape", []).with("to", [many])
                ])
        default:
            func cut(_ shape: [Int], _ axis: Int, _ start: Int, _ end: Int, _ step: Int) -> ParityCase {
                base.with("shape", shape).with("axes", list: [axis]).with("starts", list: [start])
                    .with("ends", list: [end]).with("steps", list: [step])
            }
            return .cases(
                [
                    cut([65_540], 0, 1, 65_538, 1), cut([65_537, 2], 0, -1, -65_538, -1),
                    cut([2, 65_537], 1, 65_535, 65_537, 1),
                    cut([many], 0, many - 3, many, 1), cut([65_537], 0, 0, 65_537, 256)
                ])
        }
    }

    private static func indices(_ base: ParityCase) -> CaseDimension.Coverage {
        func placed(_ shape: [Int], _ indices: [Int], _ axis: Int) -> ParityCase {
            base.with("shape", shape).with("indices", indices).with("axis", axis)
        }
        let common = [
            placed([65_537], [40], 0), placed([65_537, 2], [33], 0), placed([2, 65_537], [33], 1),
            placed([3], [65_537], 0),
            placed([2, 3], [257], 1), placed([257, 256], [2], 0), placed([3, 65_537], [2], 0)
        ]
        // Positions beyond 2²⁴, where float32 no longer counts.
        let far = placed([4_194_310, 4], [257], 0).with("dtype", "int32")
        return .cases(base.operation == "gather" ? common + [far, placed([many], [65], 0)] : common)
    }

    private static func reductions(
        _ base: ParityCase, _ make: (ParityCase, [Int], Int) -> ParityCase
    ) -> CaseDimension.Coverage {
        let long = limits.map { make(base, [$0, 2], 0) } + limits.map { make(base, [2, $0], 1) }
        // Many results of few terms.
        let wide = [
            make(base, [65_537, 2], 1), make(base, [2, 65_537], 0), make(base, [many, 1], 1), make(base, [1, many], 0)
        ]
        // One NaN somewhere in a long row; seeds with one are likely, not certain.
        let lone = [4000, 9000].flatMap { size in
            [make(base, [size], 0), make(base, [2, size], 1), make(base, [size, 2], 0)].map {
                $0.with("values", "lone")
            }
        }
        return .cases(long + wide + lone + [make(base, [many], 0), make(base, [3, 257, 256], 1)])
    }

    private static func rows(_ operation: String, _ base: ParityCase) -> CaseDimension.Coverage {
        let isNorm = operation.hasSuffix("norm")
        var cases = limits.map { base.with("shape", [2, $0]) }
        cases += [base.with("shape", [65_537, 3]), base.with("shape", [70_000, 2]), base.with("shape", [3, 5000])]
        if !isNorm {
            // Equal numbers, and few that count: each lost block of a row shows.
            cases += [4096, 4097, 65_537].flatMap { size in
                [
                    base.with("shape", [2, size]).with("values", "sparse"),
                    base.with("shape", [2, size]).with("view", "stretched")
                ]
            }
            cases.append(base.with("shape", [65_537, 2]).with("axis", 0).with("values", "sparse"))
            // The largest number lies anywhere in a row, and the exponential of another one overflows.
            cases.append(base.with("shape", [8, 3000]).with("values", "lonePeaks"))
            cases.append(base.with("shape", [3000, 8]).with("axis", 0).with("values", "lonePeaks"))
        } else {
            cases += [
                base.with("shape", [3, 257]).with(flag: "scale"), base.with("shape", [2, 65_537]).with(flag: "scale")
            ]
        }
        return .cases(cases)
    }

    private static func products(_ base: ParityCase) -> CaseDimension.Coverage {
        func sized(_ m: Int, _ k: Int, _ n: Int) -> ParityCase { base.with("m", m).with("k", k).with("n", n) }
        let long = [
            sized(2, 3, 65_537), sized(65_537, 3, 2), sized(1, 2, 65_601), sized(1, 1, 70_000), sized(70_000, 1, 1),
            sized(256, 2, 257), sized(257, 3, 255)
        ]
        let deep = [sized(1, 65_537, 3), sized(3, 65_537, 1), sized(2, 4097, 2), sized(1, 4097, 33), sized(33, 5000, 1)]
        let batched = [
            sized(2, 2, 2).with("batch", [65]), sized(1, 1, 1).with("batch", [70_000]),
            sized(2, 1, 2).with("batch", [257]),
            sized(1, 2, 1).with("lhs-batch", [65_537]).with("rhs-batch", []),
            sized(1, 2, 3).with("lhs-batch", []).with("rhs-batch", [65])
        ]
        return .cases(
            (long + batched).flatMap { [$0, $0.with(flag: "transpose-rhs")] }
                + deep.flatMap {
                    [$0.with("values", "coarse"), $0.with("values", "coarse").with(flag: "transpose-rhs")]
                })
    }

    private static func linears(_ base: ParityCase) -> CaseDimension.Coverage {
        func sized(_ rows: Int, _ width: Int, _ out: Int) -> ParityCase {
            base.with("rows", [rows]).with("in", width).with("out", out).with("weight-view", "constant")
        }
        let cases = [
            sized(2, 3, 65_537), sized(65_537, 3, 2), sized(1, 2, 65_601), sized(257, 3, 256), sized(70_000, 1, 1),
            sized(1, 65_537, 2).with("values", "coarse"), sized(3, 4097, 5).with("values", "coarse"),
            sized(1, 4097, 17).with("values", "coarse")
        ]
        // Large numbers and special ones in large products.
        let valued = [sized(2, 3, 1500), sized(1100, 2, 5), sized(40, 3, 33_000), sized(33_000, 2, 40)].flatMap {
            [$0.with("values", "vast"), $0.with("values", "rare")]
        }
        return .cases(cases + cases.map { $0.with(flag: "bias") } + valued)
    }

    private static func convolutions(_ base: ParityCase) -> CaseDimension.Coverage {
        func sized(_ batch: Int, _ channels: Int, _ out: Int, _ length: Int, _ width: Int) -> ParityCase {
            base.with("b", batch).with("in", channels).with("out", out).with("length", length).with("width", width)
        }
        let deep = sized(1, 6, 6, 40, 3).with("groups", 6)
        return .cases(
            [
                sized(1, 1, 1, 65_540, 3), sized(1, 2, 1, 65_537, 1), sized(65, 1, 2, 5, 2), sized(70_000, 1, 1, 1, 1),
                sized(1, 257, 2, 4, 2), sized(1, 1, 257, 4, 2), sized(1, 1, 65_537, 1, 1), sized(1, 1, 2, 300, 257),
                // One channel per group, with everything else that moves a tap.
                deep, deep.with("dilation", 2),
                deep.with("dilation", 3).with("stride", 2).with("padding", list: [2, 1]),
                sized(2, 4, 8, 33, 5).with("groups", 4).with("dilation", 2).with(flag: "bias"),
                sized(1, 2, 3, 33_000, 2).with("values", "rare"), sized(1, 33, 40, 60, 3).with("values", "rare"),
                sized(1, 40, 65, 70, 3).with("view", "strided").with("other-view", "transposed").with(flag: "bias"),
                sized(1, 300, 80, 9, 3).with("other-view", "strided").with(flag: "bias"),
                sized(1, 2, 3, 65_540, 3).with(flag: "bias"), sized(1, 1, 65_537, 2, 1).with(flag: "bias"),
                sized(3, 2, 5000, 3, 1).with(flag: "bias")
            ])
    }

    private static func attention() -> CaseDimension.Coverage {
        let sized = AttentionCases.sized
        let wide = [257, 320, 512, 513, 576].map { sized(1, 2, 1, 5, 9, $0) }
        let ratios = [2, 3, 4, 5, 7, 8, 12, 16].map { sized(1, $0, 1, 6, 10, 8).with(flag: "causal") }
        let many = [
            sized(65, 2, 1, 3, 5, 4), sized(70_000, 1, 1, 1, 2, 2), sized(1, 257, 257, 2, 3, 2),
            sized(1, 1, 1, 65_537, 2, 2),
            sized(1, 1, 1, 1, 65_537, 2).with("values", "coarse"), sized(2, 1, 1, 1, 65_536, 1),
            sized(1, 1, 1, 2, 8193, 4).with(flag: "causal").with("outputs", "all")
        ]
        let windows = [1, 16, 63, 64, 65, 200].flatMap { window in
            [
                sized(1, 2, 1, 300, 300, 8).with(flag: "causal").with("window", window),
                sized(1, 1, 1, 70, 333, 8).with("window", window),
                sized(1, 1, 1, 130, 400, 8).with(flag: "causal").with("window", window).with("offset", 200)
            ]
        }
        let shapes = ScoreShape.allCases.flatMap { shape in
            [
                sized(2, 4, 2, 9, 21, 8).with("bias", "normal").with("bias-shape", shape.rawValue),
                sized(3, 2, 1, 9, 21, 8).with("bias", "mask").with("bias-shape", shape.rawValue).with("outputs", "all"),
                sized(2, 4, 2, 9, 21, 8).with("bool-mask", "random").with("mask-shape", shape.rawValue),
                sized(3, 2, 2, 33, 70, 8).with("bool-mask", "random").with("mask-shape", shape.rawValue)
                    .with(flag: "causal")
            ]
        }
        return .cases(wide + ratios + many + windows + shapes)
    }
}
