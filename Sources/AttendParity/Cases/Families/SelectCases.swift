import AttendRuntime

/// `where`: a condition and two sides that broadcast.
struct SelectCases: CaseFamily {
    let operations = ["where"]

    func keys(of operation: String) -> [String] {
        ["condition", "lhs", "rhs", "same", "dtype", "values", "condition-view", "lhs-view", "rhs-view", "seed"]
    }

    private static let shapes: [([Int], [Int], [Int])] = [
        ([7, 150], [7, 150], [7, 150]), ([], [], []), ([17], [17], [17]), ([5, 257], [257], []), ([0], [0], [1]),
        ([1, 9], [7, 1], []), ([3, 1, 5], [2, 5], [3, 2, 1]), ([1025], [1025], [1]), ([], [16], [16]),
        ([2, 1, 129], [9, 1], [2, 9, 129])
    ]

    func grid(of operation: String) -> [ParityCase] {
        let base = ParityCase(operation)
        var cases = SelectCases.shapes.enumerated().map { index, shapes in
            base.with("condition", shapes.0).with("lhs", shapes.1).with("rhs", shapes.2).with("seed", index)
        }
        let wide = base.with("condition", [9, 130]).with("lhs", [9, 130]).with("rhs", [9, 130])
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            for (place, name) in ["condition-view", "lhs-view", "rhs-view"].enumerated() {
                cases.append(wide.with(name, view.rawValue).with("seed", 20 + 3 * index + place))
            }
        }
        for (index, dtype) in DType.allCases.enumerated() {
            let typed = dtype == .float32 ? wide : wide.with("dtype", dtype.rawValue)
            cases.append(typed.with("values", "special").with("seed", 50 + index))
            cases.append(typed.with("seed", 60 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var result = ParityCase(operation).with("seed", seed)
        for name in ["condition", "lhs", "rhs"] {
            let own = shape.map { numbers.chance(0.2) ? 1 : $0 }
            result = result.with(name, own)
            if numbers.chance(0.3) {
                result = result.with("\(name)-view", numbers.pick(CaseView.fitting(own)).rawValue)
            }
        }
        let dtype = numbers.pick(DType.allCases)
        if dtype != .float32 { result = result.with("dtype", dtype.rawValue) }
        return numbers.chance(0.6) ? result.with("values", numbers.pick(["special", "extreme", "wide"])) : result
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        var graph = CaseGraph(reader)
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let condition = try graph.operand(
            "condition", .bool, reader.shape("condition"), view: reader.word("condition-view", default: .dense))
        let lhs = try graph.operand(
            "lhs", dtype, reader.shape("lhs"), values, view: reader.word("lhs-view", default: .dense))
        if try reader.flag("same") {
            try reader.refuse(["rhs-view"], beside: "same")
            guard try reader.shape("rhs") == reader.shape("lhs") else {
                throw reader.error("with same, lhs and rhs have one shape")
            }
            return try graph.finished(graph.apply(.where, [condition, lhs, lhs]), keepsZeroSigns: true)
        }
        let rhs = try graph.operand(
            "rhs", dtype, reader.shape("rhs"), values, view: reader.word("rhs-view", default: .dense))
        return try graph.finished(graph.apply(.where, [condition, lhs, rhs]), keepsZeroSigns: true)
    }
}
