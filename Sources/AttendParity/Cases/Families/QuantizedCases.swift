import AttendRuntime

/// `dequantize`, `quantized_linear` and `quantized_embedding`: each number of bits with each group, next to tile boundaries.
/// All bits of the words are random, the highest included.
struct QuantizedCases: CaseFamily {
    let operations = ["dequantize", "quantized_linear", "quantized_embedding"]

    func keys(of operation: String) -> [String] {
        let matrix = ["in", "out", "bits", "group"]
        let common = ["dtype", "values", "weight-view", "scales-view"]
        switch operation {
        case "quantized_linear": return ["rows"] + matrix + ["bias"] + common + ["view", "bias-view", "seed"]
        case "quantized_embedding": return ["indices"] + matrix + ["index-dtype"] + common + ["view", "seed"]
        default: return matrix + common + ["seed"]
        }
    }

    private static let weightViews = ["strided", "reversed", "offset", "transposed", "constant"]
    static let forms = [4, 8].flatMap { bits in [32, 64, 128].map { (bits: bits, group: $0) } }

    /// A case of a matrix.
    static func matrix(_ operation: String, _ out: Int, groups: Int, _ form: (bits: Int, group: Int)) -> ParityCase {
        ParityCase(operation).with("in", groups * form.group).with("out", out).with("bits", form.bits)
            .with("group", form.group)
    }

    /// The plain case with the setting that the operation needs beside its matrix.
    static func plain(_ operation: String, _ out: Int, groups: Int, _ form: (bits: Int, group: Int)) -> ParityCase {
        let plain = matrix(operation, out, groups: groups, form)
        switch operation {
        case "quantized_linear": return plain.with("rows", [3])
        case "quantized_embedding": return plain.with("indices", [5])
        default: return plain
        }
    }

    func grid(of operation: String) -> [ParityCase] {
        var cases: [ParityCase] = []
        for (index, form) in QuantizedCases.forms.enumerated() {
            let small = QuantizedCases.plain(operation, 17 + index, groups: 1 + index % 3, form).with("seed", index)
            let wide = QuantizedCases.plain(operation, 65, groups: 5, form).with("seed", 10 + index)
            cases += [small, wide.with("weight-view", "constant").with("scales-view", "constant")]
            for dtype in ["float16", "bfloat16"] { cases.append(small.with("dtype", dtype)) }
            cases.append(small.with("weight-view", "constant").with("scales-view", "constant"))
        }
        for (index, view) in QuantizedCases.weightViews.enumerated() {
            let plain = QuantizedCases.plain(operation, 33, groups: 2, QuantizedCases.forms[index])
            cases.append(plain.with("weight-view", view).with("seed", 20 + index))
            cases.append(plain.with("scales-view", view).with("seed", 30 + index))
        }
        for (index, values) in ["wide", "coarse", "ties", "tiny"].enumerated() {
            let plain = QuantizedCases.plain(operation, 40, groups: 3, QuantizedCases.forms[index])
            cases.append(plain.with("values", values).with("seed", 40 + index))
        }
        return cases + (operation == "quantized_linear" ? products() : [])
    }

    /// Numbers of rows, and biases.
    private func products() -> [ParityCase] {
        var cases: [ParityCase] = []
        let rows: [[Int]] = [[], [1], [2], [4], [5, 3], [6], [7], [0], [12], [13], [2, 33], [130]]
        for (index, rows) in rows.enumerated() {
            let form = QuantizedCases.forms[index % QuantizedCases.forms.count]
            let plain = QuantizedCases.matrix("quantized_linear", 33 + index, groups: 3, form).with("rows", rows)
                .with("seed", 50 + index)
            cases += [plain, plain.with(flag: "bias").with("weight-view", "constant").with("scales-view", "constant")]
        }
        let plain = QuantizedCases.plain("quantized_linear", 33, groups: 3, QuantizedCases.forms[1])
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(plain.with("view", view.rawValue).with("seed", 70 + index))
            cases.append(plain.with(flag: "bias").with("bias-view", view.rawValue).with("seed", 80 + index))
        }
        return cases.filter { $0.settings["bias-view"].map { $0 != "transposed" && $0 != "reshaped" } ?? true }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let form = numbers.pick(QuantizedCases.forms)
        var result = QuantizedCases.plain(operation, 1 + numbers.below(100), groups: 1 + numbers.below(6), form)
        if operation == "quantized_linear" {
            result = result.with("rows", RandomProduct.rows(1 + numbers.below(30), &numbers))
            if numbers.chance(0.4) { result = result.with(flag: "bias") }
        }
        if operation == "quantized_embedding" {
            result = result.with("indices", [1 + numbers.below(4), 1 + numbers.below(9)])
            if numbers.chance(0.4) { result = result.with("index-dtype", "int32") }
        }
        if numbers.chance(0.6) { result = result.with("weight-view", numbers.pick(QuantizedCases.weightViews)) }
        if numbers.chance(0.6) { result = result.with("scales-view", numbers.pick(QuantizedCases.weightViews)) }
        if numbers.chance(0.4) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.3) { result = result.with("values", numbers.pick(["positive", "ties", "coarse", "far"])) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let (bits, group) = (try reader.integer("bits", default: 4), try reader.integer("group", default: 64))
        let (width, out) = (try reader.size("in", default: 64), try reader.size("out", default: 1))
        guard [4, 8].contains(bits), [32, 64, 128].contains(group), width % group == 0 else {
            throw reader.error("bits must be 4 or 8, group 32, 64 or 128, and in a multiple of group")
        }
        var graph = CaseGraph(reader)
        let shape = [out, width * bits / 32]
        func words(_ stream: String) throws(CaseError) -> Tensor {
            var numbers = SeededNumbers(try reader.seed, stream)
            let words = (0..<shape[0] * shape[1]).map { _ in Int32(truncatingIfNeeded: numbers.next()) }
            return CaseValues.tensor(.int32(words), shape)
        }
        let scalesView = try reader.word("scales-view", default: CaseView.dense)
        var inputs = [
            "weight": try graph.operand(
                "weight", words("weight"), other: words(CaseGraph.other("weight")),
                view: reader.word("weight-view", default: .dense))
        ]
        for name in ["scales", "offsets"] {
            inputs[name] = try graph.operand(name, dtype, [out, width / group], values, view: scalesView)
        }
        switch reader.subject.operation {
        case "quantized_linear":
            let rows = try reader.shape("rows")
            inputs["input"] = try graph.operand(
                "input", dtype, rows + [width], values, view: reader.word("view", default: .dense))
            if try !reader.flag("bias") {
                try reader.refuse(["bias-view"], beside: "no bias")
            } else {
                inputs["bias"] = try graph.operand(
                    "bias", dtype, [out], values, view: reader.word("bias-view", default: .dense))
            }
        case "quantized_embedding":
            let (shape, indexDType) = (
                try reader.shape("indices"), try reader.dtype("index-dtype", default: .int64)
            )
            let count = shape.reduce(1, *)
            guard out > 0 || count == 0 else { throw reader.error("nothing can be indexed in a table without rows") }
            func indices(_ stream: String) throws(CaseError) -> Tensor {
                var numbers = SeededNumbers(try reader.seed, stream)
                return Tensor(indices: (0..<count).map { _ in numbers.below(2 * out) - out }, indexDType, shape)
            }
            inputs["indices"] = try graph.operand(
                "indices", indices("indices"), other: indices(CaseGraph.other("indices")),
                view: reader.word("view", default: .dense))
        default: break
        }
        let attributes: Attributes = ["bits": .integer(bits), "group": .integer(group)]
        return try graph.finished(graph.apply(reader.subject.operation, inputs, attributes)[0])
    }
}
