import AttendRuntime

/// `self_attention` and `cross_attention`: input projections, heads, output projection.
struct HeadCases: CaseFamily {
    let operations = ["self_attention", "cross_attention"]

    func keys(of operation: String) -> [String] {
        ["b", "unbatched", "hq", "hkv", "l"] + (operation == "cross_attention" ? ["s", "context", "same"] : [])
            + ["width", "d", "dv", "biases", "dtype", "view"]
            + AttentionCases.optionKeys.filter { $0 != "batch-offsets" }
            + ["outputs", "values", "weight-view", "unfused", "seed"]
    }

    private func sized(
        _ operation: String, _ batch: Int, _ heads: Int, _ shared: Int, _ tokens: Int, _ width: Int, _ d: Int
    )
        -> ParityCase
    {
        let plain = ParityCase(operation).with("b", batch).with("hq", heads).with("hkv", shared).with("l", tokens)
            .with("width", width).with("d", d)
        return operation == "cross_attention" ? plain.with("s", tokens + 4).with("context", width + 3) : plain
    }

    func grid(of operation: String) -> [ParityCase] {
        let wide = sized(operation, 2, 4, 2, 17, 32, 8)
        let cases = [
            wide, wide.with(flag: "biases"), wide.with(flag: "causal"), wide.with("bool-mask", "random"),
            wide.with("bias", "normal"),
            wide.with("window", 3), wide.with("soft-cap", "4"), wide.with("scale", "0.2"), wide.with(flag: "lengths"),
            wide.with("offset", 1).with(flag: "causal"), wide.with("dv", 5), sized(operation, 1, 1, 1, 1, 4, 2),
            sized(operation, 1, 3, 3, 40, 27, 9),
            sized(operation, 1, 2, 1, 5, 64, 16).with(flag: "biases").with(flag: "causal"),
            sized(operation, 1, 2, 2, 9, 16, 4).with(flag: "unbatched"),
            sized(operation, 1, 2, 2, 9, 16, 4).with(flag: "unbatched").with("outputs", "all"),
            wide.with("weight-view", "constant"), wide.with("weight-view", "transposed"), wide.with("outputs", "all"),
            wide.with("weight-view", "constant").with(flag: "biases").with("outputs", "all"),
            wide.with(flag: "unfused"),
            wide.with("weight-view", "constant").with(flag: "biases").with(flag: "causal").with(flag: "unfused"),
            sized(operation, 1, 2, 2, 9, 16, 4).with(flag: "unbatched").with("outputs", "all").with(flag: "unfused")
        ]
        return (cases + cases.map { $0.with("values", "coarse") }).enumerated().map { $1.with("seed", $0) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shared = 1 + numbers.below(2)
        let isWide = numbers.chance(0.2)
        var result = sized(
            operation, 1 + numbers.below(2), shared * (1 + numbers.below(3)), shared, 1 + numbers.below(30),
            1 + numbers.below(isWide ? 200 : 40), 1 + numbers.below(isWide ? 80 : 12))
        result = AttentionCases.randomOptions(result, &numbers)
        switch numbers.below(4) {
        case 0, 1: break
        case 2: result = result.with(flag: "biases")
        default:
            let roles = ["query", "key", "value", "output"].filter { _ in numbers.chance(0.5) }
            if !roles.isEmpty { result = result.with("biases", roles.joined(separator: ":")) }
        }
        if numbers.chance(0.5) { result = result.with("weight-view", "constant") }
        if numbers.chance(0.5) {
            result = result.with("values", numbers.pick(["coarse", "coarse", "rare", "lone", "vast", "wide"]))
        }
        if numbers.chance(0.2) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.2) { result = result.with("view", numbers.pick(["strided", "transposed", "offset"])) }
        if numbers.chance(0.3) { result = result.with("outputs", "all") }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let crosses = reader.subject.operation == "cross_attention"
        let sizes = try AttentionInputs.Sizes(reader)
        let isBatched = try !reader.flag("unbatched")
        let width = try reader.size("width", default: 1, atLeast: 1)
        let contextWidth = crosses ? try reader.size("context", default: width, atLeast: 1) : width
        guard isBatched || sizes.batch == 1 else { throw reader.error("without a batch, b is 1") }
        let view = try reader.word("weight-view", default: CaseView.dense)
        let values = try reader.word("values", default: CaseValues.normal)
        var graph = CaseGraph(reader)
        let lead = isBatched ? [sizes.batch] : []
        let dtype = try reader.dtype()
        let inputView = try reader.word("view", default: CaseView.dense)
        var inputs = [
            "input": try graph.operand("input", dtype, lead + [sizes.queries, width], values, view: inputView)
        ]
        // Its own context: the projections still differ.
        if crosses, try reader.flag("same") {
            guard sizes.queries == sizes.keys, contextWidth == width else {
                throw reader.error("with same, input and context have one shape")
            }
            inputs["context"] = inputs["input"]
        } else if crosses {
            inputs["context"] = try graph.operand(
                "context", dtype, lead + [sizes.keys, contextWidth], values, view: inputView)
        }
        let shapes = [
            "query": [sizes.heads * sizes.width, width], "key": [sizes.shared * sizes.width, contextWidth],
            "value": [sizes.shared * sizes.valueWidth, contextWidth], "output": [width, sizes.heads * sizes.valueWidth]
        ]
        // Scaled like initial weights, so that scores are about 1.
        func divisor(_ width: Int) -> Float { values == .normal ? Float(width).squareRoot() : 1 }
        // All of them, or those of the roles in the list.
        let text = reader.subject.settings["biases"]
        let biased = text.map { $0.isEmpty ? shapes.keys.sorted() : $0.split(separator: ":").map(String.init) } ?? []
        guard biased.allSatisfy({ shapes[$0] != nil }) else {
            throw reader.error("biases must be a list of query, key, value and output, found \"\(text ?? "")\"")
        }
        for (role, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            inputs["\(role)_weight"] = try graph.operand(
                "\(role)_weight", dtype, shape, values, view: view, divisor: divisor(shape[1]))
            if biased.contains(role) {
                inputs["\(role)_bias"] = try graph.operand("\(role)_bias", dtype, [shape[0]], values)
            }
        }
        inputs.merge(try AttentionInputs.optional(&graph, sizes, isBatched: isBatched)) { $1 }
        var attributes = try AttentionInputs.attributes(reader)
        attributes["heads"] = .integer(sizes.heads)
        attributes["key_value_heads"] = .integer(sizes.shared)
        let results = try graph.apply(reader.subject.operation, inputs, attributes)
        let outputs: [(String, Value)] = [("output", results[0]), ("pattern", results[1]), ("lse", results[2])]
        let wantsAll = reader.subject.settings["outputs"] == "all"
        return try graph.finished(
            wantsAll ? outputs : Array(outputs.prefix(1)), captures: AttentionCases.captures(results[0], reader))
    }
}
