package import AttendRuntime

/// Affine quantization of a matrix in groups, as `mlx.core.quantize`: the end of a group's range with the larger magnitude
/// is held exactly, and so is 0.
///
/// Of a group with the numbers w, with n = 2^bits − 1 and the end e of larger magnitude,
///
///     scale₀ = max((max w − min w) / n, 10⁻⁷), negative if e is the maximum
///     z = round(e / scale₀),  scale = e / z (scale₀ if z = 0),  offset = e (0 if z = 0)
///     q = min(max(round((w − offset) / scale), 0), n)
///
/// Scale and offset are rounded to their dtype before q is chosen.
package struct MatrixQuantizer {
    package let form: QuantizedForm
    /// The dtype of scales and offsets.
    package let dtype: DType

    package init(form: QuantizedForm, dtype: DType) { (self.form, self.dtype) = (form, dtype) }

    /// A quantized matrix and its error.
    package struct Result {
        package var words: Tensor
        package var scales: Tensor
        package var offsets: Tensor
        /// The largest |w − (scale · q + offset)|.
        package var worst = 0.0
        /// Σ |w − (scale · q + offset)|.
        package var total = 0.0
    }

    /// - Parameter matrix: Finite numbers `[rows, width]`, in whole groups.
    /// - Throws: ``TensorError`` for a scale or offset beyond the range of the dtype.
    package func quantized(_ matrix: Tensor) throws(TensorError) -> Result {
        let values = try matrix.floats()
        let (rows, width) = (matrix.shape[0], matrix.shape[1])
        let groups = rows * width / form.group
        var (scales, offsets) = ([Float](repeating: 0, count: groups), [Float](repeating: 0, count: groups))
        for group in 0..<groups {
            let part = values[group * form.group..<(group + 1) * form.group]
            (scales[group], offsets[group]) = range(of: part)
        }
        let held = (
            scales: try Tensor(scales, shape: [rows, width / form.group]).rounded(to: dtype),
            offsets: try Tensor(offsets, shape: [rows, width / form.group]).rounded(to: dtype)
        )
        (scales, offsets) = (try held.scales.floats(), try held.offsets.floats())
        let (perWord, highest) = (32 / form.bits, Float(1 << form.bits - 1))
        var words = [UInt32](repeating: 0, count: rows * width / perWord)
        var (worst, total) = (0.0, 0.0)
        for index in values.indices {
            let (scale, offset) = (scales[index / form.group], offsets[index / form.group])
            let place = scale == 0 ? 0 : ((values[index] - offset) / scale).rounded(.toNearestOrEven)
            let integer = min(max(place, 0), highest)
            words[index / perWord] |= UInt32(integer) << UInt32(index % perWord * form.bits)
            let error = Double((values[index] - offset.addingProduct(scale, integer)).magnitude)
            worst = max(worst, error)
            total += error
        }
        return Result(
            words: try Tensor(words.map { Int32(bitPattern: $0) }, shape: [rows, form.words(width)]),
            scales: held.scales, offsets: held.offsets, worst: worst, total: total)
    }

    private func range(of part: ArraySlice<Float>) -> (scale: Float, offset: Float) {
        let (low, high) = (part.min() ?? 0, part.max() ?? 0)
        let isLow = low.magnitude > high.magnitude
        let end = isLow ? low : high
        let step = max((high - low) / Float(1 << form.bits - 1), 1e-7)
        let first = isLow ? step : -step
        let zero = (end / first).rounded(.toNearestOrEven)
        return zero == 0 ? (first, 0) : (end / zero, end)
    }
}
