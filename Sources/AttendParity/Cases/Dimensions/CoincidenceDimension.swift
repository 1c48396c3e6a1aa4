import AttendRuntime

/// Axes of one size.
enum CoincidenceDimension {
    private static let size = 4

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        let (square, cube) = ([size, size], [size, size, size])
        switch CaseKind(operation) {
        case .unary, .cast, .source: return .omitted("it has one operand at most, and changes no axes")
        case .binary:
            return .cases(
                broadcasts.map { base.with("lhs", $0).with("rhs", $1) }
                    + broadcasts.map { base.with("lhs", $1).with("rhs", $0) }
                    + [base.with("lhs", square).with("rhs", square).with("rhs-view", "transposed")])
        case .select:
            return .cases(
                broadcasts.flatMap { large, small in
                    [
                        base.with("condition", large).with("lhs", small).with("rhs", large),
                        base.with("condition", small).with("lhs", large).with("rhs", small)
                    ]
                })
        case .view: return views(operation, base)
        case .pad:
            return .cases(
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map {
                    base.with("shape", cube).with("before", list: $0).with("after", list: $0.reversed())
                })
        case .concatenate:
            return .cases(
                [0, 1, 2].map { base.with("shape", cube).with("axis", $0).with("parts", list: [size, size]) })
        case .index:
            return .cases(
                [0, 1, 2].flatMap { axis in
                    [square, [size]].map { base.with("shape", cube).with("indices", $0).with("axis", axis) }
                })
        case .embedding: return .cases([base.with("shape", square).with("indices", square)])
        case .update:
            return .cases(
                [0, 1, 2].map { base.with("shape", cube).with("axis", $0).with("length", 2).with("start", 1) })
        case .reduction:
            return .cases(
                [[0], [1], [2], [0, 1], [0, 2], [1, 2]].map { base.with("shape", cube).with("axes", list: $0) })
        case .argMax: return .cases([0, 1, 2].map { base.with("shape", cube).with("axis", $0) })
        case .row:
            let plain = [0, 1, 2].map { base.with("shape", cube).with("axis", $0) }
            return .cases(plain + (operation.hasSuffix("norm") ? plain.map { $0.with(flag: "scale") } : []))
        case .matmul: return products(base)
        case .linear:
            let plain = base.with("rows", square).with("in", size).with("out", size)
            return .cases(
                [
                    plain, plain.with(flag: "bias"), plain.with(flag: "bias").with("weight-view", "constant"),
                    plain.with("weight-view", "transposed"), plain.with("view", "transposed"),
                    base.with("rows", [33]).with("in", 40).with("out", 40).with("weight-view", "transposed")
                ]
                    + (operation == "fused_linear" ? [plain.with(flag: "bias").with(flag: "residual")] : []))
        case .quantized:
            return .cases(
                QuantizedCases.forms.map { QuantizedCases.plain(operation, 128, groups: 128 / $0.group, $0) })
        case .convolution:
            let plain = base.with("b", size).with("in", size).with("out", size).with("length", size).with("width", 3)
                .with("padding", list: [1, 1])
            return .cases(
                [
                    plain, plain.with("width", size).with("padding", list: [2, 1]), plain.with("groups", 2),
                    plain.with("groups", size), plain.with(flag: "bias")
                ])
        case .rotary:
            let plain = base.with("b", size).with("h", size).with("l", size).with("d", 2 * size)
            return .cases([plain, plain.with(flag: "interleaved"), plain.with(flag: "shared-angles")])
        case .attention: return attention()
        case .head:
            let plain = base.with("b", size).with("hq", size).with("hkv", size).with("l", size).with("d", size)
                .with("width", size * size)
            let sized = operation == "cross_attention" ? plain.with("s", size).with("context", size * size) : plain
            return .cases(
                [sized, sized.with(flag: "causal"), sized.with("outputs", "all"), sized.with(flag: "lengths")]
                    + ScoreShape.allCases.map { sized.with("bool-mask", "random").with("mask-shape", $0.rawValue) })
        case .graph: return .omitted("random graphs have axes of one size")
        case nil: return .omitted("")
        }
    }

    /// Shapes that broadcast, where another axis would do as well.
    private static let broadcasts: [([Int], [Int])] = [
        ([size, size], [size]), ([size, size], [size, 1]), ([size, size], [1, size]), ([size, size, size], [size]),
        ([size, size, size], [size, 1]), ([size, size, size], [size, 1, 1]), ([size, size, size], [1, size, 1]),
        ([size, size, size], [size, size]), ([size, size, size], [size, 1, size]), ([size, 1], [1, size]),
        ([2, 1], [2, 3]), ([2, 3], [2, 1, 1]), ([2, 1, 3], [2, 3])
    ]

    private static func views(_ operation: String, _ base: ParityCase) -> CaseDimension.Coverage {
        let cube = base.with("shape", [size, size, size])
        switch operation {
        case "transpose":
            let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
            return .cases(
                orders.map { cube.with("permutation", list: $0) }
                    + [[1, 0, 3, 2], [2, 3, 0, 1], [3, 0, 1, 2], [1, 2, 3, 0], [0, 3, 1, 2]].map {
                        base.with("shape", [3, 3, 3, 3]).with("permutation", list: $0)
                    })
        case "reshape": return .cases([cube.with("to", [size * size, size]), cube.with("to", [size, size * size])])
        case "broadcast":
            return .cases(
                [[size], [size, 1], [1, size], [size, 1, 1], [1, size, 1], [size, 1, size]].map {
                    base.with("shape", $0).with("to", [size, size, size])
                })
        default:
            return .cases(
                [0, 1, 2].map {
                    cube.with("axes", list: [$0]).with("starts", list: [1]).with("ends", list: [3])
                })
        }
    }

    private static func products(_ base: ParityCase) -> CaseDimension.Coverage {
        let plain = base.with("m", size).with("k", size).with("n", size)
        let batches = [
            plain, plain.with("batch", [size]), plain.with("batch", [size, size]),
            plain.with("lhs-batch", [size, 1]).with("rhs-batch", [1, size]),
            plain.with("lhs-batch", [1, size]).with("rhs-batch", [size, 1]),
            plain.with("lhs-batch", [size]).with("rhs-batch", [size, size]),
            plain.with("lhs-batch", [size, size]).with("rhs-batch", [size, 1]),
            plain.with("lhs-batch", [2, 3]).with("rhs-batch", [2, 1]),
            plain.with("lhs-batch", [2, 1]).with("rhs-batch", [2, 3])
        ]
        return .cases(
            batches.flatMap {
                [$0, $0.with(flag: "transpose-lhs"), $0.with(flag: "transpose-rhs").with("rhs-view", "transposed")]
            })
    }

    private static func attention() -> CaseDimension.Coverage {
        let plain = AttentionCases.sized(size, size, size, size, size, size)
        let grouped = AttentionCases.sized(2, 4, 2, 4, 4, 2)
        let masked = ScoreShape.allCases.flatMap { shape in
            [plain, grouped].flatMap {
                [
                    $0.with("bool-mask", "random").with("mask-shape", shape.rawValue),
                    $0.with("bias", "normal").with("bias-shape", shape.rawValue)
                ]
            }
        }
        return .cases(
            [
                plain, plain.with(flag: "causal"), plain.with(flag: "lengths"),
                plain.with(flag: "batch-offsets").with(flag: "causal"), plain.with("outputs", "all"),
                plain.with("view", "transposed"), grouped, plain.with(flag: "unfused")
            ] + masked)
    }
}
