import AttendRuntime

/// Arithmetic, comparison and logic on two broadcast operands.
struct BinaryCases: CaseFamily {
    private static let primitives: [Primitive] = Primitive.allCases.filter {
        $0.family == .arithmetic || $0.family == .comparison || $0.family == .logic
    }

    let operations = BinaryCases.primitives.map(\.rawValue)

    func keys(of operation: String) -> [String] {
        ["lhs", "rhs", "same", "twin", "dtype", "values", "lhs-value", "rhs-value", "lhs-view", "rhs-view", "seed"]
    }

    private static let shapes: [([Int], [Int])] = [
        ([7, 150], [7, 150]), ([], []), ([17], [17]), ([5, 257], [257]), ([1], [1]), ([0], [1]), ([1025], [1025]),
        ([3, 1], [1, 5]), ([15], []), ([31, 1], [1, 67]), ([2, 3, 4], [3, 1]), ([4, 0], [1, 0]), ([16], [16]),
        ([33], [33]), ([2, 1, 129], [9, 1]), ([], [2, 65])
    ]

    func grid(of operation: String) -> [ParityCase] {
        let isLogic = dtypes(operation) == [.bool]
        let base = ParityCase(operation, isLogic ? ["dtype": "bool"] : [:])
        var cases = BinaryCases.shapes.enumerated().map { index, shapes in
            base.with("lhs", shapes.0).with("rhs", shapes.1).with("seed", index)
        }
        let wide = base.with("lhs", [9, 130]).with("rhs", [9, 130])
        let views: [CaseView] = [.transposed, .strided, .reversed, .offset, .stretched, .constant]
        for (index, view) in views.enumerated() {
            cases.append(wide.with("lhs-view", view.rawValue).with("seed", 20 + index))
            cases.append(wide.with("rhs-view", view.rawValue).with("seed", 30 + index))
        }
        cases.append(wide.with("lhs-view", "transposed").with("rhs-view", "transposed").with("seed", 40))
        guard !isLogic else { return cases }
        for (index, values) in [CaseValues.special, .wide, .ties, .tiny, .halves].enumerated() {
            cases.append(wide.with("values", values.rawValue).with("seed", 50 + index))
        }
        for (index, dtype) in dtypes(operation).enumerated() where dtype != .float32 {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 60 + index))
            cases.append(wide.with("dtype", dtype.rawValue).with("values", "special").with("seed", 70 + index))
            cases.append(
                base.with("lhs", [3, 17]).with("rhs", [17]).with("dtype", dtype.rawValue).with("values", "ties")
                    .with("seed", 80 + index))
        }
        return cases
    }

    private func dtypes(_ operation: String) -> [DType] {
        guard let primitive = Primitive(rawValue: operation) else { return [] }
        if primitive.family == .logic { return [.bool] }
        if primitive == .power { return [.float32, .float16, .bfloat16] }
        return [.float32, .float16, .bfloat16, .int32, .int64] + (primitive == .equal ? [.bool] : [])
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var (lhs, rhs) = (shape, shape)
        for axis in shape.indices where numbers.chance(0.2) {
            if numbers.chance(0.5) { lhs[axis] = 1 } else { rhs[axis] = 1 }
        }
        if numbers.chance(0.3) { rhs.removeFirst(numbers.below(rhs.count + 1)) }
        let dtype = numbers.chance(0.4) ? dtypes(operation)[0] : numbers.pick(dtypes(operation))
        var result = ParityCase(operation).with("lhs", lhs).with("rhs", rhs).with("seed", seed)
        if dtype != .float32 { result = result.with("dtype", dtype.rawValue) }
        if dtype != .bool, numbers.chance(0.5) {
            result = result.with(
                "values", numbers.pick([CaseValues.wide, .ties, .special, .positive, .halves]).rawValue)
        }
        if numbers.chance(0.3) { result = result.with("lhs-view", numbers.pick(CaseView.fitting(lhs)).rawValue) }
        if numbers.chance(0.3) { result = result.with("rhs-view", numbers.pick(CaseView.fitting(rhs)).rawValue) }
        return result
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        guard let primitive = Primitive(rawValue: reader.subject.operation) else { throw reader.error("no primitive") }
        let dtype = try reader.dtype()
        let values = try reader.word("values", default: CaseValues.normal)
        var graph = CaseGraph(reader)
        // Random powers of negative numbers are NaN; a few are enough.
        let base = primitive == .power && values == .normal ? CaseValues.positive : values
        if reader.has("lhs-value"), reader.has("rhs-value") {
            try reader.refuse(["values"], beside: "lhs-value and rhs-value")
        }
        let lhs = try side("lhs", &graph, dtype, base)
        // One value as both operands.
        if try reader.flag("same") {
            try reader.refuse(["rhs-view", "rhs-value", "twin"], beside: "same")
            guard try reader.shape("rhs") == reader.shape("lhs") else {
                throw reader.error("with same, lhs and rhs have one shape")
            }
            return try graph.finished(graph.apply(primitive, [lhs, lhs]))
        }
        // Two views of one value.
        if reader.has("twin") {
            try reader.refuse(["rhs-view", "rhs-value"], beside: "twin")
            guard try reader.shape("rhs") == reader.shape("lhs") else {
                throw reader.error("with twin, lhs and rhs have one shape")
            }
            return try graph.finished(graph.apply(primitive, [lhs, TwinView.of(lhs, &graph)]))
        }
        let rhs = try side("rhs", &graph, dtype, values)
        return try graph.finished(graph.apply(primitive, [lhs, rhs]))
    }

    /// An operand; of one number in all elements where that is a setting.
    private func side(
        _ name: String, _ graph: inout CaseGraph, _ dtype: DType, _ values: CaseValues
    ) throws(CaseError) -> Value {
        let reader = graph.reader
        let (shape, view) = (try reader.shape(name), try reader.word("\(name)-view", default: CaseView.dense))
        guard let number = try reader.number("\(name)-value") else {
            return try graph.operand(name, dtype, shape, values, view: view)
        }
        guard view == .dense || view == .constant else {
            throw reader.error("\(name)-view must be constant beside \(name)-value, found \(view.rawValue)")
        }
        guard dtype.isFloatingPoint || number == number.rounded() else {
            throw reader.error("\(name)-value must be a whole number for \(dtype), found \(number)")
        }
        let count = shape.reduce(1, *)
        let tensor = Tensor(scalar: number, dtype: dtype).taking(Array(repeating: 0, count: count), shape: shape)
        return try graph.operand(name, tensor, other: tensor, view: view)
    }
}
