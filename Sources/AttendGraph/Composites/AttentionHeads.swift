/// Multi-head self-attention: queries, keys and values are projections of one input.
///
/// input `[batch?, tokens, width]`, query_weight `[queryHeads · headDimension, width]`, key_weight and
/// value_weight likewise with `key_value_heads`, output_weight `[out, queryHeads · valueDimension]`.
struct SelfAttention: CompositeOperation {
    let schema = HeadProjection.schema(.selfAttention, inputs: [.init("input")])
    let facts = OperationFacts(work: .attention)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try HeadProjection(call, context: call["input"]).decompose()
    }
}

/// Multi-head cross-attention: queries come from `input`, keys and values from `context`
/// `[batch?, contextTokens, contextWidth]`.
struct CrossAttention: CompositeOperation {
    let schema = HeadProjection.schema(.crossAttention, inputs: [.init("input"), .init("context")])
    let facts = OperationFacts(work: .attention)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try HeadProjection(call, context: call["context"]).decompose()
    }
}

/// The shared part of self- and cross-attention: projection into heads, attention, projection back.
private struct HeadProjection {
    let call: CompositeCall
    let context: Value
    let isBatched: Bool
    let heads: Int
    let keyValueHeads: Int

    static func schema(_ id: OperationID, inputs: [OperationSchema.Input]) -> OperationSchema {
        OperationSchema(
            id,
            inputs: inputs + ["query_weight", "key_weight", "value_weight", "output_weight"].map { .init($0) }
                + ["query_bias", "key_bias", "value_bias", "output_bias"].map { .init($0, optional: true) }
                + Attention.optionalInputs,
            outputs: Attention.outputs,
            attributes: [.init("heads", .integer), .init("key_value_heads", optional: .integer)] + Attention.attributes)
    }

    init(_ call: CompositeCall, context: Value) throws(GraphError) {
        self.call = call
        self.context = context
        let input = call["input"]
        try call.require(
            input.rank == 2 || input.rank == 3, "input must be [batch?, tokens, width], found \(input.shape)")
        try call.require(
            context.rank == input.rank,
            "context must have as many dimensions as input \(input.shape), found \(context.shape)")
        isBatched = input.rank == 3
        heads = call.attributes.integer("heads")
        keyValueHeads = call.attributes.optionalInteger("key_value_heads") ?? heads
        try call.require(heads >= 1 && keyValueHeads >= 1, "heads and key_value_heads must be at least 1")
        try call.require(
            heads % keyValueHeads == 0, "\(heads) heads are not a multiple of \(keyValueHeads) key/value heads")
    }

    func decompose() throws(GraphError) -> [String: Value] {
        let query = try projected(call["input"], "query", heads)
        let key = try projected(context, "key", keyValueHeads)
        let value = try projected(context, "value", keyValueHeads)
        var inputs = ["query": query, "key": key, "value": value]
        for optional in Attention.optionalInputs.map(\.name) { inputs[optional] = call.optional(optional) }
        if !isBatched, let lengths = inputs["key_lengths"] {
            try call.require(
                lengths.rank == 0,
                "key_lengths must be a scalar for an input without a batch axis, found \(lengths.type)")
            inputs["key_lengths"] = try lengths.reshaped([1])
        }
        var attributes = Attributes()
        for name in Attention.attributes.map(\.name) { attributes[name] = call.attributes[name] }
        let attended = try call.graph.apply(.attention, inputs: inputs, attributes: attributes)

        let headAxis = isBatched ? 1 : 0
        for (name, inner) in [("queries", query), ("pattern", attended[1]), ("mixed", attended[0])] {
            try call.offer(name, headAxis: headAxis) { () throws(GraphError) in try unbatched(inner) }
        }
        for (name, inner) in [("keys", key), ("values", value)] {
            try call.offer(name, headAxis: headAxis, sharing: heads / keyValueHeads) { () throws(GraphError) in
                try unbatched(inner)
            }
        }
        try call.offer("delta", headAxis: headAxis) { () throws(GraphError) in try unbatched(delta(attended[0])) }
        call.passOn(offersOf: attended[0], droppingBatch: !isBatched)

        // [batch, heads, tokens, valueDimension] → [batch, tokens, heads · valueDimension]
        let (output, shape) = (attended[0], attended[0].shape)
        let width = try call.sizes { () throws(SizeError) in try shape[1].multiplied(by: shape[3]) }
        let merged = try output.transposed([0, 2, 1, 3])
            .reshaped((isBatched ? [shape[0]] : []) + [shape[2], width])
        return [
            "output": try merged.linear(weight: call["output_weight"], bias: call.optional("output_bias")),
            "pattern": try unbatched(attended[1]),
            "log_sum_exp": try unbatched(attended[2])
        ]
    }

    /// `[batch, heads, tokens, headDimension]`.
    private func projected(_ source: Value, _ role: String, _ heads: Int) throws(GraphError) -> Value {
        let weight = call["\(role)_weight"]
        try call.require(weight.rank == 2, "\(role)_weight must be a matrix, found \(weight.shape)")
        if let rows = weight.shape[0].constant {
            let kind = role == "query" || keyValueHeads == self.heads ? "heads" : "key/value heads"
            try call.require(
                rows % heads == 0, "\(role)_weight has \(rows) rows, not a multiple of \(heads) \(kind)")
        }
        let dimension = try call.sizes { () throws(SizeError) in try weight.shape[0].divided(by: Size(heads)) }
        let flat = try source.linear(weight: weight, bias: call.optional("\(role)_bias"))
        let batch = isBatched ? source.shape[0] : 1
        let tokens = source.shape[source.rank - 2]
        return try flat.reshaped([batch, tokens, Size(heads), dimension]).transposed([0, 2, 1, 3])
    }

    private func delta(_ mixed: Value) throws(GraphError) -> Value {
        try mixed.headChanges(outputWeight: call["output_weight"], heads: heads)
    }

    private func unbatched(_ value: Value) throws(GraphError) -> Value {
        isBatched ? value : try value.reshaped(Array(value.shape.dropFirst()))
    }
}

extension Value {
    /// The contribution of each head, from the mixed values `[batch, heads, tokens, valueDimension]`: its values times its
    /// own columns of the output matrix, its value-up matrix. `[batch, heads, tokens, width]`.
    func headChanges(outputWeight weight: Value, heads: Int) throws(GraphError) -> Value {
        let stacked = try weight.reshaped([weight.shape[0], Size(heads), shape[3]]).transposed([1, 0, 2])
        return try matmul(stacked, transposeRHS: true)
    }
}

extension OperationID {
    /// `self_attention.v1`: multi-head self-attention; see
    /// ``Value/selfAttention(_:heads:keyValueHeads:options:named:)``.
    public static let selfAttention = OperationID("self_attention")
    /// `cross_attention.v1`: multi-head cross-attention; see
    /// ``Value/crossAttention(to:_:heads:keyValueHeads:options:named:)``.
    public static let crossAttention = OperationID("cross_attention")
}
