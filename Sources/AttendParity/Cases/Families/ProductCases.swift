import AttendRuntime

/// `matmul` and `linear`: sizes next to tile boundaries, transposed operands, packed weights.
struct ProductCases: CaseFamily {
    let operations = ["matmul", "linear"]

    func keys(of operation: String) -> [String] {
        operation == "matmul"
            ? [
                "batch", "lhs-batch", "rhs-batch", "m", "k", "n", "transpose-lhs", "transpose-rhs", "same", "twin",
                "dtype", "values", "lhs-view", "rhs-view", "seed"
            ]
            : ["rows", "in", "out", "bias", "dtype", "values", "view", "weight-view", "bias-view", "seed"]
    }

    private static let sizes: [(Int, Int, Int)] = [
        (17, 33, 65), (1, 1, 1), (3, 4, 5), (33, 17, 31), (0, 4, 5), (3, 0, 5), (4, 3, 0), (8, 8, 32), (64, 12, 64),
        (7, 31, 9), (16, 64, 16), (1, 300, 40), (15, 16, 17), (63, 5, 33), (65, 9, 31), (40, 2, 40), (1, 24, 1200),
        (5, 515, 7), (130, 40, 70), (1100, 3, 1), (257, 513, 129),
        (16, 16, 16), (40, 33, 33), (7, 40, 40)
    ]

    func grid(of operation: String) -> [ParityCase] {
        operation == "matmul" ? matmulGrid() : linearGrid()
    }

    private func matmulGrid() -> [ParityCase] {
        let base = ParityCase("matmul")
        func sized(_ m: Int, _ k: Int, _ n: Int) -> ParityCase { base.with("m", m).with("k", k).with("n", n) }
        var cases: [ParityCase] = []
        for (index, (m, k, n)) in ProductCases.sizes.enumerated() {
            let plain = sized(m, k, n).with("seed", index)
            cases.append(plain)
            cases.append(plain.with(flag: "transpose-rhs"))
            if index % 3 == 0 {
                cases.append(plain.with(flag: "transpose-lhs"))
                cases.append(plain.with(flag: "transpose-lhs").with(flag: "transpose-rhs"))
            }
        }
        let wide = sized(33, 19, 40)
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("lhs-view", view.rawValue).with("seed", 30 + index))
            cases.append(wide.with("rhs-view", view.rawValue).with("seed", 40 + index))
            cases.append(wide.with("rhs-view", view.rawValue).with(flag: "transpose-rhs").with("seed", 50 + index))
        }
        let batched = sized(9, 7, 20)
        cases.append(batched.with("batch", [2, 3]).with("seed", 60))
        cases.append(batched.with("lhs-batch", [2, 1]).with("rhs-batch", [1, 3]).with("seed", 61))
        cases.append(
            batched.with("lhs-batch", [4, 2]).with("rhs-batch", []).with(flag: "transpose-rhs").with("seed", 62))
        cases.append(batched.with("lhs-batch", []).with("rhs-batch", [5]).with("seed", 63))
        cases.append(batched.with("batch", [0, 2]).with("seed", 64))
        for (index, values) in [CaseValues.wide, .tiny, .special, .ties, .coarse, .far, .rare].enumerated() {
            cases.append(wide.with("values", values.rawValue).with("seed", 70 + index))
        }
        for (index, dtype) in [DType.float16, .bfloat16].enumerated() {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 80 + index))
            cases.append(
                sized(5, 130, 9).with("dtype", dtype.rawValue).with(flag: "transpose-rhs").with("seed", 82 + index))
        }
        return cases
    }

    private func linearGrid() -> [ParityCase] {
        let base = ParityCase("linear")
        func sized(_ rows: [Int], _ width: Int, _ out: Int) -> ParityCase {
            base.with("rows", rows).with("in", width).with("out", out)
        }
        var cases: [ParityCase] = []
        let shapes: [([Int], Int, Int)] = [
            ([9], 33, 130), ([], 33, 17), ([7], 33, 17), ([2, 3], 33, 17), ([0], 33, 17), ([5], 0, 9), ([1], 64, 1100),
            ([16], 16, 16), ([65], 31, 33), ([33], 40, 40), ([3, 40], 48, 12), ([128], 7, 15), ([2, 65], 384, 257)
        ]
        for (index, (rows, width, out)) in shapes.enumerated() {
            for biased in [false, true] {
                let plain = sized(rows, width, out).with("seed", index)
                let wanted = biased ? plain.with(flag: "bias") : plain
                cases.append(wanted.with("weight-view", "constant"))
                if index % 2 == 0 { cases.append(wanted) }
            }
        }
        let wide = sized([33], 19, 40).with(flag: "bias")
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("view", view.rawValue).with("seed", 20 + index))
            cases.append(wide.with("weight-view", view.rawValue).with("seed", 30 + index))
        }
        for (index, dtype) in [DType.float16, .bfloat16].enumerated() {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 40 + index))
        }
        for (index, values) in ["wide", "coarse", "far"].enumerated() {
            cases.append(wide.with("values", values).with("seed", 50 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        var result = ParityCase(operation)
        let (m, k, n) = RandomProduct.sizes(&numbers)
        if operation == "matmul" {
            result = result.with("m", m).with("k", k).with("n", n)
            for (key, shape) in RandomProduct.batches(&numbers) { result = result.with(key, shape) }
            if numbers.chance(0.5) { result = result.with(flag: "transpose-rhs") }
            if numbers.chance(0.3) { result = result.with(flag: "transpose-lhs") }
            if numbers.chance(0.3) { result = result.with("lhs-view", numbers.pick(CaseView.allCases).rawValue) }
            if numbers.chance(0.4) { result = result.with("rhs-view", numbers.pick(CaseView.allCases).rawValue) }
        } else {
            let rows = RandomProduct.rows(m, &numbers)
            result = result.with("rows", rows).with("in", k).with("out", n)
            if numbers.chance(0.6) { result = result.with(flag: "bias") }
            if numbers.chance(0.3) {
                result = result.with("view", numbers.pick(CaseView.fitting(rows + [k])).rawValue)
            }
            if numbers.chance(0.6) { result = result.with("weight-view", "constant") }
            if numbers.chance(0.2), result.settings["bias"] != nil {
                result = result.with("bias-view", numbers.pick(["strided", "reversed", "offset", "stretched"]))
            }
        }
        if numbers.chance(0.35) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.3) {
            // Special numbers may leave a result without a bound; of a few results, all.
            let values = numbers.pick(["wide", "ties", "positive", "coarse", "rare"])
            result = result.with("values", values == "rare" && m * n < 64 ? "positive" : values)
        }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        reader.subject.operation == "matmul" ? try matmul(reader) : try linear(reader)
    }

    private func matmul(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let (m, k, n) = (
            try reader.size("m", default: 1), try reader.size("k", default: 1), try reader.size("n", default: 1)
        )
        let (turnsLeft, turnsRight) = (try reader.flag("transpose-lhs"), try reader.flag("transpose-rhs"))
        let shared = reader.has("batch") ? try reader.shape("batch") : []
        let left = reader.has("lhs-batch") ? try reader.shape("lhs-batch") : shared
        let right = reader.has("rhs-batch") ? try reader.shape("rhs-batch") : shared
        var graph = CaseGraph(reader)
        let lhs = try graph.operand(
            "lhs", dtype, left + (turnsLeft ? [k, m] : [m, k]), values, view: reader.word("lhs-view", default: .dense))
        let attributes: Attributes = ["transpose_lhs": .bool(turnsLeft), "transpose_rhs": .bool(turnsRight)]
        let (isSame, isTwin) = (try reader.flag("same"), reader.has("twin"))
        if isSame || isTwin {
            try reader.refuse(["rhs-view"] + (isSame ? ["twin"] : []), beside: isSame ? "same" : "twin")
            guard left == right, (turnsLeft ? [k, m] : [m, k]) == (turnsRight ? [n, k] : [k, n]) else {
                throw reader.error("with \(isSame ? "same" : "twin"), lhs and rhs have one shape")
            }
        }
        if isSame {
            return try graph.finished(graph.apply(.matmul, [lhs, lhs], attributes))
        }
        if isTwin {
            return try graph.finished(graph.apply(.matmul, [lhs, TwinView.of(lhs, &graph)], attributes))
        }
        let rhs = try graph.operand(
            "rhs", dtype, right + (turnsRight ? [n, k] : [k, n]), values,
            view: reader.word("rhs-view", default: .dense))
        return try graph.finished(graph.apply(.matmul, [lhs, rhs], attributes))
    }

    private func linear(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let (width, out) = (try reader.size("in", default: 1), try reader.size("out", default: 1))
        let weightView = try reader.word("weight-view", default: CaseView.dense)
        var graph = CaseGraph(reader)
        var inputs = [
            "input": try graph.operand(
                "input", dtype, reader.shape("rows") + [width], values, view: reader.word("view", default: .dense)),
            "weight": try graph.operand("weight", dtype, [out, width], values, view: weightView)
        ]
        if try !reader.flag("bias") {
            try reader.refuse(["bias-view"], beside: "no bias")
        } else {
            inputs["bias"] = try graph.operand(
                "bias", dtype, [out], values,
                view: reader.word("bias-view", default: weightView == .constant ? .constant : .dense))
        }
        return try graph.finished(graph.apply("linear", inputs)[0])
    }
}
