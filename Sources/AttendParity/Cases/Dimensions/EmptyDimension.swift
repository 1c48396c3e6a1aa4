import AttendRuntime

/// Axes of no elements: one of them in each place, several, and all; kernels divide by sizes and count them down.
enum EmptyDimension {
    private static let shapes: [[Int]] = [
        [0], [0, 3], [3, 0], [0, 0], [0, 3, 4], [3, 0, 4], [3, 4, 0], [0, 0, 3], [0, 3, 0], [3, 0, 0], [0, 0, 0],
        [2, 0, 3, 4], [2, 3, 0, 4], [2, 0, 3, 0]
    ]

    /// For operations that treat all axes alike.
    private static let few: [[Int]] = [[0], [3, 0], [0, 0], [3, 0, 4], [2, 3, 0, 4]]

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        func each(
            _ shapes: [[Int]] = shapes, _ make: (ParityCase, [Int]) -> [ParityCase]
        ) -> CaseDimension.Coverage {
            .cases(shapes.flatMap { make(base.with("shape", $0), $0) })
        }
        switch CaseKind(operation) {
        case .unary:
            return each(few) { plain, shape in shape.count < 2 ? [plain] : [plain, plain.with("view", "transposed")] }
        case .binary:
            return .cases(
                few.flatMap { shape -> [ParityCase] in
                    let whole = base.with("lhs", shape).with("rhs", shape)
                    let broadcast = base.with("lhs", shape.map { $0 == 0 ? 1 : $0 }).with("rhs", shape)
                    return [whole, broadcast, base.with("lhs", shape).with("rhs", [])]
                })
        case .select:
            return .cases(
                few.flatMap { shape -> [ParityCase] in
                    let ones = shape.map { $0 == 0 ? 1 : $0 }
                    return [
                        base.with("condition", shape).with("lhs", ones).with("rhs", []),
                        base.with("condition", ones).with("lhs", shape).with("rhs", shape)
                    ]
                })
        case .cast: return each(few) { plain, _ in [plain.with("from", "float32").with("to", "int64")] }
        case .source:
            return each(few) { plain, shape in [operation == "iota" ? plain.with("axis", shape.count - 1) : plain] }
        case .view: return views(operation, base)
        case .pad:
            return each { plain, shape in
                func padded(_ before: [Int], _ after: [Int]) -> ParityCase {
                    plain.with("before", list: before).with("after", list: after)
                }
                let none = shape.map { _ in 0 }
                return [
                    padded(none, none), padded(shape.map { $0 == 0 ? 2 : 1 }, none),
                    padded(none, [1] + none.dropFirst())
                ]
            }
        case .concatenate:
            return each { plain, shape in
                shape.indices.map { axis in
                    plain.with("axis", axis).with("parts", list: shape[axis] == 0 ? [0, 2, 0] : [shape[axis], 1])
                }
            }
        case .index:
            return .cases(
                [([4, 3], [0], 0), ([4, 3], [2, 0], 1), ([4, 0], [2], 0), ([0, 3], [0], 0), ([3, 0, 4], [2], 2)].map {
                    base.with("shape", $0.0).with("indices", $0.1).with("axis", $0.2)
                })
        case .embedding:
            return .cases(
                [([4, 3], [0]), ([4, 3], [2, 0]), ([4, 0], [2]), ([0, 3], [0])].map {
                    base.with("shape", $0.0).with("indices", $0.1)
                })
        case .update:
            return .cases(
                [([4, 3], 0, 0, 4), ([4, 3], 1, 0, 1), ([4, 0], 0, 2, 1), ([0, 3], 0, 0, 0), ([0, 3], 1, 2, 1)].map {
                    base.with("shape", $0.0).with("axis", $0.1).with("length", $0.2).with("start", $0.3)
                })
        case .reduction:
            return each { plain, shape in
                (shape.count > 1 ? [plain] : []) + shape.indices.map { plain.with("axes", list: [$0]) }
            }
        case .argMax:
            return each { plain, shape in shape.indices.filter { shape[$0] > 0 }.map { plain.with("axis", $0) } }
        case .row: return each { plain, shape in shape.indices.map { plain.with("axis", $0) } }
        case .matmul:
            return .cases(
                [(0, 4, 5), (3, 4, 0), (0, 4, 0), (3, 0, 5), (0, 0, 0)].flatMap { m, k, n -> [ParityCase] in
                    let plain = base.with("m", m).with("k", k).with("n", n)
                    return [
                        plain, plain.with(flag: "transpose-rhs"), plain.with("batch", [2]), plain.with("batch", [0]),
                        plain.with("lhs-batch", [0, 1]).with("rhs-batch", [1, 3])
                    ]
                })
        case .linear:
            return .cases(
                [([0], 5, 4), ([3], 5, 0), ([3], 0, 4), ([2, 0], 5, 4), ([0, 2], 5, 4), ([0], 0, 0)].map {
                    base.with("rows", $0.0).with("in", $0.1).with("out", $0.2).with(flag: "bias")
                })
        case .quantized:
            return .cases(
                [(0, 2), (3, 0), (0, 0)].map { out, groups in
                    let plain = QuantizedCases.plain(operation, out, groups: groups, (4, 32))
                    return operation == "quantized_embedding" && out == 0 ? plain.with("indices", [0]) : plain
                }
                    + (operation == "quantized_linear"
                        ? [[0], [2, 0]].map { QuantizedCases.matrix(operation, 5, groups: 2, (8, 32)).with("rows", $0) }
                        : []))
        case .attention:
            let sized = [(0, 2, 2, 5, 9), (2, 2, 1, 0, 9), (2, 2, 1, 5, 0), (0, 2, 1, 0, 0)].map {
                AttentionCases.sized($0.0, $0.1, $0.2, $0.3, $0.4, 8)
            }
            return .cases(
                sized + sized.map { $0.with(flag: "causal").with("outputs", "all") }
                    + sized.map { $0.with("window", 2).with(flag: "lengths") })
        case .rotary:
            return .cases(
                [(0, 2, 3), (2, 0, 3), (2, 3, 0)].map {
                    base.with("b", $0.0).with("h", $0.1).with("l", $0.2).with("d", 4)
                })
        case .convolution:
            return .cases(
                [(0, 4, 4), (2, 0, 4), (2, 4, 0), (0, 0, 4)].map {
                    base.with("b", $0.0).with("in", $0.1).with("out", $0.2).with("length", 9).with("width", 3)
                        .with(flag: "bias")
                })
        case .head:
            let plain = base.with("hq", 2).with("hkv", 1).with("width", 4).with("d", 2)
            return .cases(
                [(0, 3), (2, 0)].map { batch, tokens in
                    let sized = plain.with("b", batch).with("l", tokens)
                    return operation == "cross_attention" ? sized.with("s", 5).with("context", 4) : sized
                })
        case .graph: return .omitted("a graph has the sizes of its operations")
        case nil: return .omitted("")
        }
    }

    private static func views(_ operation: String, _ base: ParityCase) -> CaseDimension.Coverage {
        .cases(
            shapes.flatMap { shape -> [ParityCase] in
                let plain = base.with("shape", shape)
                let backward = Array(shape.indices.reversed())
                switch operation {
                case "transpose":
                    return [backward, Array(shape.indices.dropFirst()) + [0]].map {
                        plain.with("permutation", list: $0)
                    }
                case "reshape": return [[0], [0, 7], [7, 0], [2, 0, 3]].map { plain.with("to", $0) }
                case "broadcast":
                    return [base.with("shape", shape.map { $0 == 0 ? 1 : $0 }), base.with("shape", [])].map {
                        $0.with("to", shape)
                    }
                default:
                    func cut(_ place: Int, _ steps: [Int]) -> ParityCase {
                        // An axis that is to be empty has elements in the source; its range is empty at a place within.
                        base.with("shape", shape.map { $0 == 0 ? 5 : $0 }).with("axes", list: Array(shape.indices))
                            .with("starts", list: shape.map { $0 == 0 ? place : 0 })
                            .with("ends", list: shape.map { $0 == 0 ? place : $0 }).with(
                                "steps", list: shape.indices.map { steps[$0 % steps.count] })
                    }
                    return [
                        cut(0, [1]), cut(5, [1]), cut(3, [2]), cut(5, [3, 1]), cut(5, [1, 3]),
                        plain.with("axes", list: backward).with("starts", list: backward.map { _ in 0 })
                            .with("ends", list: backward.map { shape[$0] }).with("steps", list: backward.map { _ in 2 })
                    ]
                }
            })
    }
}
