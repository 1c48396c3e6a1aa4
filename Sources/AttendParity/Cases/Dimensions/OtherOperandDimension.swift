import AttendRuntime

/// Operands beside the first: their dtypes, and how they lie in memory.
enum OtherOperandDimension {
    private static let views = ["strided", "reversed", "offset", "transposed", "constant"]

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        func viewed(_ plain: ParityCase, _ key: String, _ views: [String] = views) -> [ParityCase] {
            views.map { plain.with(key, $0) }
        }
        switch CaseKind(operation) {
        case .unary, .cast, .source, .view, .pad, .reduction, .argMax: return .omitted("it has one operand at most")
        case .binary, .select, .matmul: return .omitted("each of its operands has views in the grid")
        case .concatenate:
            let plain = base.with("shape", [5, 6]).with("axis", 0).with("parts", list: [3, 4, 5, 2])
            let wide = base.with("shape", [3, 1]).with("axis", 1).with("parts", list: [4, 1100, 1300])
            return .cases(
                views.flatMap { view in
                    [[1], [2], [0, 1, 2], [3]].map { plain.with("view", view).with("viewed-parts", list: $0) }
                        + [wide.with("view", view).with("viewed-parts", list: [2])]
                })
        case .index, .embedding:
            let sized = base.with("shape", [9, 20]).with("indices", [4, 5])
            let plain = operation == "embedding" ? sized : sized.with("axis", 0)
            return .cases(
                viewed(plain, "other-view") + viewed(plain.with("index-dtype", "int32"), "other-view", ["strided"]))
        case .update:
            let plain = base.with("shape", [9, 20]).with("axis", 0).with("length", 3).with("start", 2)
            return .cases(
                viewed(plain, "other-view", views + ["stretched"])
                    + [plain.with("start-dtype", "int32"), plain.with("start-dtype", "int32").with("start", -3)])
        case .row where operation.hasSuffix("norm"):
            let plain = base.with("shape", [9, 5, 20]).with("axis", 1).with(flag: "scale")
            let full = operation == "layer_norm" ? plain.with(flag: "bias") : plain
            // Scale and bias broadcast with the input.
            let shapes = [[20], [1], [], [5, 1], [1, 20], [9, 1, 1], [9, 1, 20], [9, 5, 20]]
            let square = base.with("shape", [6, 6, 6]).with("axis", 1).with(flag: "scale")
            return .cases(
                viewed(full, "other-view", views + ["stretched"])
                    + shapes.map { full.with("parameter-shape", $0) }
                    + [[6, 1], [1, 6], [6, 1, 1], [1, 6, 1]].map { square.with("parameter-shape", $0) })
        case .row: return .omitted("it has one operand")
        case .linear:
            let plain = base.with("rows", [7]).with("in", 9).with("out", 20).with(flag: "bias")
            return .cases(viewed(plain, "bias-view", ["strided", "reversed", "offset", "stretched", "constant"]))
        case .quantized:
            let plain = QuantizedCases.plain(operation, 20, groups: 3, (4, 32))
            let pairs = views.flatMap { view in
                views.map { plain.with("weight-view", view).with("scales-view", $0) }
            }
            return .cases(
                pairs
                    + (operation == "quantized_linear"
                        ? viewed(plain.with(flag: "bias"), "bias-view", ["strided", "reversed", "offset", "constant"])
                        : []))
        case .convolution:
            let plain = base.with("b", 2).with("in", 4).with("out", 6).with("length", 20)
            let pairs = [1, 2, 3].flatMap { width in
                [
                    plain.with("width", width).with("stride", 2), plain.with("width", width).with("dilation", 2),
                    plain.with("width", width).with("groups", 2),
                    plain.with("width", width).with("padding", list: [0, 2]),
                    plain.with("width", width).with("stride", 3).with("padding", list: [2, 0])
                ]
            }
            let biased = plain.with("width", 3).with(flag: "bias")
            return .cases(viewed(biased, "other-view", views + ["stretched"]) + pairs)
        case .rotary:
            let plain = base.with("b", 2).with("h", 3).with("l", 5).with("d", 8)
            let shared = plain.with(flag: "shared-cos")
            return .cases(
                viewed(plain, "other-view", views + ["stretched"])
                    + [
                        shared, shared.with(flag: "interleaved"),
                        plain.with(flag: "shared-angles").with("view", "offset"),
                        plain.with("view", "strided"), plain.with("view", "transposed").with("rotary", 4)
                    ])
        case .attention: return attention(AttentionCases.sized(2, 4, 2, 9, 21, 8))
        case .head:
            let plain = base.with("b", 2).with("hq", 4).with("hkv", 2).with("l", 9).with("width", 12).with("d", 4)
            return attention(
                operation == "cross_attention" ? plain.with("s", 11).with("context", 10) : plain, isHead: true)
        case .graph: return .omitted("a graph has the operands of its operations")
        case nil: return .omitted("")
        }
    }

    private static func attention(_ plain: ParityCase, isHead: Bool = false) -> CaseDimension.Coverage {
        let (masked, biased) = (plain.with("bool-mask", "random"), plain.with("bias", "normal"))
        var cases = [
            plain.with("soft-cap", "-4"), plain.with("scale", "-0.4"),
            plain.with("soft-cap", "4").with("scale", "-0.4"),
            masked.with("soft-cap", "4").with("window", 5), biased.with("scale", "2").with("soft-cap", "-3")
        ]
        cases += views.flatMap { view in [masked, biased].map { $0.with("other-view", view) } }
        cases += ["float16", "bfloat16"].flatMap { dtype in
            [
                biased.with("bias-dtype", dtype),
                plain.with("bias", "mask").with("bias-dtype", dtype).with(flag: "causal")
            ]
        }
        let lengths = plain.with(flag: "lengths")
        cases += [
            lengths.with("length-dtype", "int64"), lengths.with("length-dtype", "int64").with("other-view", "reversed"),
            lengths.with("other-view", "constant"), lengths.with("other-view", "strided"),
            plain.with("offset", 2).with(flag: "causal").with("offset-dtype", "int32"),
            plain.with("offset", -2).with(flag: "causal").with("offset-dtype", "int32")
        ]
        if isHead {
            // Each bias by itself, and each pair.
            let roles = ["query", "key", "value", "output"]
            for (index, role) in roles.enumerated() {
                cases.append(plain.with("biases", role))
                cases += roles.dropFirst(index + 1).map { plain.with("biases", "\(role):\($0)") }
            }
        } else {
            let offsets = plain.with(flag: "batch-offsets").with(flag: "causal")
            cases += [
                offsets.with("offset-dtype", "int32"), offsets.with("other-view", "reversed"),
                offsets.with("other-view", "strided"), offsets.with("other-view", "constant")
            ]
        }
        return .cases(cases)
    }
}
