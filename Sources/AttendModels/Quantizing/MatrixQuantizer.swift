package import AttendRuntime
private import Dispatch
private import Synchronization

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

    /// - Parameters:
    ///   - matrix: Finite numbers `[rows, width]`, in whole groups.
    ///   - feedback: The cost of errors in the projection's output; nil for errors of the numbers alone.
    /// - Throws: ``TensorError`` for a scale or offset beyond the range of the dtype.
    /// - Complexity: O(elements), times the width with the feedback of a whole matrix of moments.
    package func quantized(_ matrix: Tensor, feedback: ErrorFeedback? = nil) throws(TensorError) -> Result {
        let values = try matrix.floats()
        let (rows, width) = (matrix.shape[0], matrix.shape[1])
        let starts = Array(stride(from: 0, to: rows, by: MatrixQuantizer.blockRows))
        let blocks = Mutex([Parts](repeating: Parts(), count: starts.count))
        DispatchQueue.concurrentPerform(iterations: starts.count) { index in
            let end = min(starts[index] + MatrixQuantizer.blockRows, rows)
            let block = self.parts(starts[index]..<end, of: values, width, feedback)
            blocks.withLock { $0[index] = block }
        }
        let parts = blocks.withLock { blocks in
            blocks.reduce(into: Parts()) { all, block in
                all.integers += block.integers
                all.scales += block.scales
                all.offsets += block.offsets
            }
        }
        let shape = [rows, width / form.group]
        // Throws for numbers that the dtype can't hold: all others are rounded already.
        let held = (
            scales: try Tensor(parts.scales, shape: shape).rounded(to: dtype),
            offsets: try Tensor(parts.offsets, shape: shape).rounded(to: dtype)
        )
        let perWord = 32 / form.bits
        var words = [UInt32](repeating: 0, count: rows * width / perWord)
        var (worst, total) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            let group = index / form.group
            let line = Line(scale: parts.scales[group], offset: parts.offsets[group])
            words[index / perWord] |= UInt32(parts.integers[index]) << UInt32(index % perWord * form.bits)
            let error = Double((value - line.number(of: Float(parts.integers[index]))).magnitude)
            worst = max(worst, error)
            total += error
        }
        return Result(
            words: try Tensor(words.map { Int32(bitPattern: $0) }, shape: [rows, form.words(width)]),
            scales: held.scales, offsets: held.offsets, worst: worst, total: total)
    }

    /// Rows that use a row of feedback while it is in the cache.
    private static let blockRows = 16

    /// The integers and lines of some rows.
    private struct Parts: Sendable {
        var integers: [UInt8] = []
        var scales: [Float] = []
        var offsets: [Float] = []
    }

    /// Quantizes some rows, group by group and column by column: the error of each column moves the targets of later ones.
    private func parts(
        _ rows: Range<Int>, of values: [Float], _ width: Int, _ feedback: ErrorFeedback?
    ) -> Parts {
        let values = Array(values[rows.lowerBound * width..<rows.upperBound * width])
        var targets = values
        let groups = width / form.group
        let none = [Float](repeating: 0, count: rows.count * groups)
        var parts = Parts(integers: [UInt8](repeating: 0, count: values.count), scales: none, offsets: none)
        var lines = [Line](repeating: Line(scale: 0, offset: 0), count: rows.count)
        let shares = feedback?.shares ?? []
        for group in 0..<groups {
            let columns = group * form.group..<(group + 1) * form.group
            let costs = feedback.map { Array($0.costs[columns]) }
            for row in 0..<rows.count {
                let part = targets[row * width + columns.lowerBound..<row * width + columns.upperBound]
                lines[row] = rounded(line(of: Array(part), costs: costs))
                parts.scales[row * groups + group] = lines[row].scale
                parts.offsets[row * groups + group] = lines[row].offset
            }
            for column in columns {
                for row in 0..<rows.count {
                    let place = row * width + column
                    let integer = lines[row].integer(of: targets[place], highest)
                    parts.integers[place] = UInt8(integer)
                    guard !shares.isEmpty else { continue }
                    let error = values[place] - lines[row].number(of: integer)
                    Accumulation.add(
                        error, shares, from: column * width + column + 1, to: &targets,
                        at: place + 1..<(row + 1) * width)
                }
            }
        }
        return parts
    }

    /// The line as the dtype holds it.
    private func rounded(_ line: Line) -> Line {
        guard dtype != .float32 else { return line }
        return Line(
            scale: NarrowFloat.nearest(Double(line.scale), dtype),
            offset: NarrowFloat.nearest(Double(line.offset), dtype))
    }

    private func line(of part: [Float], costs: [Float]?) -> Line {
        let (low, high) = (part.min() ?? 0, part.max() ?? 0)
        let first = edged(low, high)
        guard searches, high > low else { return first }
        var (best, least) = (first, error(of: first, part, costs))
        func consider(_ line: Line) {
            let error = error(of: line, part, costs)
            if error < least { (best, least) = (line, error) }
        }
        for share in MatrixQuantizer.shares {
            let (range, middle) = ((high - low) * share, low + (high - low) / 2)
            var line = Line(scale: range / highest, offset: middle - range / 2)
            guard line.scale.isNormal else { continue }
            for _ in 0..<3 {
                consider(line)
                guard let better = regression(of: line, part, costs) else { break }
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

    private func error(of line: Line, _ part: [Float], _ costs: [Float]?) -> Float {
        var sum: Float = 0
        for (column, number) in part.enumerated() {
            let error = number - line.number(of: line.integer(of: number, highest))
            sum += error * error * (costs?[column] ?? 1)
        }
        return sum
    }

    /// The line of the least squared error for the integers of another one; nil if they are all the same.
    private func regression(of line: Line, _ part: [Float], _ costs: [Float]?) -> Line? {
        var (count, sum, squares, numbers, products) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (column, number) in part.enumerated() {
            let cost = Double(costs?[column] ?? 1)
            let integer = Double(line.integer(of: number, highest))
            count += cost
            sum += cost * integer
            squares += cost * integer * integer
            numbers += cost * Double(number)
            products += cost * integer * Double(number)
        }
        let spread = count * squares - sum * sum
        guard spread > 0 else { return nil }
        let scale = (count * products - sum * numbers) / spread
        let result = Line(scale: Float(scale), offset: Float((numbers - scale * sum) / count))
        return result.scale.isNormal && result.offset.isFinite ? result : nil
    }
}
