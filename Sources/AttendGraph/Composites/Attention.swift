/// Scaled dot-product attention (Vaswani et al. 2017), `attention.v1`.
///
/// query `[batch, queryHeads, queries, headDimension]`, key `[batch, keyValueHeads, keys, headDimension]`, value
/// `[batch, keyValueHeads, keys, valueDimension]`; query head h reads key/value head `h / (queryHeads / keyValueHeads)`
/// (grouped queries, Ainslie et al. 2023).
///
/// Scores are `scale · query · keyᵀ`, soft-capped, then biased. Hidden keys are excluded from the softmax, whatever
/// their contents; a query without visible keys yields exactly 0. See ``AttentionVisibility``.
struct Attention: CompositeOperation {
    /// The inputs besides queries, keys and values, of `attention` and of the multi-head operations.
    static let optionalInputs: [OperationSchema.Input] = [
        .init("mask", optional: true), .init("bias", optional: true), .init("key_lengths", optional: true),
        .init("query_offset", optional: true)
    ]
    static let outputs = ["output", "pattern", "log_sum_exp"]
    static let attributes: [OperationSchema.Attribute] = [
        .init("causal", default: .bool(false)),
        .init("alignment", default: .string("lower_right"), choices: ["lower_right", "upper_left"]),
        .init("scale", optional: .number), .init("soft_cap", optional: .number), .init("window", optional: .integer)
    ]

    let schema = OperationSchema(
        .attention, inputs: [.init("query"), .init("key"), .init("value")] + Attention.optionalInputs,
        outputs: Attention.outputs, attributes: Attention.attributes)
    var facts: OperationFacts {
        var facts = OperationFacts(work: .attention, isWhole: true)
        facts.flops = { AttentionCall($0)?.flops ?? 0 }
        return facts
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let sizes = try AttentionSizes(call)
        try AttentionSizes.checkNumbers(call)
        if let widened = try call.inFloat32() { return widened }
        let dtype = call["query"].dtype
        let (query, key) = (try call["query"].cast(to: .float32), try call["key"].cast(to: .float32))
        let value = try call["value"].cast(to: .float32)

        // The queries of a group are stacked as rows, so that one product serves them all.
        let grouped = try query.reshaped([sizes.batch, sizes.keyValueHeads, sizes.groupedRows, sizes.headDimension])
        let products = try grouped.matmul(key, transposeRHS: true).reshaped(sizes.scores)
        var scores = try products * sizes.scale(call)
        if let cap = call.attributes.optionalNumber("soft_cap"), cap != 0 {
            scores = try (scores / cap).tanh() * cap
        }
        if let bias = call.optional("bias") { scores = try scores + bias.cast(to: .float32) }

        let visible = try AttentionVisibility(call, sizes).predicate()
        let weights = try SoftmaxOverVisible(scores, visible)

        for (name, value) in [
            ("queries", call["query"]), ("products", products), ("scores", scores), ("masked_scores", weights.seen),
            ("pattern", weights.pattern)
        ] {
            try call.offer(name, headAxis: 1) { () throws(GraphError) in value }
        }
        for (name, value) in [("keys", call["key"]), ("values", call["value"])] {
            try call.offer(name, headAxis: 1, sharing: sizes.sharing) { () throws(GraphError) in value }
        }

        var results: [String: Value] = [:]
        if call.wanted.contains("output") {
            let mixed = try gathered(value, weights.pattern, visible, sizes).cast(to: dtype)
            try call.offer("mixed", headAxis: 1) { () throws(GraphError) in mixed }
            results["output"] = mixed
        }
        if call.wanted.contains("pattern") { results["pattern"] = try weights.pattern.cast(to: dtype) }
        if call.wanted.contains("log_sum_exp") { results["log_sum_exp"] = try weights.logSumExp() }
        return results
    }

    /// `pattern · value`, ignoring values at hidden keys even if they are NaN or infinite.
    private func gathered(
        _ value: Value, _ pattern: Value, _ visible: Value?, _ sizes: AttentionSizes
    ) throws(GraphError) -> Value {
        let groupedShape: [Size] = [sizes.batch, sizes.keyValueHeads, sizes.groupedRows, sizes.keys]
        let weights = try pattern.reshaped(groupedShape)
        guard let visible else { return try weights.matmul(value).reshaped(sizes.output) }
        let finite = try (value - value).equal(value.scalar(0))
        let sum = try weights.matmul(finite.where(value, value.scalar(0)))
        let seen = try visible.broadcast(sizes.scores).cast(to: .float32).reshaped(groupedShape)
        let spoiled = try seen.matmul(finite.not().cast(to: .float32)).greater(value.scalar(0))
        return try spoiled.where(value.scalar(.nan), sum).reshaped(sizes.output)
    }
}

/// The sizes of one attention, inferred from its inputs and checked against each other.
struct AttentionSizes {
    let batch: Size
    let queryHeads: Size
    let keyValueHeads: Size
    let queries: Size
    let keys: Size
    let headDimension: Size
    let valueDimension: Size
    /// Queries of all heads that share a key/value head.
    let groupedRows: Size

    /// Query heads per key/value head; 1 if the numbers of heads are symbolic.
    var sharing: Int {
        guard let many = queryHeads.constant, let few = keyValueHeads.constant, few > 0 else { return 1 }
        return many / few
    }
    var scores: [Size] { [batch, queryHeads, queries, keys] }
    var output: [Size] { [batch, queryHeads, queries, valueDimension] }

    init(_ call: CompositeCall) throws(GraphError) {
        let (query, key, value) = (call["query"], call["key"], call["value"])
        for (operand, shape) in [
            (query, "query must be [batch, queryHeads, queries, headDimension]"),
            (key, "key must be [batch, keyValueHeads, keys, headDimension]"),
            (value, "value must be [batch, keyValueHeads, keys, valueDimension]")
        ] {
            try call.require(operand.rank == 4, "\(shape), found \(operand.shape)")
            try call.require(
                operand.dtype.isFloatingPoint && operand.dtype == query.dtype,
                "query, key and value must have one floating-point dtype, "
                    + "found \(query.dtype), \(key.dtype) and \(value.dtype)")
        }
        batch = query.shape[0]
        queryHeads = query.shape[1]
        keyValueHeads = key.shape[1]
        queries = query.shape[2]
        keys = key.shape[2]
        headDimension = query.shape[3]
        valueDimension = value.shape[3]
        let (many, few, rows) = (queryHeads, keyValueHeads, queries)
        // Without heads there are no groups.
        groupedRows =
            few == 0
            ? rows : try call.sizes { () throws(SizeError) in try many.divided(by: few).multiplied(by: rows) }
        func agree(_ left: Size, _ right: Size, _ what: String) throws(GraphError) {
            try call.require(
                ShapeRules.agreement(left, right) != .different,
                "\(what) disagree: query \(query.shape), key \(key.shape), value \(value.shape)")
        }
        try agree(batch, key.shape[0], "the batch sizes of query and key")
        try agree(batch, value.shape[0], "the batch sizes of query and value")
        try agree(headDimension, key.shape[3], "the head dimensions of query and key")
        try agree(keyValueHeads, value.shape[1], "the heads of key and value")
        try agree(keys, value.shape[2], "the numbers of keys and values")
        if let many = queryHeads.constant, let few = keyValueHeads.constant {
            try call.require(
                few > 0 ? many % few == 0 : many == 0,
                "\(many) query heads are not a multiple of \(few) key/value heads")
        }
    }

    /// Scale and cap are float32 on every backend: rejects values that float32 can't hold, and nonzero caps below the
    /// smallest normal number, by which scores can't be divided.
    static func checkNumbers(_ call: CompositeCall) throws(GraphError) {
        try call.requireFloat32("scale")
        guard let cap = try call.requireFloat32("soft_cap"), call.attributes.number("soft_cap") != 0 else { return }
        try call.require(
            cap.magnitude >= .leastNormalMagnitude,
            "attribute \"soft_cap\": expected 0 (none) or a number of at least 2⁻¹²⁶, "
                + "found \(call.attributes.number("soft_cap"))")
    }

    /// The scale attribute; 1/√headDimension by default.
    func scale(_ call: CompositeCall) throws(GraphError) -> Value {
        if let scale = call.attributes.optionalNumber("scale") { return try call.graph.scalar(scale) }
        if let width = headDimension.constant { return try call.graph.scalar(1 / Double(max(width, 1)).squareRoot()) }
        return try call.size(headDimension, as: .float32).reciprocalSqrt()
    }
}

/// Softmax restricted to visible keys.
private struct SoftmaxOverVisible {
    /// `[batch, queryHeads, queries, keys]`; each row sums to 1, or to 0 if no key is visible.
    let pattern: Value
    /// The scores with −∞ where a key is hidden.
    let seen: Value
    private let maximum: Value
    private let sum: Value

    init(_ scores: Value, _ visible: Value?) throws(GraphError) {
        let nothing = try scores.scalar(-.infinity)
        let zero = try scores.scalar(0)
        seen = try visible.map { visible throws(GraphError) in try visible.where(scores, nothing) } ?? scores
        let largest = try seen.max(axes: [3], keepDimensions: true)
        // A row without a finite score has no maximum to subtract.
        maximum = try largest.equal(nothing).where(zero, largest)
        let exponentials = try (seen - maximum).exp()
        sum = try exponentials.sum(axes: [3], keepDimensions: true)
        pattern = try exponentials / sum.equal(zero).where(scores.scalar(1), sum)
    }

    /// `log Σ exp(score)` over the visible keys, `[batch, queryHeads, queries]`; −∞ if none is visible.
    func logSumExp() throws(GraphError) -> Value {
        // log 0 is the intended −∞.
        try (sum.log() + maximum).reshaped(Array(sum.shape.dropLast()))
    }
}

extension OperationID {
    /// `attention.v1`: scaled dot-product attention; see ``Value/attention(key:value:options:named:)``.
    public static let attention = OperationID("attention")
}
