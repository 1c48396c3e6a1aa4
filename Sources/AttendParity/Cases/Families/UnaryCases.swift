import AttendRuntime

/// Elementwise operations with one operand: the unary primitives and the activations.
struct UnaryCases: CaseFamily {
    /// Composites of one input that are computed element by element.
    private static let activations = Composites.builtIn.values.filter {
        $0.schema.inputs.count == 1 && $0.facts.isActivation([:])
    }.map(\.schema.name).sorted()

    let operations = Primitive.allCases.filter { $0.family == .unary }.map(\.rawValue) + UnaryCases.activations

    func keys(of operation: String) -> [String] {
        ["shape", "dtype", "values", "view"] + (operation == "gelu" ? ["tanh"] : []) + ["seed"]
    }

    private static let shapes: [[Int]] = [
        [7, 150], [], [17], [1], [0], [1025], [3, 5], [15], [16], [33], [2, 3, 4], [4, 0], [2, 9, 129], [31, 67]
    ]

    private func dtypes(_ operation: String) -> [DType] {
        switch Primitive(rawValue: operation) {
        case .not: [.bool]
        case .negate, .abs, .sign: [.float32, .float16, .bfloat16, .int32, .int64]
        case .stopGradient: DType.allCases
        default: [.float32, .float16, .bfloat16]
        }
    }

    /// Values in the operation's domain.
    private func ordinary(_ operation: String) -> CaseValues {
        ["log", "sqrt", "reciprocal_sqrt"].contains(operation) ? .positive : .normal
    }

    func grid(of operation: String) -> [ParityCase] {
        var base = ParityCase(operation)
        if operation == "not" { base = base.with("dtype", "bool") }
        if ordinary(operation) != .normal { base = base.with("values", ordinary(operation).rawValue) }
        var cases = UnaryCases.shapes.enumerated().map { base.with("shape", $1).with("seed", $0) }
        let wide = base.with("shape", [9, 130])
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("view", view.rawValue).with("seed", 20 + index))
        }
        if operation == "gelu" { cases += cases.map { $0.with(flag: "tanh") } }
        guard operation != "not" else { return cases }
        for (index, values) in [CaseValues.special, .wide, .peaked, .tiny, .halves].enumerated() {
            cases.append(wide.with("values", values.rawValue).with("seed", 40 + index))
            if operation == "gelu" {
                cases.append(wide.with("values", values.rawValue).with(flag: "tanh").with("seed", 45 + index))
            }
        }
        for (index, dtype) in dtypes(operation).enumerated() where dtype != .float32 {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 50 + index))
            cases.append(wide.with("dtype", dtype.rawValue).with("values", "special").with("seed", 60 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var result = ParityCase(operation).with("shape", shape).with("seed", seed)
        let dtype = numbers.chance(0.4) ? dtypes(operation)[0] : numbers.pick(dtypes(operation))
        if dtype != .float32 { result = result.with("dtype", dtype.rawValue) }
        if operation != "not" {
            var values =
                numbers.chance(0.5) ? ordinary(operation) : numbers.pick([.wide, .special, .peaked, .halves, .extreme])
            // Some of these values leave a result without a bound; of a few results, all.
            if [.wide, .special, .extreme].contains(values), shape.reduce(1, *) < 16 { values = ordinary(operation) }
            if values != .normal { result = result.with("values", values.rawValue) }
        }
        if numbers.chance(0.4) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        if operation == "gelu", numbers.chance(0.5) { result = result.with(flag: "tanh") }
        return result
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let operation = reader.subject.operation
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", reader.dtype(), reader.shape("shape"), reader.word("values", default: .normal),
            view: reader.word("view", default: .dense))
        if let primitive = Primitive(rawValue: operation) {
            let moves = [Primitive.stopGradient, .negate, .abs].contains(primitive)
            let output = try graph.apply(primitive, [input])
            // The planner replaces a stop_gradient by its input; offered directly, it is a copy.
            let isDirect = primitive == .stopGradient && !reader.has("view")
            return try graph.finished(output, keepsZeroSigns: moves, isDirect: isDirect)
        }
        var attributes = Attributes()
        if operation == "gelu", try reader.flag("tanh") { attributes["approximation"] = .string("tanh") }
        return try graph.finished(graph.apply(operation, ["input": input], attributes)[0])
    }
}
