import AttendRuntime

/// Ranks 0 to 8.
enum RankDimension {
    private static let largest = TensorType.largestRank

    private static func shape(_ rank: Int) -> [Int] { Array([5, 4, 1, 6, 9, 2, 1, 3].prefix(rank)) }

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase.plain(operation)
        func each(_ ranks: ClosedRange<Int>, _ make: (Int, [Int]) -> [ParityCase]) -> CaseDimension.Coverage {
            .cases(ranks.flatMap { make($0, shape($0)) })
        }
        switch CaseKind(operation) {
        case .unary:
            return each(0...largest) { rank, shape in
                let plain = base.with("shape", shape)
                return rank < 5 ? [plain] : [plain, plain.with("view", "transposed")]
            }
        case .binary: return binary(base)
        case .select:
            return each(0...largest) { rank, shape in
                [
                    base.with("condition", alternating(shape, 1)).with("lhs", shape).with("rhs", alternating(shape, 0)),
                    base.with("condition", shape).with("lhs", Array(shape.suffix(rank / 2))).with("rhs", shape)
                ]
            }
        case .cast:
            let pairs = [("float32", "int64"), ("int64", "float32"), ("bool", "float32"), ("float32", "bfloat16")]
            return each(0...largest) { rank, shape in
                let (from, to) = pairs[rank % pairs.count]
                return [base.with("shape", shape).with("from", from).with("to", to)]
            }
        case .source:
            return operation == "iota"
                ? each(1...largest) { rank, shape in
                    [base.with("shape", shape).with("axis", rank - 1), base.with("shape", shape).with("axis", rank / 2)]
                } : each(0...largest) { [base.with("shape", $1)] }
        case .view: return views(operation, base)
        case .pad:
            return each(0...largest) { rank, shape in
                [
                    base.with("shape", shape).with("before", list: (0..<rank).map { $0 % 2 })
                        .with("after", list: (0..<rank).map { ($0 + 1) % 2 })
                ]
            }
        case .concatenate:
            return each(1...largest) { rank, shape in
                [rank - 1, rank / 2].map { base.with("shape", shape).with("axis", $0).with("parts", list: [2, 3]) }
            }
        case .index:
            // The result has the rank of the indices more.
            return each(1...largest - 1) { rank, shape in
                [
                    base.with("shape", shape).with("indices", [2, 2]).with("axis", rank - 1),
                    base.with("shape", shape).with("indices", [3]).with("axis", rank / 2)
                ]
            }
        case .embedding:
            return each(0...largest - 1) { [base.with("shape", [5, 3]).with("indices", $1)] }
        case .update:
            return each(1...largest) { rank, shape in
                [rank - 1, 0].map {
                    base.with("shape", shape).with("axis", $0).with("length", 1).with("start", shape[$0] - 1)
                }
            }
        case .reduction:
            return each(0...largest) { rank, shape in
                let plain = base.with("shape", shape)
                let even = (0..<rank).filter { $0 % 2 == 0 }
                guard rank > 0 else { return [plain] }
                return [
                    plain, plain.with("axes", list: even), plain.with("axes", list: [rank - 1]).with(flag: "keep"),
                    plain.with("axes", list: [0])
                ]
            }
        case .argMax:
            return each(1...largest) { rank, shape in
                [rank - 1, rank / 2].map { base.with("shape", shape).with("axis", $0) }
            }
        case .row:
            return each(1...largest) { rank, shape in
                // A row of one number has nothing to judge in a norm.
                let wide = shape.dropLast() + [7]
                let plain = base.with("shape", Array(wide))
                return rank < 3 ? [plain] : [plain, plain.with("axis", rank - 2), plain.with("view", "transposed")]
            }
        case .matmul:
            return .cases(
                (0...largest - 2).flatMap { rank in
                    let plain = base.with("m", 3).with("k", 4).with("n", 5)
                    return [
                        plain.with("batch", shape(rank)),
                        plain.with("lhs-batch", alternating(shape(rank), 0))
                            .with("rhs-batch", alternating(shape(rank), 1)).with(flag: "transpose-rhs")
                    ]
                })
        case .linear:
            return each(0...largest - 1) { rank, shape in
                let plain = base.with("rows", shape).with("in", 5).with("out", 4).with(flag: "bias")
                return rank < 2 ? [plain] : [plain, plain.with("view", "transposed")]
            }
        case .quantized where operation == "quantized_linear":
            return each(0...largest - 1) { rank, shape in
                let plain = QuantizedCases.matrix(operation, 5, groups: 1, (4, 32)).with("rows", shape)
                return rank < 2 ? [plain] : [plain, plain.with("view", "transposed")]
            }
        case .quantized where operation == "quantized_embedding":
            return each(0...largest - 1) { _, shape in
                [QuantizedCases.matrix(operation, 5, groups: 1, (4, 32)).with("indices", shape)]
            }
        case .quantized, .convolution, .rotary, .attention, .head: return .omitted("its operands have fixed ranks")
        case .graph: return .omitted("a graph has the ranks of its operations")
        case nil: return .omitted("")
        }
    }

    /// The shape with every other axis 1.
    private static func alternating(_ shape: [Int], _ turn: Int) -> [Int] {
        shape.enumerated().map { $0.offset % 2 == turn ? 1 : $0.element }
    }

    private static func binary(_ base: ParityCase) -> CaseDimension.Coverage {
        .cases(
            (0...largest).flatMap { rank -> [ParityCase] in
                let shape = shape(rank)
                let whole = base.with("lhs", shape).with("rhs", shape)
                let crossed = base.with("lhs", alternating(shape, 0)).with("rhs", alternating(shape, 1))
                let shorter = base.with("lhs", Array(shape.suffix(rank / 2))).with("rhs", shape)
                return rank < 4 ? [whole] : [whole, crossed, shorter, whole.with("lhs-view", "transposed")]
            })
    }

    private static func views(_ operation: String, _ base: ParityCase) -> CaseDimension.Coverage {
        .cases(
            (0...largest).flatMap { rank -> [ParityCase] in
                let shape = shape(rank)
                let plain = base.with("shape", shape)
                let backward = Array((0..<rank).reversed())
                switch operation {
                case "transpose":
                    let turned = rank == 0 ? [] : Array(1..<rank) + [0]
                    return [
                        plain.with("permutation", list: backward), plain.with("permutation", list: turned)
                    ]
                case "reshape":
                    let merged = [shape.reduce(1, *)]
                    return [plain.with("to", merged), base.with("shape", merged).with("to", shape)]
                case "broadcast":
                    return [base.with("shape", alternating(shape, 0)).with("to", shape)]
                default:
                    guard rank > 0 else { return [] }
                    return [
                        plain.with("axes", list: backward).with("starts", list: backward.map { shape[$0] - 1 })
                            .with("ends", list: backward.map { -shape[$0] - 1 }).with(
                                "steps", list: backward.map { _ in -1 })
                    ]
                }
            })
    }
}
