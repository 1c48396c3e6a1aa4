import AttendRuntime

/// The keys hidden by an attention mask.
enum MaskKind: String, CaseIterable, Sendable {
    /// About a third, at random.
    case random
    /// The last keys of each sequence.
    case padding
    /// All keys of some queries.
    case rows
    /// All keys.
    case all
}

/// `attention`: all masks and options, separately and combined.
struct AttentionCases: CaseFamily {
    let operations = ["attention"]

    static let optionKeys = [
        "causal", "upper-left", "window", "scale", "soft-cap", "bool-mask", "mask-shape", "bias", "bias-shape",
        "bias-dtype", "lengths", "far-lengths", "length-dtype", "offset", "offset-dtype", "batch-offsets", "other-view"
    ]

    func keys(of operation: String) -> [String] {
        ["b", "hq", "hkv", "l", "s", "d", "dv"] + AttentionCases.optionKeys
            + ["outputs", "planted", "same", "dtype", "values", "view", "unfused", "seed"]
    }

    static func sized(_ batch: Int, _ heads: Int, _ shared: Int, _ queries: Int, _ keys: Int, _ width: Int)
        -> ParityCase
    {
        ParityCase("attention").with("b", batch).with("hq", heads).with("hkv", shared).with("l", queries).with(
            "s", keys
        )
        .with("d", width)
    }

    func grid(of operation: String) -> [ParityCase] {
        let sized = AttentionCases.sized
        let wide = sized(2, 6, 2, 9, 33, 24)
        var cases = [
            sized(2, 4, 4, 17, 17, 16), sized(1, 1, 1, 1, 1, 1), sized(1, 2, 2, 5, 9, 20), sized(1, 2, 1, 1, 65, 32),
            sized(1, 4, 1, 64, 1, 8), sized(1, 2, 2, 3, 0, 4), sized(1, 2, 2, 0, 3, 4), sized(2, 3, 3, 16, 16, 16),
            sized(1, 2, 2, 31, 63, 15), sized(1, 1, 1, 65, 129, 33), wide, wide.with("dv", 5), wide.with("dv", 1),
            sized(1, 1, 1, 4, 1025, 8), sized(1, 8, 2, 66, 66, 8), sized(1, 2, 1, 257, 257, 64),
            sized(1, 2, 1, 130, 513, 64).with(flag: "causal"), sized(1, 4, 4, 1, 4097, 32)
        ]
        let options: [(ParityCase) -> ParityCase] = [
            { $0.with(flag: "causal") }, { $0.with(flag: "causal").with(flag: "upper-left") }, { $0.with("window", 4) },
            { $0.with("window", 1).with(flag: "causal") }, { $0.with("bool-mask", "random") },
            { $0.with("bool-mask", "rows") },
            { $0.with("bool-mask", "padding").with(flag: "causal") }, { $0.with("bool-mask", "all") },
            { $0.with("bias", "normal") },
            { $0.with("bias", "mask") }, { $0.with("bias", "mask").with("bool-mask", "random").with(flag: "causal") },
            { $0.with("soft-cap", "5") }, { $0.with("soft-cap", "20").with("bias", "normal").with(flag: "causal") },
            { $0.with("scale", "0.3") }, { $0.with("scale", "1") }, { $0.with("scale", "0") },
            { $0.with(flag: "lengths") },
            { $0.with(flag: "lengths").with(flag: "causal") }, { $0.with("offset", 2).with(flag: "causal") },
            { $0.with(flag: "batch-offsets").with("window", 5) },
            { $0.with(flag: "lengths").with("window", 3).with("offset", 1).with("bool-mask", "random") }
        ]
        for option in options {
            cases.append(option(wide))
            cases.append(option(sized(1, 4, 2, 17, 40, 16)).with("outputs", "all"))
            cases.append(option(sized(2, 2, 2, 20, 13, 10)).with("values", "peaked"))
        }
        for values in ["large", "far", "coarse"] {
            cases.append(wide.with("values", values))
            cases.append(wide.with("values", values).with(flag: "causal").with("outputs", "all"))
        }
        for planted in ["nan", "inf", "-inf"] {
            cases.append(wide.with("bool-mask", "random").with("planted", planted))
            cases.append(wide.with(flag: "causal").with("planted", planted))
        }
        for view in ["transposed", "strided", "reversed", "offset", "stretched", "constant"] {
            cases.append(wide.with("view", view))
            cases.append(wide.with("view", view).with(flag: "causal").with("outputs", "all"))
        }
        for unfused in [
            wide, wide.with(flag: "causal").with("outputs", "all"),
            wide.with("bool-mask", "rows").with("soft-cap", "5"),
            wide.with("bias", "mask").with(flag: "lengths"), sized(1, 2, 2, 31, 63, 15).with("values", "peaked")
        ] {
            cases.append(unfused.with(flag: "unfused"))
        }
        for dtype in ["float16", "bfloat16"] {
            cases.append(wide.with("dtype", dtype).with(flag: "causal"))
            cases.append(wide.with("dtype", dtype).with("bool-mask", "random").with("outputs", "all"))
        }
        // The planted key is hidden from earlier queries and visible to later ones, for any seed; then hidden from all.
        for planted in ["nan", "inf", "-inf"] {
            let square = sized(1, 4, 2, 40, 40, 16).with(flag: "causal").with("planted", planted)
            cases.append(square)
            cases.append(wide.with(flag: "causal").with(flag: "upper-left").with("planted", planted))
        }
        return cases.enumerated().map { $1.with("seed", $0) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shared = 1 + numbers.below(3)
        var result = AttentionCases.sized(
            1 + numbers.below(2), shared * (1 + numbers.below(3)), shared, 1 + numbers.below(40), 1 + numbers.below(70),
            1 + numbers.below(48))
        if numbers.chance(0.15) {
            // Axes of one size, which a wrong order does not show in shapes.
            let size = 2 + numbers.below(4)
            result = AttentionCases.sized(size, size, size, size, size, size)
        } else if numbers.chance(0.15) {
            result = result.with("b", 3 + numbers.below(5))
        }
        if numbers.chance(0.3) { result = result.with("dv", 1 + numbers.below(40)) }
        result = AttentionCases.randomOptions(result, &numbers)
        if numbers.chance(0.4) { result = result.with("outputs", "all") }
        if numbers.chance(0.2) { result = result.with("values", numbers.pick(["peaked", "ties", "large", "coarse"])) }
        if numbers.chance(0.2) { result = result.with("view", numbers.pick(CaseView.allCases).rawValue) }
        if numbers.chance(0.2) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.1) { result = result.with(flag: "unfused") }
        return result.with("seed", seed)
    }

    static func randomOptions(_ plain: ParityCase, _ numbers: inout SeededNumbers) -> ParityCase {
        var result = plain
        if numbers.chance(0.4) { result = result.with(flag: "causal") }
        if numbers.chance(0.2) { result = result.with(flag: "upper-left") }
        if numbers.chance(0.25) { result = result.with("window", 1 + numbers.below(20)) }
        if numbers.chance(0.2) { result = result.with("scale", "0.\(1 + numbers.below(9))") }
        if numbers.chance(0.2) { result = result.with("soft-cap", 1 + numbers.below(30)) }
        if numbers.chance(0.3) {
            result = result.with("bool-mask", numbers.pick(MaskKind.allCases).rawValue)
            if numbers.chance(0.5) { result = result.with("mask-shape", numbers.pick(ScoreShape.viewable).rawValue) }
        }
        if numbers.chance(0.3) {
            result = result.with("bias", numbers.pick(["normal", "mask"]))
            if numbers.chance(0.5) { result = result.with("bias-shape", numbers.pick(ScoreShape.viewable).rawValue) }
            if numbers.chance(0.3) { result = result.with("bias-dtype", numbers.pick(["float16", "bfloat16"])) }
        }
        if numbers.chance(0.25) {
            result = result.with(flag: "lengths")
            if numbers.chance(0.5) { result = result.with("length-dtype", "int64") }
        }
        if numbers.chance(0.15) {
            result = result.with("offset", numbers.below(9) - 3)
            if numbers.chance(0.5) { result = result.with("offset-dtype", "int32") }
        }
        let hasOthers = ["bool-mask", "bias", "lengths"].contains { result.settings[$0] != nil }
        if hasOthers, numbers.chance(0.25) {
            result = result.with("other-view", numbers.pick(["constant", "strided", "reversed"]))
        }
        return result
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let view = try reader.word("view", default: CaseView.dense)
        let sizes = try AttentionInputs.Sizes(reader)
        var graph = CaseGraph(reader)
        var query = try graph.operand(
            "query", dtype, [sizes.batch, sizes.heads, sizes.queries, sizes.width], values, view: view)
        let key: Value
        let value: Value
        if reader.has("planted") {
            try reader.refuse(["same"], beside: "planted")
            (key, value) = try AttentionInputs.planted(&graph, sizes, dtype, values)
        } else {
            if try reader.flag("same") {
                try reader.refuse(["outputs", "unfused"], beside: "same")
                // Self-attention without projections: one value is query, key and value.
                guard sizes.heads == sizes.shared, sizes.queries == sizes.keys, sizes.width == sizes.valueWidth else {
                    throw reader.error("with same, query, key and value have one shape")
                }
                var inputs = try AttentionInputs.optional(&graph, sizes, isBatched: true)
                inputs.merge(["query": query, "key": query, "value": query]) { $1 }
                return try graph.finished(
                    graph.apply("attention", inputs, AttentionInputs.attributes(reader))[0])
            }
            key = try graph.operand("key", dtype, [sizes.batch, sizes.shared, sizes.keys, sizes.width], view: view)
            value = try graph.operand(
                "value", dtype, [sizes.batch, sizes.shared, sizes.keys, sizes.valueWidth], view: view)
        }
        var inputs = try AttentionInputs.optional(&graph, sizes, isBatched: true)
        inputs.merge(["query": query, "key": key, "value": value]) { $1 }
        let results = try graph.apply("attention", inputs, AttentionInputs.attributes(reader))
        query = results[0]
        let words = reader.subject.settings["outputs"] ?? "output"
        guard ["output", "all", "pattern", "lse"].contains(words) else {
            throw reader.error("outputs must be output, pattern, lse or all, found \"\(words)\"")
        }
        let outputs: [(String, Value)] = [("output", results[0]), ("pattern", results[1]), ("lse", results[2])]
        return try graph.finished(
            outputs.filter { words == "all" || $0.0 == words }, captures: AttentionCases.captures(results[0], reader))
    }

    /// The captures of a case: with `unfused` the scores, so that the operation runs in parts; nothing else differs.
    static func captures(_ value: Value, _ reader: CaseReader) throws(CaseError) -> [String] {
        try reader.flag("unfused") ? ["\(value.name).scores"] : []
    }
}
