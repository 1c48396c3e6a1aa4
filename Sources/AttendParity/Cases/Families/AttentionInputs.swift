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
            guard !scores.overflow, scores.partialValue <= 1 << 20, keys <= 1 << 17, width <= 1 << 12 else {
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
        if !reader.has("bool-mask") { try reader.refuse(["mask-shape"], beside: "no bool-mask") }
        if !reader.has("bias") { try reader.refuse(["bias-shape", "bias-dtype"], beside: "no bias") }
        if !reader.has("lengths") { try reader.refuse(["length-dtype", "far-lengths"], beside: "no lengths") }
        if !reader.has("offset"), !reader.has("batch-offsets") {
            try reader.refuse(["offset-dtype"], beside: "no offset")
        }
        if !["bool-mask", "bias", "lengths", "batch-offsets"].contains(where: reader.has) {
            try reader.refuse(["other-view"], beside: "no mask, bias, lengths or offsets")
        }
        let view = try reader.word("other-view", default: CaseView.dense)
        var inputs: [String: Value] = [:]
        if reader.has("bool-mask") {
            let kind =
                reader.subject.settings["bool-mask"] == ""
                ? .random : try reader.word("bool-mask", default: MaskKind.random)
            let shape = try reader.word("mask-shape", default: ScoreShape.scores).shape(sizes)
            inputs["mask"] = try graph.operand(
                "mask", mask(kind, shape, try reader.seed, "mask"),
                other: mask(kind, shape, try reader.seed, CaseGraph.other("mask")), view: view)
        }
        if reader.has("bias") {
            let values = try reader.word("bias", default: CaseValues.normal)
            let shape = try reader.word("bias-shape", default: ScoreShape.heads).shape(sizes)
            inputs["bias"] = try graph.operand("bias", reader.dtype("bias-dtype"), shape, values, view: view)
        }
        var numbers = SeededNumbers(try reader.seed, "lengths")
        var otherNumbers = SeededNumbers(try reader.seed, CaseGraph.other("lengths"))
        let lengthDType = try reader.dtype("length-dtype", default: .int32)
        let offsetDType = try reader.dtype("offset-dtype", default: .int64)
        guard lengthDType.isInteger, offsetDType.isInteger else {
            throw reader.error("length-dtype and offset-dtype must be int32 or int64")
        }
        let isFar = try reader.flag("far-lengths")
        if try reader.flag("lengths") {
            func lengths(_ numbers: inout SeededNumbers, empty: Int?) -> Tensor {
                var lengths = (0..<sizes.batch).map { $0 == empty ? 0 : numbers.below(sizes.keys + 1) }
                // More than keys hides none, and a negative length all.
                let far = [sizes.keys + 1, -1, sizes.keys + 7, Int(Int32.max), -sizes.keys - 3]
                if isFar { for place in lengths.indices { lengths[place] = far[(place + (empty ?? 2)) % far.count] } }
                return Tensor(
                    indices: isBatched ? lengths : Array(lengths.prefix(1)), lengthDType, isBatched ? [sizes.batch] : []
                )
            }
            inputs["key_lengths"] = try graph.operand(
                "lengths", lengths(&numbers, empty: 1), other: lengths(&otherNumbers, empty: nil),
                view: isBatched ? view : .dense)
        }
        if let offset = try reader.optionalInteger("offset") {
            let offsets = try reader.scalars("offset", offset, offsetDType)
            inputs["query_offset"] = try graph.input("offset", offsets.own, other: offsets.other)
        } else if try reader.flag("batch-offsets") {
            func offsets(_ numbers: inout SeededNumbers) -> Tensor {
                let offsets = (0..<sizes.batch).map { _ in numbers.below(sizes.keys + 3) - 2 }
                return Tensor(indices: offsets, offsetDType, [sizes.batch])
            }
            inputs["query_offset"] = try graph.operand(
                "offsets", offsets(&numbers), other: offsets(&otherNumbers), view: view)
        }
        return inputs
    }

    /// A Boolean mask, true = visible.
    private static func mask(_ kind: MaskKind, _ shape: [Int], _ seed: Int, _ stream: String) -> Tensor {
        var numbers = SeededNumbers(seed, stream)
        let keys = shape.last ?? 1
        let rows = shape.dropLast().reduce(1, *)
        let bytes: [UInt8]
        switch kind {
        case .random: bytes = (0..<rows * keys).map { _ in numbers.chance(0.65) ? 1 : 0 }
        case .padding:
            let kept = numbers.below(keys + 1)
            bytes = (0..<rows * keys).map { $0 % max(keys, 1) < kept ? 1 : 0 }
        case .rows:
            let isVisible = (0..<rows).map { _ in numbers.chance(0.7) }
            bytes = (0..<rows * keys).map { isVisible[$0 / max(keys, 1)] ? 1 : 0 }
        case .all: bytes = Array(repeating: 0, count: rows * keys)
        }
        return CaseValues.tensor(.bool(bytes), shape)
    }

    /// Keys and values with one NaN or infinity, at one key of each head.
    static func planted(
        _ graph: inout CaseGraph, _ sizes: Sizes, _ dtype: DType, _ values: CaseValues
    ) throws(CaseError) -> (Value, Value) {
        let reader = graph.reader
        guard dtype == .float32, let number = try reader.number("planted"), !number.isFinite, sizes.keys > 0 else {
            throw reader.error("planted must be nan, inf or -inf, and needs float32 and at least one key")
        }
        var results: [Value] = []
        for (name, width) in [("key", sizes.width), ("value", sizes.valueWidth)] {
            let shape = [sizes.batch, sizes.shared, sizes.keys, width]
            func tensor(_ stream: String) throws(CaseError) -> Tensor {
                var numbers = SeededNumbers(try reader.seed, stream)
                var floats = (0..<shape.reduce(1, *)).map { _ in values.float(&numbers) }
                for head in 0..<sizes.batch * sizes.shared {
                    floats[(head * sizes.keys + (sizes.keys * 2) / 3) * width + width / 2] = Float(number)
                }
                return CaseValues.tensor(.float32(floats), shape)
            }
            results.append(try graph.input(name, tensor(name), other: tensor(CaseGraph.other(name))))
        }
        return (results[0], results[1])
    }
}

/// The shape of a mask or bias, which broadcasts to `[batch, queryHeads, queries, keys]`.
enum ScoreShape: String, CaseIterable, Sendable {
    /// `[queries, keys]`.
    case scores
    /// `[queryHeads, queries, keys]`: one per head, the same for all sequences.
    case heads
    /// `[batch, 1, queries, keys]`: one per sequence, the same for all heads.
    case batch
    /// `[batch, queryHeads, queries, keys]`.
    case full
    /// `[batch, 1, 1, keys]`: the keys of each sequence.
    case keys
    /// `[keys]`.
    case row
    /// `[queryHeads, queries, 1]`: the queries of each head.
    case queries
    /// `[queries, 1]`.
    case column
    /// `[batch, 1, 1, 1]`: whole sequences.
    case sequences
    /// `[]`.
    case scalar
    /// `[1, queryHeads, 1, keys]`.
    case headKeys = "head-keys"

    /// The shapes with an axis, which views need.
    static let viewable = allCases.filter { $0 != .scalar }

    func shape(_ sizes: AttentionInputs.Sizes) -> [Int] {
        switch self {
        case .scores: [sizes.queries, sizes.keys]
        case .heads: [sizes.heads, sizes.queries, sizes.keys]
        case .batch: [sizes.batch, 1, sizes.queries, sizes.keys]
        case .full: [sizes.batch, sizes.heads, sizes.queries, sizes.keys]
        case .keys: [sizes.batch, 1, 1, sizes.keys]
        case .row: [sizes.keys]
        case .queries: [sizes.heads, sizes.queries, 1]
        case .headKeys: [1, sizes.heads, 1, sizes.keys]
        case .column: [sizes.queries, 1]
        case .sequences: [sizes.batch, 1, 1, 1]
        case .scalar: []
        }
    }
}
