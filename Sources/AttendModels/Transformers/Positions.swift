package import AttendRuntime
import Foundation

/// Sinusoidal positions (Vaswani et al. 2017), with sines in one half and cosines in the other as in Whisper (Radford
/// et al. 2022): sin(p / 10000^(i / (width / 2 − 1))).
enum SinusoidalPositions {
    /// The table `[count, width]`.
    static func table(count: Size, width: Int, in builder: GraphBuilder) throws(GraphError) -> Value {
        let half = width / 2
        let step = -log(10_000) / Double(max(half - 1, 1))
        let waves = try (builder.iota([1, Size(half)], axis: 1, dtype: .float32) * step).exp()
        let angles = try builder.iota([count, 1], axis: 0, dtype: .float32) * waves
        return try builder.concatenate([angles.sin(), angles.cos()], axis: 1)
    }
}

/// T5's relative positions (Raffel et al. 2020, section 2.1): a bias on each score by the distance from query to key,
/// in buckets that are exact for near keys and logarithmic up to a distance of 128.
package enum RelativePositions {
    private static let maximumDistance = 128.0

    /// The bias of the scores.
    ///
    /// - Parameter table: `[buckets, heads]`.
    /// - Returns: `[1, heads, tokens, tokens]`.
    package static func bias(table: Value, tokens: Size, isCausal: Bool) throws(GraphError) -> Value {
        let builder = table.graph
        guard let buckets = table.shape[0].constant else { preconditionFailure("weights have numbers for sizes") }
        let distance =
            try builder.iota([1, tokens], axis: 1, dtype: .float32)
            - builder.iota([tokens, 1], axis: 0, dtype: .float32)
        // With both directions visible, each has half of the buckets.
        let count = isCausal ? buckets : buckets / 2
        let zero = try builder.scalar(0)
        let far = try isCausal ? (-distance).maximum(zero) : distance.abs()
        let exact = Double(count / 2)
        let growth = Double(count - count / 2) / log(maximumDistance / exact)
        let logarithmic = try ((far.maximum(builder.scalar(exact)) / exact).log() * growth).floor() + exact
        var bucket = try far.less(builder.scalar(exact)).where(
            far, logarithmic.minimum(builder.scalar(Double(count - 1))))
        if !isCausal { bucket = try bucket + distance.greater(zero).cast(to: .float32) * Double(count) }
        let rows = try table.embedding(bucket.cast(to: .int64))
        return try rows.transposed([2, 0, 1]).reshaped([1, table.shape[1], tokens, tokens])
    }
}
