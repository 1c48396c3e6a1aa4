import AttendRuntime

/// The token vectors of a batch, for pooling in float32: a sum over a long text may be beyond float16, and a count beyond
/// the integers of bfloat16.
struct PooledTokens {
    /// Float32 `[batch, tokens, width]`.
    let hidden: Value
    /// Numbers `[batch, tokens]`, 1 = pooled.
    let mask: Value
    /// Numbers `[batch, tokens]`, 1 = a real token.
    let attended: Value

    /// - Parameter hidden: Floating-point `[batch, tokens, width]`.
    init(_ hidden: Value, mask: Value, attended: Value? = nil) throws(GraphError) {
        (self.hidden, self.mask, self.attended) = (try hidden.cast(to: .float32), mask, attended ?? mask)
    }

    private var builder: GraphBuilder { hidden.graph }

    /// The pooled vectors, float32 `[batch, width]`.
    func pooled(_ mode: Pooling.Mode) throws(GraphError) -> Value {
        switch mode {
        case .first: return try vector(at: place(ofFirstIn: mask))
        case .largest:
            let lowest = try builder.scalar(-.infinity, dtype: hidden.dtype)
            return try column(mask.cast(to: .bool)).where(hidden, lowest).max(axes: [1])
        case .mean:
            let weights = try weights
            return try sum(weights) / count(weights)
        case .meanSquareRoot:
            let weights = try weights
            return try sum(weights) / count(weights).sqrt()
        case .weightedMean:
            // Positions count from the first real token, those of the prompt included.
            let first = try place(ofFirstIn: attended).cast(to: hidden.dtype).reshaped([-1, 1])
            let places = try builder.iota([1, tokens], axis: 1, dtype: hidden.dtype) - first + 1
            let weights = try column(mask.cast(to: hidden.dtype) * places)
            return try sum(weights) / count(weights)
        case .last:
            // Zero for a text without pooled tokens.
            let places = try builder.iota([1, tokens], axis: 1, dtype: hidden.dtype) + 1
            let last = try (mask.cast(to: hidden.dtype) * places).argMax(axis: 1)
            return try vector(at: last, where: mask.cast(to: .bool))
        }
    }

    private var tokens: Size { hidden.shape[1] }

    /// The mask as floats, `[batch, tokens, 1]`.
    private var weights: Value { get throws(GraphError) { try column(mask.cast(to: hidden.dtype)) } }

    private func column(_ value: Value) throws(GraphError) -> Value { try value.reshaped(value.shape + [1]) }

    private func sum(_ weights: Value) throws(GraphError) -> Value { try (hidden * weights).sum(axes: [1]) }

    private func count(_ weights: Value) throws(GraphError) -> Value {
        try weights.sum(axes: [1]).maximum(builder.scalar(1e-9, dtype: hidden.dtype))
    }

    /// The index of the first 1 of a mask, int64 `[batch]`; 0 for a mask without 1.
    private func place(ofFirstIn mask: Value) throws(GraphError) -> Value {
        try mask.cast(to: hidden.dtype).argMax(axis: 1)
    }

    /// The vector of one token per text, by a select and a sum: other tokens do not contribute, not even a NaN.
    private func vector(at places: Value, where mask: Value? = nil) throws(GraphError) -> Value {
        var chosen = try builder.iota([1, tokens], axis: 1).equal(places.reshaped([-1, 1]))
        if let mask { chosen = try chosen.and(mask) }
        return try column(chosen).where(hidden, builder.scalar(0, dtype: hidden.dtype)).sum(axes: [1])
    }
}
