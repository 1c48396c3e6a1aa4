import AttendRuntime

/// The common masks and options of `attention` and the heads.
enum AttentionInputs {
    struct Sizes {
        let batch: Int
        let heads: Int
        let shared: Int
        let queries: Int
        let keys: Int
        let width: Int
        let valueWidth: Int

        init(_ reader: CaseReader) throws(CaseError) {
            batch = try reader.size("b", default: 1)
            heads = try reader.size("hq", default: 1, atLeast: 1)
            shared = try reader.size("hkv", default: heads, atLeast: 1)
            queries = try reader.size("l", default: 1)
            keys = try reader.size("s", default: queries)
            width = try reader.size("d", default: 1, atLeast: 1)
            valueWidth = try reader.size("dv", default: width, atLeast: 1)
            let scores = batch.multipliedReportingOverflow(by: heads * max(queries, 1))
            guard !scores.overflow, scores.partialValue <= 1 << 20, keys <= 1 << 16, width <= 1 << 12 else {
                throw reader.error("the attention is larger than a case may be")
            }
        }
    }

    static func attributes(_ reader: CaseReader) throws(CaseError) -> Attributes {
        var attributes: Attributes = ["causal": .bool(try reader.flag("causal"))]
        if try reader.flag("upper-left") { attributes["alignment"] = .string("upper_left") }
        attributes["scale"] = try reader.number("scale").map { .number($0) }
        attributes["soft_cap"] = try reader.number("soft-cap").map { .number($0) }
        attributes["window"] = try reader.optionalInteger("window").map { .integer($0) }
        return attributes
    }

    /// The mask, bias, lengths and offsets of a case.
    static func optional(_ graph: inout CaseGraph, _ sizes: Sizes, isBatched: Bool) throws(CaseError) -> [String: Value]
    {
        let reader = graph.reader
        var inputs: [String: Value] = [:]
        if reader.has("bool-mask") {
            let kind =
                reader.subject.settings["bool-mask"] == ""
                ? .random : try reader.word("bool-mask", default: MaskKind.random)
            inputs["mask"] = try graph.input("mask", mask(kind, sizes, try reader.seed))
        }
        if reader.has("bias") {
            let values = try reader.word("bias", default: CaseValues.normal)
            // One per head, the same for all sequences.
            inputs["bias"] = try graph.operand("bias", .float32, [sizes.heads, sizes.queries, sizes.keys], values)
        }
        var numbers = SeededNumbers(try reader.seed, "lengths")
        if try reader.flag("lengths") {
            let lengths = (0..<sizes.batch).map { $0 == 1 ? 0 : Int32(numbers.below(sizes.keys + 1)) }
            inputs["key_lengths"] = try graph.input(
                "lengths",
                CaseValues.tensor(
                    .int32(isBatched ? lengths : Array(lengths.prefix(1))), isBatched ? [sizes.batch] : []))
        }
        if let offset = try reader.optionalInteger("offset") {
            inputs["query_offset"] = try graph.input("offset", Tensor(offset))
        } else if try reader.flag("batch-offsets") {
            let offsets = (0..<sizes.batch).map { _ in Int64(numbers.below(sizes.keys + 3)) - 2 }
            inputs["query_offset"] = try graph.input("offsets", CaseValues.tensor(.int64(offsets), [sizes.batch]))
        }
        return inputs
    }

    /// A Boolean mask, true = visible.
    private static func mask(_ kind: MaskKind, _ sizes: Sizes, _ seed: Int) -> Tensor {
        var numbers = SeededNumbers(seed, "mask")
        let (queries, keys) = (sizes.queries, sizes.keys)
        let bytes: [UInt8]
        switch kind {
        case .random: bytes = (0..<queries * keys).map { _ in numbers.chance(0.65) ? 1 : 0 }
        case .padding:
            let kept = numbers.below(keys + 1)
            bytes = (0..<queries * keys).map { $0 % max(keys, 1) < kept ? 1 : 0 }
        case .rows:
            let rows = (0..<queries).map { _ in numbers.chance(0.7) }
            bytes = (0..<queries * keys).map { rows[$0 / max(keys, 1)] ? 1 : 0 }
        case .all: bytes = Array(repeating: 0, count: queries * keys)
        }
        return CaseValues.tensor(.bool(bytes), [queries, keys])
    }

    /// Keys and values with one NaN or infinity, at one key of each head.
    static func planted(
        _ graph: inout CaseGraph, _ sizes: Sizes, _ dtype: DType, _ values: CaseValues
    ) throws(CaseError) -> (Value, Value) {
        let reader = graph.reader
        guard dtype == .float32, let number = try reader.number("planted"), !number.isFinite, sizes.keys > 0 else {
            throw reader.error("planted must be nan, inf or -inf, at float32 and at least one key")
        }
        var results: [Value] = []
        for (name, width) in [("key", sizes.width), ("value", sizes.valueWidth)] {
            var numbers = SeededNumbers(try reader.seed, name)
            let shape = [sizes.batch, sizes.shared, sizes.keys, width]
            var floats = (0..<shape.reduce(1, *)).map { _ in values.float(&numbers) }
            for head in 0..<sizes.batch * sizes.shared {
                floats[(head * sizes.keys + (sizes.keys * 2) / 3) * width + width / 2] = Float(number)
            }
            results.append(try graph.input(name, CaseValues.tensor(.float32(floats), shape)))
        }
        return (results[0], results[1])
    }
}
