import AttendRuntime

/// Rotary positions in a graph: a rotation of queries and keys by angles proportional to the position.
struct RotaryPositions {
    /// `[batch or 1, tokens, headDimension / 2]`.
    let cos: Value
    let sin: Value

    /// Angles, cosines and sines are computed in float32.
    ///
    /// - Parameters:
    ///   - positions: Float32 `[batch or 1, tokens, 1]`.
    ///   - dtype: The dtype of queries and keys, to which cosines and sines are rounded.
    ///   - length: Float32 `[batch, 1, 1]`: the number of tokens so far, for scalings that grow with it; nil for the largest
    ///     position plus 1.
    init(
        _ settings: RotarySettings, positions: Value, headDimension: Int, dtype: DType, length: Value? = nil
    ) throws {
        let builder = positions.graph
        let frequencies = settings.frequencies(headDimension: headDimension)
        func row(_ numbers: [Double]) throws -> Value {
            try builder.constant(Tensor(numbers.map { Float($0) }, shape: [1, 1, numbers.count]))
        }
        let angles: Value
        switch settings.scaling {
        case .none, .linear, .yarn, .llama3: angles = try positions * row(frequencies)
        case .dynamic(let factor, let limit):
            // base · growth^(d / (d − 2)) divides frequency i by growth^(2i / (d − 2)).
            let length = try length ?? RotaryPositions.length(positions)
            let growth = try (length.maximum(builder.scalar(Double(limit))) * (factor / Double(limit)) - (factor - 1))
            let exponents = frequencies.indices.map { -Double(2 * $0) / Double(headDimension - 2) }
            angles = try positions * (row(frequencies) * (growth.log() * row(exponents)).exp())
        case .longRoPE(let long):
            let longer = zip(settings.unscaled(headDimension), long.long).map { $0 / $1 }
            let isLong = try (length ?? RotaryPositions.length(positions)).greater(
                builder.scalar(Double(long.positions)))
            angles = try positions * isLong.where(row(longer), row(frequencies))
        }
        let factor = settings.scaling.attentionFactor
        let (cosines, sines) = (try angles.cos(), try angles.sin())
        let (scaledCosines, scaledSines) = factor == 1 ? (cosines, sines) : (try cosines * factor, try sines * factor)
        (cos, sin) = (try scaledCosines.cast(to: dtype), try scaledSines.cast(to: dtype))
    }

    /// The largest position plus 1, `[1, 1, 1]`.
    private static func length(_ positions: Value) throws(GraphError) -> Value {
        try positions.max(keepDimensions: true) + 1
    }

    /// Queries or keys `[batch, heads, tokens, headDimension]`, rotated.
    func turned(_ value: Value) throws(GraphError) -> Value {
        try value.graph.apply("rotary_embedding", inputs: ["input": value, "cos": cos, "sin": sin])[0]
    }
}
