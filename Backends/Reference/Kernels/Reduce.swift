import AttendBackend

/// `reduce_sum`, `reduce_max`, `arg_max`: the reduced axes are moved to the end, so that each element of the output
/// comes from one row.
extension Evaluation {
    /// Terms are added in row-major order; an empty sum is 0. Integers wrap.
    func reduceSum() throws(BackendError) -> Elements<Scalar> {
        let rows = self.rows(reducing: reducedAxes())
        if dtype.isFloatingPoint {
            return .floating(
                rows.map(try floats(rows.elements)) { row in
                    var sum = Scalar.Sum(Scalar(0 as Float))
                    for term in row { sum.add(term) }
                    return sum.value
                })
        }
        let sums = rows.map(try integers(rows.elements)) { $0.reduce(0, &+) }
        return Elements(wrapping: sums, dtype: dtype)
    }

    /// NaN if any element is. The maximum of no elements is −∞, or the lowest integer.
    func reduceMax() throws(BackendError) -> Elements<Scalar> {
        let rows = self.rows(reducing: reducedAxes())
        if dtype.isFloatingPoint {
            return .floating(
                rows.map(try floats(rows.elements)) { $0.reduce(-Scalar.infinity) { Scalar.larger($0, $1) } })
        }
        let lowest = dtype == .int32 ? Int64(Int32.min) : .min
        return Elements(wrapping: rows.map(try integers(rows.elements)) { $0.reduce(lowest, Swift.max) }, dtype: dtype)
    }

    /// The index of the largest element, the first of equal ones. NaN counts as larger than every number.
    func argMax() throws(BackendError) -> Elements<Scalar> {
        let rows = self.rows(reducing: [axis()])
        if kernel.inputs[0].dtype.isFloatingPoint {
            return .int64(
                rows.map(try floats(rows.elements)) { row in
                    Self.first(in: row) { largest, next in !largest.isNaN && (next.isNaN || largest < next) }
                })
        }
        return .int64(rows.map(try integers(rows.elements)) { Self.first(in: $0, ofLargest: <) })
    }

    private static func first<Element>(
        in row: ArraySlice<Element>, ofLargest isLess: (Element, Element) -> Bool
    ) -> Int64 {
        var best = row.startIndex
        for index in row.indices where isLess(row[best], row[index]) { best = index }
        return Int64(best - row.startIndex)
    }

    /// Rows of equal length, one after another.
    private struct Rows {
        var elements: Elements<Scalar>
        var count: Int
        var length: Int

        @inline(__always)
        func map<Element, Result>(_ values: [Element], _ reduce: (ArraySlice<Element>) -> Result) -> [Result] {
            (0..<count).map { reduce(values[$0 * length..<($0 + 1) * length]) }
        }
    }

    /// All axes if none are given.
    private func reducedAxes() -> [Int] {
        let rank = shape(ofInput: 0).count
        return attributes.optionalIntegers("axes")?.map { $0 < 0 ? $0 + rank : $0 } ?? Array(0..<rank)
    }

    private func rows(reducing axes: [Int]) -> Rows {
        let layout = Layout(dense: shape(ofInput: 0))
        let all = layout.shape.indices
        let (kept, reduced) = (all.filter { !axes.contains($0) }, all.filter { axes.contains($0) })
        return Rows(
            elements: inputs[0].read(through: layout.transposed(kept + reduced)),
            count: kept.reduce(1) { $0 * layout.shape[$1] }, length: reduced.reduce(1) { $0 * layout.shape[$1] })
    }
}
