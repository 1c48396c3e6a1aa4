package import AttendRuntime

/// Affine quantization of a matrix in groups: q = min(max(round((w − offset) / scale), 0), n) with n = 2^bits − 1, by the
/// scale and offset of the least squared error among candidates.
///
/// The first candidate is that of `mlx.core.quantize`, which holds 0 and the end e of a group's range with the larger
/// magnitude exactly:
///
///     scale₀ = max((max w − min w) / n, 10⁻⁷), negative if e is the maximum
///     z = round(e / scale₀),  scale = e / z (scale₀ if z = 0),  offset = e (0 if z = 0)
///
/// Others span shares of the range, some numbers beyond it, and are improved by linear regression of w on q, as in
/// k-quants of ggml. Scales and offsets are rounded to their dtype before q is chosen.
package struct MatrixQuantizer {
    package let form: QuantizedForm
    /// The dtype of scales and offsets.
    package let dtype: DType
    /// Whether to try further candidates than the first.
    package let searches: Bool

    /// Shares of a group's range that candidates span.
    private static let shares: [Float] = [1, 0.94, 0.88, 0.8]

    package init(form: QuantizedForm, dtype: DType, searches: Bool = true) {
        (self.form, self.dtype, self.searches) = (form, dtype, searches)
    }

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

    /// A group's form of numbers.
    private struct Line {
        var scale: Float
        var offset: Float

        func integer(of number: Float, _ highest: Float) -> Float {
            guard scale != 0 else { return 0 }
            return min(max(((number - offset) / scale).rounded(.toNearestOrEven), 0), highest)
        }

        func number(of integer: Float) -> Float { offset.addingProduct(scale, integer) }
    }

    private var highest: Float { Float(1 << form.bits - 1) }

    /// - Parameter matrix: Finite numbers `[rows, width]`, in whole groups.
    /// - Throws: ``TensorError`` for a scale or offset beyond the range of the dtype.
    package func quantized(_ matrix: Tensor) throws(TensorError) -> Result {
        let values = try matrix.floats()
        let (rows, width) = (matrix.shape[0], matrix.shape[1])
        let groups = rows * width / form.group
        var (scales, offsets) = ([Float](repeating: 0, count: groups), [Float](repeating: 0, count: groups))
        for group in 0..<groups {
            let line = line(of: values[group * form.group..<(group + 1) * form.group])
            (scales[group], offsets[group]) = (line.scale, line.offset)
        }
        let shape = [rows, width / form.group]
        let held = (
            scales: try Tensor(scales, shape: shape).rounded(to: dtype),
            offsets: try Tensor(offsets, shape: shape).rounded(to: dtype)
        )
        (scales, offsets) = (try held.scales.floats(), try held.offsets.floats())
        let (perWord, highest) = (32 / form.bits, highest)
        var words = [UInt32](repeating: 0, count: rows * width / perWord)
        var (worst, total) = (0.0, 0.0)
        for index in values.indices {
            let line = Line(scale: scales[index / form.group], offset: offsets[index / form.group])
            let integer = line.integer(of: values[index], highest)
            words[index / perWord] |= UInt32(integer) << UInt32(index % perWord * form.bits)
            let error = Double((values[index] - line.number(of: integer)).magnitude)
            worst = max(worst, error)
            total += error
        }
        return Result(
            words: try Tensor(words.map { Int32(bitPattern: $0) }, shape: [rows, form.words(width)]),
            scales: held.scales, offsets: held.offsets, worst: worst, total: total)
    }

    private func line(of part: ArraySlice<Float>) -> Line {
        let (low, high) = (part.min() ?? 0, part.max() ?? 0)
        let first = edged(low, high)
        guard searches, high > low else { return first }
        var (best, least) = (first, error(of: first, part))
        func consider(_ line: Line) {
            let error = error(of: line, part)
            if error < least { (best, least) = (line, error) }
        }
        for share in MatrixQuantizer.shares {
            let (range, middle) = ((high - low) * share, low + (high - low) / 2)
            var line = Line(scale: range / highest, offset: middle - range / 2)
            guard line.scale.isNormal else { continue }
            for _ in 0..<3 {
                consider(line)
                guard let better = regression(of: line, part) else { break }
                line = better
            }
            consider(line)
        }
        return best
    }

    /// The line of `mlx.core.quantize`.
    private func edged(_ low: Float, _ high: Float) -> Line {
        let isLow = low.magnitude > high.magnitude
        let end = isLow ? low : high
        let step = max((high - low) / highest, 1e-7)
        let first = isLow ? step : -step
        let zero = (end / first).rounded(.toNearestOrEven)
        return zero == 0 ? Line(scale: first, offset: 0) : Line(scale: end / zero, offset: end)
    }

    private func error(of line: Line, _ part: ArraySlice<Float>) -> Float {
        var sum: Float = 0
        for number in part {
            let error = number - line.number(of: line.integer(of: number, highest))
            sum += error * error
        }
        return sum
    }

    /// The line of the least squared error for the integers of another one; nil if they are all the same.
    private func regression(of line: Line, _ part: ArraySlice<Float>) -> Line? {
        let count = Double(part.count)
        var (sum, squares, numbers, products) = (0.0, 0.0, 0.0, 0.0)
        for number in part {
            let integer = Double(line.integer(of: number, highest))
            sum += integer
            squares += integer * integer
            numbers += Double(number)
            products += integer * Double(number)
        }
        let spread = count * squares - sum * sum
        guard spread > 0 else { return nil }
        let scale = (count * products - sum * numbers) / spread
        let result = Line(scale: Float(scale), offset: Float((numbers - scale * sum) / count))
        return result.scale.isNormal && result.offset.isFinite ? result : nil
    }
}
