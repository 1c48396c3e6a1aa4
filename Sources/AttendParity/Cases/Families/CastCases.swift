import AttendRuntime

/// `cast` between all dtypes.
struct CastCases: CaseFamily {
    let operations = ["cast"]

    func keys(of operation: String) -> [String] { ["shape", "from", "to", "values", "view", "seed"] }

    func grid(of operation: String) -> [ParityCase] {
        var cases: [ParityCase] = []
        for (row, from) in DType.allCases.enumerated() {
            for (column, to) in DType.allCases.enumerated() {
                let plain = ParityCase(operation).with("shape", [33, 40]).with("from", from.rawValue).with(
                    "to", to.rawValue)
                let seed = row * 10 + column
                cases.append(plain.with("values", "special").with("seed", seed))
                cases.append(plain.with("values", from.isFloatingPoint ? "halves" : "wide").with("seed", seed + 100))
                if seed % 7 == 0 {
                    for shape in [[], [0], [17], [3, 5]] {
                        cases.append(plain.with("shape", shape).with("seed", seed + 200))
                    }
                    for view in CaseView.allCases where view != .dense {
                        cases.append(plain.with("view", view.rawValue).with("seed", seed + 300))
                    }
                }
                if to == .float16 || to == .bfloat16 || to == .float32, from == .float32 || from.isInteger {
                    cases.append(plain.with("values", "midway").with("seed", seed + 600))
                }
                if from == .float32, to.isFloatingPoint || to.isInteger {
                    cases.append(plain.with("values", "wide").with("seed", seed + 400))
                    cases.append(plain.with("values", "tiny").with("seed", seed + 500))
                }
                if from == .float32, to == .float16 || to == .bfloat16 {
                    cases.append(plain.with("values", "signaling").with("seed", seed + 700))
                }
                // Rows of an odd number of elements, which are converted in pairs.
                if from.isFloatingPoint, to.isFloatingPoint, from != to {
                    cases.append(plain.with("shape", [33, 41]).with("seed", seed + 800))
                }
            }
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var result = ParityCase(operation).with("shape", shape)
            .with("from", numbers.pick(DType.allCases).rawValue).with("to", numbers.pick(DType.allCases).rawValue)
            .with("values", numbers.pick(["normal", "wide", "special", "halves", "extreme"]))
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", reader.dtype("from"), reader.shape("shape"), reader.word("values", default: .normal),
            view: reader.word("view", default: .dense))
        // Not Value.cast(to:), which omits casts to the same type.
        return try graph.finished(
            graph.apply(.cast, [input], ["dtype": .dtype(try reader.dtype("to"))]), keepsZeroSigns: true)
    }
}

/// `iota` and `random`: operations without inputs.
struct SourceCases: CaseFamily {
    let operations = ["iota", "random"]

    func keys(of operation: String) -> [String] {
        operation == "iota" ? ["shape", "axis", "dtype", "seed"] : ["shape", "counter", "counter-dtype", "key", "seed"]
    }

    private static let shapes: [[Int]] = [[33, 40], [1], [0], [17], [2, 3, 4], [1025], [5, 0], [16], [7, 150], [3001]]

    func grid(of operation: String) -> [ParityCase] {
        var cases: [ParityCase] = []
        for (index, shape) in SourceCases.shapes.enumerated() {
            let plain = ParityCase(operation).with("shape", shape).with("seed", index)
            if operation == "random" {
                cases += [plain, plain.with("counter", 12_345_678_901), plain.with("counter", -1)]
                continue
            }
            for dtype in DType.allCases where dtype != .bool {
                cases.append(plain.with("axis", index % shape.count).with("dtype", dtype.rawValue))
            }
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        let plain = ParityCase(operation).with("shape", shape).with("seed", seed)
        if operation == "random" { return plain.with("counter", numbers.below(1 << 36)) }
        return plain.with("axis", numbers.below(shape.count))
            .with("dtype", numbers.pick(DType.allCases.filter { $0 != .bool }).rawValue)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let shape = try reader.shape("shape").map { Size($0) }
        var graph = CaseGraph(reader)
        if reader.subject.operation == "random" {
            let number = try reader.integer("counter", default: 0)
            let dtype = try reader.dtype("counter-dtype", default: .int64)
            guard dtype.isInteger else { throw reader.error("counter-dtype must be int32 or int64") }
            let counters = try reader.scalars("counter", number, dtype)
            let counter = try graph.input("counter", counters.own, other: counters.other)
            return try graph.finished(
                graph.apply(
                    .random, [counter],
                    ["shape": .sizes(shape), "seed": .integer(try reader.integer("key", default: reader.seed))]),
                keepsZeroSigns: true)
        }
        return try graph.finished(
            graph.apply(
                .iota, [],
                [
                    "shape": .sizes(shape), "axis": .integer(try reader.integer("axis", default: 0)),
                    "dtype": .dtype(try reader.dtype(default: .int64))
                ]))
    }
}
