import AttendRuntime

/// Operations along rows: softmax, log-softmax, the norms.
struct RowCases: CaseFamily {
    let operations = ["softmax", "log_softmax", "layer_norm", "rms_norm"]

    private func isNorm(_ operation: String) -> Bool { operation.hasSuffix("norm") }

    func keys(of operation: String) -> [String] {
        var keys = ["shape", "axis", "dtype", "values", "view"]
        if isNorm(operation) { keys += ["epsilon", "scale", "parameter-shape", "other-view", "other-values"] }
        if operation == "layer_norm" { keys.append("bias") }
        return keys + ["seed"]
    }

    private static let shapes: [[Int]] = [
        [33, 40], [1], [17], [3, 1], [5, 33], [2, 3, 128], [4, 0], [0, 4], [3, 1025], [16, 16], [15, 31], [64, 65],
        [8, 384], [1200, 2], [3, 8191]
    ]

    func grid(of operation: String) -> [ParityCase] {
        let base = ParityCase(operation)
        var cases: [ParityCase] = []
        for (index, shape) in RowCases.shapes.enumerated() {
            let plain = base.with("shape", shape).with("seed", index)
            cases.append(plain)
            if isNorm(operation) {
                cases.append(plain.with(flag: "scale"))
                if operation == "layer_norm" { cases.append(plain.with(flag: "scale").with(flag: "bias")) }
            }
        }
        let wide = base.with("shape", [33, 40])
        for axis in [0, 1, 2] {
            cases.append(base.with("shape", [5, 7, 33]).with("axis", axis).with("seed", 20 + axis))
        }
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("view", view.rawValue).with("seed", 30 + index))
        }
        let values: [CaseValues] =
            isNorm(operation)
            ? [.wide, .ties, .positive, .peaked, .far, .rare] : [.peaked, .ties, .mask, .special, .large, .low, .rare]
        for (index, values) in values.enumerated() {
            cases.append(wide.with("values", values.rawValue).with("seed", 40 + index))
            cases.append(base.with("shape", [129, 9]).with("values", values.rawValue).with("seed", 70 + index))
        }
        if isNorm(operation) {
            for (index, epsilon) in ["1e-12", "0.5"].enumerated() {
                cases.append(wide.with("epsilon", epsilon).with(flag: "scale").with("seed", 50 + index))
            }
        }
        for (index, dtype) in [DType.float16, .bfloat16].enumerated() {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 60 + index))
        }
        return cases
    }

    /// The longest row of numbers that are far from 0.
    static let widestFar = 1 << 14

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var result = ParityCase(operation).with("shape", shape).with("seed", seed)
        if numbers.chance(0.3) { result = result.with("axis", numbers.below(shape.count)) }
        if isNorm(operation) {
            if numbers.chance(0.7) { result = result.with(flag: "scale") }
            if operation == "layer_norm", numbers.chance(0.7) { result = result.with(flag: "bias") }
            if numbers.chance(0.3), result.settings["scale"] != nil {
                result = result.with("other-view", numbers.pick(["constant", "strided", "reversed", "offset"]))
            }
            if numbers.chance(0.2) { result = result.with("values", numbers.pick(["ties", "positive", "far"])) }
        } else if numbers.chance(0.5) {
            result = result.with("values", numbers.pick(["peaked", "ties", "mask", "large", "low"]))
        }
        let narrow = numbers.chance(0.35) ? numbers.pick(["float16", "bfloat16"]) : nil
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        let axis = result.settings["axis"].flatMap { Int($0) } ?? shape.count - 1
        let width = shape[axis...].reduce(1, *)
        // The bound of a long sum of such numbers exceeds their deviation.
        if width > RowCases.widestFar, result.settings["values"] == CaseValues.far.rawValue {
            result = result.with("values", "ties")
        }
        // A norm of equal numbers in 16 bits has no bound.
        let isLevel = result.settings["view"] == CaseView.stretched.rawValue || width < 4
        guard let narrow, !isNorm(operation) || !isLevel else { return result }
        return result.with("dtype", narrow)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let operation = reader.subject.operation
        let (dtype, shape, axis) = (
            try reader.dtype(), try reader.shape("shape"), try reader.integer("axis", default: -1)
        )
        var graph = CaseGraph(reader)
        var inputs = [
            "input": try graph.operand(
                "input", dtype, shape, reader.word("values", default: .normal),
                view: reader.word("view", default: .dense))
        ]
        var attributes: Attributes = ["axis": .integer(axis)]
        if isNorm(operation) {
            let first = axis < 0 ? axis + shape.count : axis
            guard shape.indices.contains(first) else { throw reader.error("there is no axis \(axis)") }
            let row = reader.has("parameter-shape") ? try reader.shape("parameter-shape") : Array(shape[first...])
            if !reader.has("scale"), !reader.has("bias") {
                try reader.refuse(["other-view", "other-values", "parameter-shape"], beside: "no scale or bias")
            }
            for parameter in ["scale", "bias"] where try reader.flag(parameter) {
                inputs[parameter] = try graph.operand(
                    parameter, dtype, row, reader.word("other-values", default: .normal),
                    view: reader.word("other-view", default: .dense))
            }
            if let epsilon = try reader.number("epsilon") { attributes["epsilon"] = .number(epsilon) }
        }
        return try graph.finished(graph.apply(operation, inputs, attributes)[0])
    }
}
