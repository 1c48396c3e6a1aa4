import AttendRuntime

/// 16-bit types in shapes beyond a tile, in several ranks, and through views.
enum NarrowDimension {
    private static let dtypes = ["float16", "bfloat16"]
    private static let shapes: [[Int]] = [[1300], [20, 7, 33], [3, 300], [2, 17, 3, 5]]

    static func coverage(of operation: String) -> CaseDimension.Coverage {
        let base = ParityCase(operation)
        func each(_ make: (ParityCase) -> [ParityCase]) -> CaseDimension.Coverage {
            .cases(dtypes.flatMap { make(base.with("dtype", $0)) })
        }
        switch CaseKind(operation) {
        case .unary where operation == "not": return .omitted("it takes bools")
        case .unary:
            return each { plain in
                shapes.map { plain.with("shape", $0) } + [plain.with("shape", [9, 40]).with("view", "strided")]
            }
        case .binary where Primitive(rawValue: operation)?.family == .logic: return .omitted("it takes bools")
        case .binary:
            return each { plain in
                shapes.map { plain.with("lhs", $0).with("rhs", Array($0.suffix(1))) }
                    + [plain.with("lhs", [1, 40]).with("rhs", [30, 1]).with("values", "wide")]
            }
        case .select:
            return each { plain in
                shapes.map { plain.with("condition", $0).with("lhs", $0).with("rhs", Array($0.suffix(1))) }
            }
        case .cast, .source: return .omitted("its dtypes are a setting of its own in the grid")
        case .view: return .omitted("it moves bits, and its grid has each dtype")
        case .pad:
            return each { plain in
                shapes.map { shape in
                    plain.with("shape", shape).with("before", list: shape.map { $0 % 2 })
                        .with("after", list: shape.map { $0 % 3 })
                }
            }
        case .concatenate:
            return each { plain in
                shapes.map { plain.with("shape", $0).with("axis", -1).with("parts", list: [5, 17, 40]) }
            }
        case .index:
            return each { plain in
                shapes.map { plain.with("shape", $0).with("indices", [19]).with("axis", 0) }
                    + [plain.with("shape", [20, 7, 33]).with("indices", [5]).with("axis", 1)]
            }
        case .embedding: return each { [$0.with("shape", [300, 17]).with("indices", [33])] }
        case .update:
            return each { plain in
                shapes.map { plain.with("shape", $0).with("axis", 0).with("length", 1).with("start", $0[0] - 1) }
            }
        case .reduction:
            return each { plain in
                shapes.map { plain.with("shape", $0).with("axes", list: [-1]) }
                    + [plain.with("shape", [20, 7, 33]).with("axes", list: [0, 2])]
                    // A sum beyond float16, and a mean within it.
                    + (operation == "reduce_mean"
                        ? [plain.with("shape", [3, 1023]).with("axes", list: [1]).with("values", "far")] : [])
            }
        case .argMax: return each { plain in shapes.map { plain.with("shape", $0).with("axis", $0.count - 1) } }
        case .row:
            return each { plain in
                [[20, 7, 33], [3, 300], [2, 17, 3, 5]].map { plain.with("shape", $0) }
                    + [[5, 65], [3, 257]].map { plain.with("shape", $0).with("values", "positive") }
            }
        case .matmul:
            return each { plain in
                [(33, 40, 17), (3, 300, 5), (65, 7, 65)].map { m, k, n in
                    plain.with("m", m).with("k", k).with("n", n)
                } + [
                    plain.with("batch", [20, 2]).with("m", 3).with("k", 40).with("n", 5),
                    plain.with("m", 3).with("k", 1024).with("n", 5),
                    // Sums that float16 does not hold.
                    plain.with("m", 7).with("k", 3).with("n", 5).with("values", "vast"),
                    plain.with("m", 9).with("k", 700).with("n", 2)
                        .with("values", "coarse"),
                    plain.with("m", 5).with("k", 2048).with("n", 4).with("values", "positive")
                ]
            }
        case .linear:
            return each { plain in
                [[33], [20, 2], [20, 3, 2]].map {
                    plain.with("rows", $0).with("in", 40).with("out", 17).with(flag: "bias")
                } + [
                    plain.with("rows", [3]).with("in", 300).with("out", 33).with("weight-view", "constant"),
                    plain.with("rows", [5]).with("in", 1500).with("out", 9).with("values", "coarse")
                ]
            }
        case .quantized:
            return each { plain in
                QuantizedCases.forms.map { form in
                    let sized = QuantizedCases.plain(operation, 37, groups: 3, form)
                    return sized.with("dtype", plain.settings["dtype"] ?? "").with("weight-view", "constant")
                }
            }
        case .convolution:
            return each {
                let plain = $0.with("b", 20).with("in", 4).with("out", 6).with("length", 33).with("width", 3)
                return [plain, plain.with(flag: "bias").with("stride", 2), plain.with("groups", 2)]
            }
        case .rotary:
            return each {
                let plain = $0.with("b", 3).with("h", 2).with("l", 33).with("d", 40)
                return [plain, plain.with(flag: "interleaved"), plain.with("rotary", 8)]
            }
        case .attention:
            return each { plain in
                let sized = AttentionCases.sized(3, 4, 2, 33, 70, 24).with("dtype", plain.settings["dtype"] ?? "")
                return [
                    sized, sized.with(flag: "causal"), sized.with("bias", "normal"), sized.with("values", "peaked"),
                    sized.with("values", "large").with("scale", "0.001"),
                    sized.with("values", "far").with("scale", "0.01"),
                    sized.with("values", "vast").with("scale", "0.00001"),
                    sized.with(flag: "lengths"), sized.with("window", 9).with(flag: "causal"),
                    sized.with("soft-cap", "4")
                ]
            }
        case .head:
            return each {
                let plain = $0.with("b", 2).with("hq", 4).with("hkv", 2).with("l", 17).with("width", 24).with("d", 6)
                let sized = operation == "cross_attention" ? plain.with("s", 20).with("context", 20) : plain
                return [sized, sized.with(flag: "causal"), sized.with(flag: "biases")]
            }
        case .graph: return .omitted("a graph has the dtypes of its operations")
        case nil: return .omitted("")
        }
    }
}
