import AttendRuntime

/// Numbers with which an operation has a simple form: what is right for most numbers is wrong for NaN, infinities and
/// signed zeros.
enum IdentityDimension {
    private static let factors = ["0", "-0.0", "1", "-1", "2", "0.5"]
    private static let exponents = ["0", "1", "2", "3", "-1", "0.5", "-0.5", "-2", "inf", "-inf"]
    private static let bases = ["0", "-0.0", "1", "-1", "2", "inf"]

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        switch CaseKind(operation) {
        case .binary:
            guard let primitive = Primitive(rawValue: operation), primitive.family != .logic else {
                return .omitted("bool has two values, which all cases have")
            }
            return .cases(binary(base, isPower: primitive == .power))
        case .attention: return .cases(attention())
        case .pad:
            let plain = base.with("shape", [3, 5]).with("before", list: [1, 0]).with("after", list: [0, 2])
            return .cases(
                ["-0.0", "nan", "inf", "1e-40"].map { plain.with("value", $0) }
                    + [base.with("shape", [3, 5]).with("before", list: [0, 0]).with("after", list: [0, 0])]
                    // Toward zero and saturating; NaN is 0.
                    + ["int32", "int64", "float16", "bool"].flatMap { dtype in
                        ["1e10", "-1e10", "1e300", "-inf", "nan", "-2.7", "65519"].map {
                            plain.with("dtype", dtype).with("value", $0)
                        }
                    })
        case .row where operation.hasSuffix("norm"):
            return .cases(
                ["0.0", "1"].map { base.with("shape", [9, 33]).with("epsilon", $0) }
                    + [base.with("shape", [9, 33]).with("epsilon", "1e-5").with("values", "tiny").with(flag: "scale")]
                    // Rows of zeros in 16 bits, over which epsilon decides.
                    + ["float16", "bfloat16"].map {
                        base.with("shape", [9, 33]).with("dtype", $0).with("values", "tiny")
                    })
        case .matmul:
            // Nothing to sum, one term, one result.
            return .cases(
                [(3, 0, 5), (1, 0, 1), (3, 1, 5), (1, 7, 1)].flatMap { m, k, n in
                    let plain = base.with("m", m).with("k", k).with("n", n)
                    return [plain, plain.with(flag: "transpose-lhs"), plain.with("batch", [2])]
                })
        case .linear:
            return .cases(
                [base.with("rows", [3]).with("in", 0).with("out", 5).with(flag: "bias")]
                    + [1, 2].map { base.with("rows", [$0]).with("in", 1).with("out", 1) })
        case .quantized:
            // One number, and weights that are all the offset.
            return .cases(
                [QuantizedCases.plain(operation, 1, groups: 1, (4, 32))]
                    + ["coarse", "ties"].map {
                        QuantizedCases.plain(operation, 5, groups: 2, (8, 32)).with("values", $0)
                    })
        case .select: return .cases(ends(base))
        case .unary where operation != "not" && operation != "stop_gradient":
            // Next to the numbers at which a function turns, a small error is large in the result.
            return .cases([base.with("shape", [2000]).with("values", "near")])
        case .unary, .cast, .source, .view, .concatenate, .index, .embedding, .update, .reduction, .argMax, .row,
            .convolution, .rotary, .head:
            return .omitted("no number of its operands or attributes gives it a simpler form")
        case .graph: return .omitted("passes have cases of their own")
        case nil: return .omitted("")
        }
    }

    /// Special values on one side, a number on the other.
    private static func binary(_ base: ParityCase, isPower: Bool) -> [ParityCase] {
        let plain = base.with("values", "special")
        func right(_ number: String) -> ParityCase {
            plain.with("lhs", [7, 30]).with("rhs", []).with("rhs-value", number).with("rhs-view", "constant")
        }
        func left(_ number: String) -> ParityCase {
            plain.with("lhs", []).with("rhs", [7, 30]).with("lhs-value", number).with("lhs-view", "constant")
        }
        let numbers = isPower ? exponents : factors + ["nan", "inf"]
        let floats =
            numbers.map(right) + (isPower ? bases : numbers).map(left)
            + numbers.prefix(3).map { right($0).with("rhs-view", "dense").with("rhs", [30]) }
        guard !isPower else { return floats }
        return floats
            + ["0", "1", "-1", "2"].flatMap { number in
                ["int32", "int64"].flatMap { dtype in
                    [right(number), left(number)].map { $0.with("dtype", dtype).with("values", "extreme") }
                }
            }
    }

    private static func attention() -> [ParityCase] {
        let plain = AttentionCases.sized(2, 2, 1, 5, 9, 8)
        // More queries than keys.
        let long = AttentionCases.sized(1, 2, 2, 9, 3, 8)
        return [
            plain.with("scale", "0"), plain.with("scale", "1"), plain.with("scale", "-1"), plain.with("soft-cap", "0"),
            plain.with("soft-cap", "1"), plain.with("offset", 0).with(flag: "causal"), plain.with("window", 1),
            plain.with("window", 1).with(flag: "causal"), plain.with("window", 1000), long.with(flag: "causal"),
            long.with(flag: "causal").with(flag: "upper-left"), long.with("window", 2),
            long.with("window", 2).with(flag: "causal").with("outputs", "all"),
            plain.with(flag: "lengths").with(flag: "far-lengths"),
            AttentionCases.sized(5, 2, 1, 5, 9, 8).with(flag: "lengths").with(flag: "far-lengths").with(flag: "causal"),
            AttentionCases.sized(5, 2, 1, 5, 9, 8).with(flag: "lengths").with(flag: "far-lengths").with("window", 3),
            plain.with("offset", 1 << 32).with(flag: "causal"), plain.with("offset", -(1 << 32)).with(flag: "causal"),
            plain.with("offset", 1 << 32 + 3).with("window", 4), plain.with("offset", 1 << 31 + 2).with(flag: "causal"),
            AttentionCases.sized(1, 1, 1, 40, 33, 4).with(flag: "causal").with("outputs", "all"),
            AttentionCases.sized(1, 1, 1, 70, 70, 4).with(flag: "causal").with("outputs", "all")
        ]
    }

    /// Special numbers on the side that is not taken.
    private static func ends(_ base: ParityCase) -> [ParityCase] {
        let plain = base.with("condition", [7, 30]).with("lhs", [7, 30]).with("rhs", [7, 30])
        return [
            plain.with("values", "special"), plain.with("values", "special").with("condition-view", "constant"),
            plain.with("condition", []).with("values", "special"), plain.with("rhs", []).with("values", "special")
        ]
    }
}
