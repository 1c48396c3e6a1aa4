import AttendRuntime

/// `fused_linear`: each activation, with and without bias and residual, on sizes next to tile boundaries.
struct FusedLinearCases: CaseFamily {
    let operations = ["fused_linear"]

    func keys(of operation: String) -> [String] {
        [
            "rows", "in", "out", "bias", "residual", "activation", "dtype", "values", "view", "weight-view",
            "residual-view", "bias-view", "seed"
        ]
    }

    private static let activations = FusedActivation.allCases.map(\.rawValue)

    func grid(of operation: String) -> [ParityCase] {
        let base = ParityCase("fused_linear")
        func sized(_ rows: [Int], _ width: Int, _ out: Int) -> ParityCase {
            base.with("rows", rows).with("in", width).with("out", out)
        }
        var cases: [ParityCase] = []
        let shapes: [([Int], Int, Int)] = [
            ([9], 33, 130), ([], 33, 17), ([2, 3], 33, 17), ([0], 33, 17), ([5], 0, 9), ([1], 64, 1100), ([16], 16, 16),
            ([65], 31, 33), ([2, 65], 384, 257)
        ]
        for (index, (rows, width, out)) in shapes.enumerated() {
            let plain = sized(rows, width, out).with("weight-view", "constant").with("seed", index)
            let bent = plain.with(
                "activation", FusedLinearCases.activations[1 + index % (FusedLinearCases.activations.count - 1)])
            cases += [
                bent, bent.with(flag: "bias"), plain.with(flag: "bias").with(flag: "residual"),
                bent.with(flag: "bias").with(flag: "residual")
            ]
        }
        let wide = sized([33], 19, 40)
        for (index, activation) in FusedLinearCases.activations.enumerated() {
            let bent = wide.with("activation", activation).with("seed", 20 + index)
            cases += [bent, bent.with(flag: "bias"), bent.with(flag: "residual"), bent.with("values", "far")]
        }
        let full = wide.with(flag: "bias").with(flag: "residual").with("activation", "gelu")
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(full.with("view", view.rawValue).with("seed", 30 + index))
            cases.append(full.with("weight-view", view.rawValue).with("seed", 40 + index))
            cases.append(full.with("residual-view", view.rawValue).with("seed", 50 + index))
        }
        for (index, dtype) in [DType.float16, .bfloat16].enumerated() {
            cases.append(full.with("dtype", dtype.rawValue).with("seed", 60 + index))
        }
        for (index, values) in ["wide", "coarse", "ties"].enumerated() {
            cases.append(full.with("values", values).with("seed", 70 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let (count, width, out) = RandomProduct.sizes(&numbers)
        let rows = RandomProduct.rows(count, &numbers)
        var result = ParityCase("fused_linear").with("rows", rows).with("in", width).with("out", out)
            .with("activation", numbers.pick(FusedLinearCases.activations))
        if numbers.chance(0.6) { result = result.with(flag: "bias") }
        if numbers.chance(0.6) { result = result.with(flag: "residual") }
        if numbers.chance(0.3) {
            result = result.with("view", numbers.pick(CaseView.fitting(rows + [width])).rawValue)
        }
        if numbers.chance(0.6) { result = result.with("weight-view", "constant") }
        if numbers.chance(0.2), result.settings["bias"] != nil {
            result = result.with("bias-view", numbers.pick(["strided", "reversed", "offset", "stretched"]))
        }
        if numbers.chance(0.35) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.3) {
            // Where e⁻ˣ overflows far beyond float32, the analysis of silu has no bound; in float16 already for
            // ``CaseValues/far``.
            let values = numbers.pick(["wide", "ties", "positive", "coarse"])
            let mild = result.settings["dtype"] == "float16" ? "coarse" : "far"
            result = result.with("values", values == "wide" && result.settings["activation"] == "silu" ? mild : values)
        }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let (rows, width, out) = (
            try reader.shape("rows"), try reader.size("in", default: 1), try reader.size("out", default: 1)
        )
        let weightView = try reader.word("weight-view", default: CaseView.dense)
        var graph = CaseGraph(reader)
        var inputs = [
            "input": try graph.operand(
                "input", dtype, rows + [width], values, view: reader.word("view", default: .dense)),
            "weight": try graph.operand("weight", dtype, [out, width], values, view: weightView)
        ]
        if try !reader.flag("bias") {
            try reader.refuse(["bias-view"], beside: "no bias")
        } else {
            inputs["bias"] = try graph.operand(
                "bias", dtype, [out], values,
                view: reader.word("bias-view", default: weightView == .constant ? .constant : .dense))
        }
        if try !reader.flag("residual") {
            try reader.refuse(["residual-view"], beside: "no residual")
        } else {
            inputs["residual"] = try graph.operand(
                "residual", dtype, rows + [out], values, view: reader.word("residual-view", default: .dense))
        }
        let activation = try reader.word("activation", default: FusedActivation.none)
        return try graph.finished(
            graph.apply("fused_linear", inputs, ["activation": .string(activation.rawValue)])[0])
    }
}
