/// `y = f(x)` over one contiguous row of `n` elements; `y` may be `x`.
package typealias RowKernel =
    @Sendable @convention(c) (
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) -> Void

/// A number computed from one contiguous row of `n` elements.
package typealias ReductionKernel = @Sendable @convention(c) (_ x: UnsafePointer<Float>, _ n: Int) -> Float

/// Normalizes one row of `n` elements. `scale` and `bias`, if not nil, have `n` elements. `y` may be `x`.
package typealias LayerNormKernel =
    @Sendable @convention(c) (
        _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ n: Int, _ epsilon: Float
    ) -> Void

/// Normalizes one row of `n` elements. `scale`, if not nil, has `n` elements. `y` may be `x`.
package typealias RMSNormKernel =
    @Sendable @convention(c) (
        _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ n: Int, _ epsilon: Float
    ) -> Void

/// Converts one query's raw products `scores[keys]` to its attention pattern, in place; returns log Σ exp.
///
/// A key is visible when its byte in `visible` is not 0 (nil: all are) and its `bias` (nil: 0) is not −∞. `score =
/// softCap · tanh(scale · score / softCap) + bias`, without the cap if `softCap` is 0.
package typealias AttentionRowKernel =
    @Sendable @convention(c) (
        _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?,
        _ bias: UnsafePointer<Float>?, _ scale: Float, _ softCap: Float
    ) -> Float

/// Operations on one contiguous row. Sums run over several vector accumulators, which are added pairwise.
package struct RowKernels: Sendable {
    /// exp(x − max) / Σ; NaN if any element is NaN or +∞, or all are −∞, as in the formula.
    package var softmax: RowKernel
    /// x − max − log Σ exp(x − max).
    package var logSoftmax: RowKernel
    /// (x − mean) / √(variance + epsilon) · scale + bias, the variance from a second pass.
    package var layerNorm: LayerNormKernel
    /// x / √(mean of squares + epsilon) · scale.
    package var rmsNorm: RMSNormKernel
    /// The sum; 0 for an empty row.
    package var sum: ReductionKernel
    /// The maximum; NaN if any element is, −∞ for an empty row.
    package var maximum: ReductionKernel
    /// Hidden keys get exactly 0 whatever their score; a row without a visible key gives zeros and −∞. If the maximum
    /// of the visible scores is not finite, every visible key gets NaN.
    package var attentionRow: AttentionRowKernel

    package init(
        softmax: @escaping RowKernel,
        logSoftmax: @escaping RowKernel,
        layerNorm: @escaping LayerNormKernel,
        rmsNorm: @escaping RMSNormKernel,
        sum: @escaping ReductionKernel,
        maximum: @escaping ReductionKernel,
        attentionRow: @escaping AttentionRowKernel
    ) {
        self.softmax = softmax
        self.logSoftmax = logSoftmax
        self.layerNorm = layerNorm
        self.rmsNorm = rmsNorm
        self.sum = sum
        self.maximum = maximum
        self.attentionRow = attentionRow
    }
}
