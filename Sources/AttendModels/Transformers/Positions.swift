package import AttendRuntime
import Foundation

/// Sinusoidal positions (Vaswani et al. 2017), with sines in one half and cosines in the other as in Whisper (Radford
/// et al. 2022): sin(p / 10000^(i / (width / 2 − 1))).
enum SinusoidalPositions {
    /// The table, float32 `[count, width]`.
    static func table(count: Size, width: Int, in builder: GraphBuilder) throws(GraphError) -> Value {
        let half = width / 2
        let step = -log(10_000) / Double(max(half - 1, 1))
        let waves = try (builder.iota([1, Size(half)], axis: 1, dtype: .float32) * step).exp()
        let angles = try builder.iota([count, 1], axis: 0, dtype: .float32) * waves
        return try builder.concatenate([angles.sin(), angles.cos()], axis: 1)
    }

    /// The table `[rows, width]` of Vaswani et al. 2017, with its sines in one half and its cosines in the other as in
    /// Marian: sin(p / 10000^(2i / width)).
    static func table(rows: Int, width: Int, dtype: DType, in builder: GraphBuilder) throws -> Value {
        let sines = width - width / 2
        let numbers = (0..<rows).flatMap { row in
            (0..<width).map { column in
                let pair = column < sines ? column : column - sines
                let angle = Double(row) / pow(10_000, Double(2 * pair) / Double(width))
                return Float(column < sines ? sin(angle) : cos(angle))
            }
        }
        return try builder.constant(Tensor(numbers, shape: [rows, width]).rounded(to: dtype))
    }
}

/// Learned positions (Devlin et al. 2019; Liu et al. 2019).
enum LearnedPositions {
    /// The positions of tokens, int64 `[batch, tokens]`: `padding` for tokens of that id, and `padding` + 1, + 2, … for
    /// the others, as in RoBERTa.
    static func skipping(_ padding: Int, in ids: Value) throws(GraphError) -> Value {
        let builder = ids.graph
        let tokens = ids.shape[1]
        let real = try ids.equal(builder.scalar(Double(padding), dtype: .int64)).not().cast(to: .float32)
        let rows = try builder.iota([tokens, 1], axis: 0, dtype: .float32)
        let upTo = try rows.lessEqual(builder.iota([1, tokens], axis: 1, dtype: .float32)).cast(to: .float32)
        return try (real.matmul(upTo) * real + Double(padding)).cast(to: .int64)
    }
}

/// T5's relative positions (Raffel et al. 2020, section 2.1): a bias on each score by the distance from query to key,
/// in buckets that are exact for near keys and logarithmic up to a largest distance.
package enum RelativePositions {
    /// The bias of the scores.
    ///
    /// - Parameters:
    ///   - table: `[buckets, heads]`.
    ///   - maximumDistance: The distance from which on all keys share the last bucket.
    ///   - step: The step over a cache whose tokens are the queries; nil for `tokens` queries and keys.
    /// - Returns: `[1, heads, tokens, tokens]`, of a step `[batch, heads, tokens, capacity]`.
    package static func bias(table: Value, tokens: Size, isCausal: Bool, maximumDistance: Int = 128) throws -> Value {
        try bias(table: table, tokens: tokens, isCausal: isCausal, maximumDistance: maximumDistance, step: nil)
    }

    static func bias(
        table: Value, tokens: Size, isCausal: Bool, maximumDistance: Int, step: Transformer.Step?
    ) throws -> Value {
        let builder = table.graph
        guard let count = table.shape[0].constant else { preconditionFailure("weights have numbers for sizes") }
        let numbers = (-maximumDistance...maximumDistance).map {
            Int64(bucket(of: $0, count: count, isCausal: isCausal, maximumDistance: maximumDistance))
        }
        let rows = try table.embedding(builder.constant(Tensor(numbers, shape: [numbers.count])))
        let farthest = Double(maximumDistance)
        if let step {
            let keys = try builder.iota([1, 1, step.capacity], axis: 2, dtype: .float32)
            let queries = try step.positions.cast(to: .float32).reshaped(["batch", tokens, 1])
            let distance = try keys - queries
            let index = try distance.maximum(builder.scalar(-farthest)).minimum(builder.scalar(farthest)) + farthest
            return try rows.embedding(index.cast(to: .int64)).transposed([0, 3, 1, 2])
        }
        let distance =
            try builder.iota([1, tokens], axis: 1, dtype: .float32)
            - builder.iota([tokens, 1], axis: 0, dtype: .float32)
        let index = try distance.maximum(builder.scalar(-farthest)).minimum(builder.scalar(farthest)) + farthest
        return try rows.embedding(index.cast(to: .int64)).transposed([2, 0, 1])
            .reshaped([1, table.shape[1], tokens, tokens])
    }

    /// The bucket of a distance from query to key, with transformers' own roundings to float32.
    private static func bucket(of distance: Int, count: Int, isCausal: Bool, maximumDistance: Int) -> Int {
        // With both directions visible, each has half of the buckets.
        let half = isCausal ? count : count / 2
        let first = !isCausal && distance > 0 ? half : 0
        let far = isCausal ? max(-distance, 0) : abs(distance)
        let exact = half / 2
        if far < exact { return first + far }
        let growth = Float(log(Double(maximumDistance) / Double(exact)))
        let logarithmic = log(Float(far) / Float(exact)) / growth * Float(half - exact)
        return first + min(exact + Int(logarithmic), half - 1)
    }
}
