/// One step of the online softmax (Milakov and Gimelshein, 2018) for a tile of queries, one per lane, over a block of
/// keys.
///
/// `scores[keys][lanes]` become exp(score − maximum), with `lanes` = `ProductKernels.panelColumns`; 0 at hidden keys.
/// `state` is the maximum and the sum of each lane, `[2][lanes]`, and `output[values][lanes]` is rescaled to the new
/// maximum. Before the first block the maximum is −∞, sum and output are 0.
///
/// Key j is visible to lane w if `first[w] ≤ j < last[w]` (`limits[2][lanes]`; nil: all are) and its `bias[keys][lanes]`
/// (nil: 0) is not −∞. `score = softCap · tanh(score / softCap) + bias`, without the cap if `softCap` is 0.
package typealias AttentionSoftmaxKernel =
    @Sendable @convention(c) (
        _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ limits: UnsafePointer<Int32>?,
        _ bias: UnsafePointer<Float>?, _ softCap: Float,
        _ state: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ values: Int
    ) -> Void

/// Divides `output[values][lanes]` by the sums of `state[2][lanes]`, 0 where a lane saw no key, and writes log Σ exp to
/// `logSums[lanes]`.
package typealias AttentionFinishKernel =
    @Sendable @convention(c) (
        _ state: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ values: Int,
        _ logSums: UnsafeMutablePointer<Float>
    ) -> Void

/// `scores[i · scoreStride + j] = query[i] · key[j]` for few queries: `query[queries][d]` is contiguous, components of a
/// key as well, and keys are `keyStride` apart.
package typealias DecodeScoresKernel =
    @Sendable @convention(c) (
        _ queries: Int, _ keys: Int, _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
        _ keyStride: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int
    ) -> Void

/// The scores of one query over a part of the keys, in place: exp(score − maximum), 0 at hidden keys. Writes the maximum
/// and the sum to `state`. Visibility, bias and cap as of ``AttentionRowKernel``, without a scale.
package typealias DecodeRowKernel =
    @Sendable @convention(c) (
        _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?,
        _ bias: UnsafePointer<Float>?, _ softCap: Float, _ state: UnsafeMutablePointer<Float>
    ) -> Void

/// `output[i · outputStride + c] = Σ pattern[i · patternStride + j] · value[j][c]`, or `+=` if `accumulate`: components of a
/// value are contiguous, and values `valueStride` apart.
package typealias DecodeValuesKernel =
    @Sendable @convention(c) (
        _ queries: Int, _ keys: Int, _ d: Int, _ pattern: UnsafePointer<Float>, _ patternStride: Int,
        _ value: UnsafePointer<Float>, _ valueStride: Int, _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
        _ accumulate: Bool
    ) -> Void

/// The parts of attention that are not matrix products.
package struct AttentionKernels: Sendable {
    package var softmax: AttentionSoftmaxKernel
    package var finish: AttentionFinishKernel
    package var scores: DecodeScoresKernel
    package var row: DecodeRowKernel
    package var values: DecodeValuesKernel

    package init(
        softmax: @escaping AttentionSoftmaxKernel,
        finish: @escaping AttentionFinishKernel,
        scores: @escaping DecodeScoresKernel,
        row: @escaping DecodeRowKernel,
        values: @escaping DecodeValuesKernel
    ) {
        self.softmax = softmax
        self.finish = finish
        self.scores = scores
        self.row = row
        self.values = values
    }
}
