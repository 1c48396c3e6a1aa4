import AttendRuntime

/// What operands are to each other: shared, constant, scalar; axes, lists and indices.
enum OperandDimension {
    static func shared(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation).with(flag: "same")
        switch CaseKind(operation) {
        case .binary:
            let plain = base.with("lhs", [7, 150]).with("rhs", [7, 150])
            let hasInfinities = Primitive(rawValue: operation)?.family != .logic
            // Two views of one value, too.
            let twin = ParityCase.plain(operation).with("lhs", [40, 40]).with("rhs", [40, 40])
            let twins = [
                twin.with("twin", "transposed"), twin.with("twin", "reversed"),
                twin.with("lhs-view", "strided").with("twin", "transposed")
            ]
            return .cases(
                [plain, plain.with("lhs-view", "transposed")] + (hasInfinities ? [plain.with("values", "special")] : [])
                    + twins)
        case .select:
            return .cases([base.with("condition", [7, 50]).with("lhs", [7, 50]).with("rhs", [7, 50])])
        case .concatenate:
            return .cases(
                [[3, 3], [1, 1, 1], [40, 40]].flatMap { parts in
                    [0, 1].map { base.with("shape", [5, 5]).with("axis", $0).with("parts", list: parts) }
                } + [base.with("shape", [5, 7]).with("axis", 1).with("parts", list: [4, 4]).with("view", "strided")])
        case .matmul:
            let plain = base.with("m", 17).with("k", 17).with("n", 17)
            return .cases([
                plain, plain.with(flag: "transpose-rhs"), plain.with("batch", [3]).with(flag: "transpose-lhs"),
                ParityCase(operation).with("m", 17).with("k", 17).with("n", 17).with("twin", "transposed"),
                ParityCase(operation).with("m", 17).with("k", 17).with("n", 17).with("twin", "reversed")
            ])
        case .attention:
            let plain = AttentionCases.sized(2, 3, 3, 17, 17, 8).with(flag: "same")
            return .cases([plain, plain.with(flag: "causal"), plain.with("view", "transposed")])
        case .unary, .cast, .source, .view, .pad, .reduction, .argMax: return .omitted("it has one operand at most")
        case .index, .embedding, .update: return .omitted("its operands differ in dtype or shape")
        case .head where operation == "cross_attention":
            let plain = base.with("b", 2).with("hq", 4).with("hkv", 2).with("l", 9).with("s", 9).with("width", 12)
                .with("context", 12).with("d", 4)
            return .cases([plain, plain.with(flag: "biases"), plain.with(flag: "causal"), plain.with("hkv", 4)])
        case .row, .linear, .quantized, .convolution, .rotary, .head:
            return .omitted("its operands differ in what they are")
        case .graph: return .omitted("random graphs use values several times")
        case nil: return .omitted("")
        }
    }

    static func constants(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        switch CaseKind(operation) {
        case .binary:
            // A scalar constant on each side, of one element in any rank; then constants of all elements.
            return .cases(
                [[], [1], [1, 1]].flatMap { scalar in
                    [
                        base.with("lhs", scalar).with("rhs", [7, 150]).with("lhs-view", "constant"),
                        base.with("lhs", [7, 150]).with("rhs", scalar).with("rhs-view", "constant")
                    ]
                }
                    + [
                        base.with("lhs", [150]).with("rhs", [7, 150]).with("lhs-view", "constant"),
                        base.with("lhs", [7, 1]).with("rhs", [7, 150]).with("lhs-view", "constant"),
                        base.with("lhs", [9]).with("rhs", [9]).with("lhs-view", "constant").with("rhs-view", "constant")
                    ])
        case .select:
            return .cases(
                ["condition", "lhs", "rhs"].flatMap { side in
                    [[], [7, 50]].map { own in
                        ["condition", "lhs", "rhs"].reduce(base) { $0.with($1, $1 == side ? own : [7, 50]) }
                            .with("\(side)-view", "constant")
                    }
                })
        case .matmul:
            let plain = base.with("m", 9).with("k", 17).with("n", 20)
            return .cases(["lhs-view", "rhs-view"].map { plain.with($0, "constant") })
        case .source, .convolution, .rotary: return .omitted("none of its operands has a setting for constants")
        default: return .omitted("the view \"constant\" of its grid is this dimension")
        }
    }

    static func axes(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        switch CaseKind(operation) {
        case .reduction:
            return .cases(
                [[2, 0], [-1, 0], [0, -1], [1, -3], [-1, -2], [2, 1, 0], [-1], [-3], [1, 0], [0, 2]].flatMap { axes in
                    let plain = base.with("shape", [3, 4, 5]).with("axes", list: axes)
                    return [plain, plain.with(flag: "keep"), plain.with("view", "transposed")]
                }
                    // No axes at all, which is not all axes.
                    + [
                        base.with("shape", [3, 4]).with("axes", list: []),
                        base.with("shape", []).with("axes", list: []),
                        base.with("shape", [3, 4]).with("axes", list: []).with(flag: "keep"),
                        base.with("shape", [5, 0]).with("axes", list: [])
                    ])
        case .argMax:
            return .cases(
                [-1, -2, -3, 0, 1, 2].flatMap { axis in
                    let plain = base.with("shape", [3, 4, 5]).with("axis", axis)
                    return [plain.with("values", "ties"), plain.with(flag: "keep")]
                } + [
                    // The first of equal numbers, in other blocks too.
                    base.with("shape", [2, 5000]).with("axis", 1).with("values", "ties"),
                    base.with("shape", [5000, 2]).with("axis", 0).with("values", "ties"),
                    base.with("shape", [2, 5000]).with("axis", 1).with("view", "stretched")
                ])
        case .row:
            return .cases([-1, -2, -3, 0, 1].map { base.with("shape", [3, 7, 9]).with("axis", $0) })
        case .concatenate:
            return .cases(
                [-1, -2, -3].map { base.with("shape", [3, 4, 5]).with("axis", $0).with("parts", list: [2, 3]) })
        case .index:
            return .cases([-1, -2, -3].map { base.with("shape", [3, 4, 5]).with("indices", [6]).with("axis", $0) })
        case .update:
            return .cases(
                [-1, -2, -3].map { base.with("shape", [3, 4, 5]).with("axis", $0).with("length", 2).with("start", 1) })
        case .view where operation == "slice":
            let orders = [[0, 1, 2], [2, 0, 1], [-1, 0], [1, -3], [-1, -2, 0]]
            return .cases(
                orders.map { axes in
                    // Bounds of their own for each axis, so that exchanged ones show.
                    let places = axes.map { ($0 + 3) % 3 }
                    return base.with("shape", [6, 7, 8]).with("axes", list: axes)
                        .with("starts", list: places.map { [1, 2, 7][$0] })
                        .with("ends", list: places.map { [4, 7, 0][$0] }).with(
                            "steps", list: places.map { [1, 2, -3][$0] })
                })
        case .source where operation == "iota":
            return .cases([-1, -2, 0].map { base.with("shape", [3, 4]).with("axis", $0).with("dtype", "int32") })
        case .graph: return .omitted("a graph has the axes of its operations")
        default: return .omitted("it has no attribute of axes that may be negative or in another order")
        }
    }

    static func lists(of operation: String) -> CaseDimension.Coverage {
        guard operation == "concatenate" else { return .omitted("it has no list of operands") }
        let base = ParityCase(operation)
        return .cases(
            [1, 2, 9, 33].flatMap { count in
                [
                    base.with("shape", [3, 1]).with("axis", 1).with("parts", list: (0..<count).map { 1 + $0 % 5 }),
                    base.with("shape", [1, 4]).with("axis", 0).with("parts", list: (0..<count).map { ($0 + 1) % 3 })
                        .with("dtype", "int64"),
                    // Parts of one shape.
                    base.with("shape", [3, 1]).with("axis", 1).with("parts", list: Array(repeating: 2, count: count)),
                    base.with("shape", [1, 5]).with("axis", 0).with("parts", list: Array(repeating: 1, count: count))
                ]
            })
    }

    static func dueErrors(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase(operation)
        switch CaseKind(operation) {
        case .index:
            return .cases(
                [([7], 0), ([4, 3, 2], 1), ([2, 3, 5], 2), ([257], 0), ([1, 1], 0)].flatMap { shape, axis in
                    ["int32", "int64"].map {
                        base.with("shape", shape).with("indices", [5]).with("axis", axis).with("index-dtype", $0)
                    }
                } + [base.with("shape", [9, 4]).with("indices", [4000]).with("axis", 0)])
        case .embedding:
            return .cases(
                [([7, 3], [3, 4]), ([1, 4], [3, 4]), ([257, 2], [3, 4]), ([9, 3], [2, 2, 3])].flatMap {
                    shape, indices in
                    ["int32", "int64"].map {
                        base.with("shape", shape).with("indices", indices).with("index-dtype", $0)
                    }
                })
        case .update:
            return .cases(
                [([7], 0, 1), ([7], 0, 7), ([4, 3, 2], 1, 2), ([2, 9], -1, 0), ([257, 3], 0, 2)].map {
                    shape, axis, length in
                    base.with("shape", shape).with("axis", axis).with("length", length).with("start", 0)
                })
        default: return .omitted("no value of its operands is an error")
        }
    }
}
