import AttendRuntime

/// `reduce_sum`, `reduce_max`, `reduce_mean` and `arg_max`.
struct ReductionCases: CaseFamily {
    let operations = ["reduce_sum", "reduce_max", "reduce_mean", "arg_max"]

    func keys(of operation: String) -> [String] {
        ["shape", operation == "arg_max" ? "axis" : "axes", "keep", "dtype", "values", "view", "seed"]
    }

    private static let shapes: [([Int], [Int]?)] = [
        ([1200, 9], [1]), ([7], nil), ([17], [0]), ([5, 33], [0]), ([33, 40], [-1]), ([2, 3, 128], [1]),
        ([2, 3, 128], [0, 2]), ([3, 1025], [1]), ([1025, 3], [0]), ([40, 31, 2], [2]), ([1, 1], [0, 1]), ([9, 1], [0]),
        ([2, 3, 4, 5], [1, 3]), ([16, 16], [1]), ([15, 31], nil), ([64, 65], [-2]), ([36, 40, 3], [2]),
        ([2, 65_537], [1]), ([5001, 17], [0])
    ]

    private func dtypes(_ operation: String) -> [DType] {
        [.float32, .float16, .bfloat16] + (operation == "reduce_mean" ? [] : [.int32, .int64])
    }

    private func placed(_ operation: String, _ shape: [Int], _ axes: [Int]?) -> ParityCase {
        let plain = ParityCase(operation).with("shape", shape)
        if operation == "arg_max" { return plain.with("axis", axes?.last ?? 0) }
        return axes.map { plain.with("axes", list: $0) } ?? plain
    }

    func grid(of operation: String) -> [ParityCase] {
        var cases: [ParityCase] = []
        for (index, (shape, axes)) in ReductionCases.shapes.enumerated() {
            let plain = placed(operation, shape, axes).with("seed", index)
            cases.append(plain)
            if index % 2 == 0 { cases.append(plain.with(flag: "keep")) }
        }
        if operation != "arg_max" {
            cases.append(placed(operation, [0], [0]).with("seed", 20))
            cases.append(placed(operation, [4, 0], [1]).with("seed", 21))
            cases.append(placed(operation, [], nil).with("seed", 22))
        }
        cases.append(placed(operation, [0, 4], [1]).with("seed", 23))
        let wide = placed(operation, [1100, 13], [1])
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("view", view.rawValue).with("seed", 30 + index))
            cases.append(placed(operation, [13, 1100], [0]).with("view", view.rawValue).with("seed", 40 + index))
        }
        for (index, values) in [CaseValues.special, .wide, .ties, .tiny, .low, .rare].enumerated() {
            cases.append(wide.with("values", values.rawValue).with("seed", 50 + index))
            // Forty sums, because the values of a single row may leave its result without a bound.
            cases.append(placed(operation, [40, 17], [1]).with("values", values.rawValue).with("seed", 90 + index))
        }
        for (index, dtype) in dtypes(operation).enumerated() where dtype != .float32 {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 60 + index))
            cases.append(wide.with("dtype", dtype.rawValue).with("values", "wide").with("seed", 70 + index))
            cases.append(wide.with("dtype", dtype.rawValue).with("values", "ties").with("seed", 80 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        let isNegative = numbers.chance(0.3)
        let axes = shape.indices.filter { _ in numbers.chance(0.5) }.shuffled(using: &numbers)
        let wanted = axes.isEmpty ? [numbers.below(shape.count)] : axes
        var result = placed(operation, shape, isNegative ? wanted.map { $0 - shape.count } : wanted)
        if numbers.chance(0.4) { result = result.with(flag: "keep") }
        if numbers.chance(0.3) { result = result.with("dtype", numbers.pick(dtypes(operation)).rawValue) }
        if numbers.chance(0.5) {
            // Special numbers may leave a result without a bound; of a few results, all.
            let kept = shape.indices.filter { !axes.contains($0) }.reduce(1) { $0 * shape[$1] }
            let values = numbers.pick(["wide", "ties", "special", "positive", "coarse"])
            result = result.with("values", values == "special" && kept < 16 ? "ties" : values)
        }
        if numbers.chance(0.3) {
            let view = numbers.pick(CaseView.fitting(shape))
            let isSame = view == .stretched && result.settings["values"] == "special"
            result = result.with("view", (isSame ? .dense : view).rawValue)
        }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let operation = reader.subject.operation
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", reader.dtype(), reader.shape("shape"), reader.word("values", default: .normal),
            view: reader.word("view", default: .dense))
        var attributes: Attributes = ["keep_dimensions": .bool(try reader.flag("keep"))]
        if operation == "arg_max" {
            attributes["axis"] = .integer(try reader.integer("axis", default: -1))
        } else {
            attributes["axes"] = try reader.optionalList("axes").map { .integers($0) }
        }
        return try graph.finished(graph.apply(operation, ["input": input], attributes)[0])
    }
}
