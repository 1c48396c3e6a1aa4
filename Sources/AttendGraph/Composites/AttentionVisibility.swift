/// The visible keys of each query: a predicate, never a score.
///
/// Key j is visible to query i if all of these hold: `mask` is true there; `bias` is not −∞; j < `key_lengths[batch]`;
/// with `causal`, j ≤ p; with a `window` (which counts the query's own position) j > p − window and, without `causal`,
/// j < p + window. p = offset + i; the offset is `query_offset`, else (`key_lengths[batch]`, else keys) − queries, or 0
/// with `alignment: upper_left`.
struct AttentionVisibility {
    private let call: CompositeCall
    private let sizes: AttentionSizes

    init(_ call: CompositeCall, _ sizes: AttentionSizes) {
        self.call = call
        self.sizes = sizes
    }

    /// A bool that broadcasts to `[batch, queryHeads, queries, keys]`; nil if every key is visible.
    func predicate() throws(GraphError) -> Value? {
        var conditions: [Value] = []
        if let mask = call.optional("mask") {
            try call.require(
                mask.dtype == .bool, "mask must be bool (true = keep), found \(mask.dtype); pass a float mask as bias")
            try requireFits(mask, "mask")
            conditions.append(mask)
        }
        if let bias = call.optional("bias") {
            try call.require(bias.dtype.isFloatingPoint, "bias must hold floating-point numbers, found \(bias.dtype)")
            try requireFits(bias, "bias")
            let wide = try bias.cast(to: .float32)
            conditions.append(try wide.equal(wide.scalar(-.infinity)).not())
        }
        let key = try call.graph.iota([1, 1, 1, sizes.keys], axis: 3)
        if let lengths = try keyLengths() { conditions.append(try key.less(lengths)) }
        conditions += try positions(key)
        var visible = conditions.first
        for condition in conditions.dropFirst() { visible = try visible?.and(condition) }
        return visible
    }

    private func requireFits(_ value: Value, _ name: String) throws(GraphError) {
        let fits =
            value.rank <= 4 && (try? ShapeRules.broadcast(value.shape, sizes.scores)) != nil
            && zip(value.shape.reversed(), sizes.scores.reversed()).allSatisfy {
                $0 == 1 || ShapeRules.agreement($0, $1) != .different
            }
        try call.require(
            fits, "\(name) must broadcast to \(sizes.scores) ([batch, queryHeads, queries, keys]), found \(value.shape)"
        )
    }

    /// `[batch, 1, 1, 1]`, int64.
    private func keyLengths() throws(GraphError) -> Value? {
        guard let lengths = call.optional("key_lengths") else { return nil }
        let fits =
            lengths.dtype.isInteger && lengths.rank == 1
            && ShapeRules.agreement(lengths.shape[0], sizes.batch) != .different
        try call.require(fits, "key_lengths must be integers of shape [\(sizes.batch)], found \(lengths.type)")
        return try lengths.cast(to: .int64).reshaped([sizes.batch, 1, 1, 1])
    }

    /// The conditions of `causal` and `window`.
    private func positions(_ key: Value) throws(GraphError) -> [Value] {
        let causal = call.attributes.bool("causal")
        let window = call.attributes.optionalInteger("window")
        if let window {
            try call.require(
                (1...(1 << 40)).contains(window),
                "window must be from 1 to 2⁴⁰ (it includes the query's own position), found \(window)")
        }
        guard causal || window != nil else { return [] }
        let query = try call.graph.iota([1, 1, sizes.queries, 1], axis: 2)
        let position = try query + offset()
        var conditions: [Value] = []
        if causal { conditions.append(try key.lessEqual(position)) }
        if let window {
            let reach = try call.graph.scalar(Double(window), dtype: .int64)
            conditions.append(try key.greater(position - reach))
            if !causal { conditions.append(try key.less(position + reach)) }
        }
        return conditions
    }

    /// As int64, clamped to ±2⁶²: sums with positions and windows don't overflow, and no value has that many keys.
    private func held(_ place: Value) throws(GraphError) -> Value {
        let wide = try place.cast(to: .int64)
        let limit = try call.graph.scalar(0x1p62, dtype: .int64)
        return try wide.minimum(limit).maximum(-limit)
    }

    /// The position of the first query among the keys.
    private func offset() throws(GraphError) -> Value {
        if let offset = call.optional("query_offset") {
            try call.require(
                offset.dtype.isInteger && offset.rank <= 1,
                "query_offset must be integers of shape [] or [batch], found \(offset.type)")
            let wide = try held(offset)
            return offset.rank == 0 ? wide : try wide.reshaped([sizes.batch, 1, 1, 1])
        }
        if call.attributes.string("alignment") == "upper_left" { return try call.graph.scalar(0, dtype: .int64) }
        let queries = try call.size(sizes.queries, as: .int64)
        if let lengths = try keyLengths() { return try held(lengths) - queries }
        return try call.size(sizes.keys, as: .int64) - queries
    }
}

extension CompositeCall {
    /// A size as a scalar value; a symbolic one is computed as the sum of as many ones.
    func size(_ size: Size, as dtype: DType) throws(GraphError) -> Value {
        if let number = size.constant { return try graph.scalar(Double(number), dtype: dtype) }
        return try graph.scalar(1, dtype: dtype).broadcast([size]).sum()
    }
}
