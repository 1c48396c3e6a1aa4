import AttendBackend

/// `matmul`: over the last two axes `[..., M, K] × [..., K, N] → [..., M, N]`, where
///
///     output[m, n] = Σₖ lhs[m, k] · rhs[k, n]
///
/// The axes before them broadcast. A transposed operand is stored with its last two axes
/// swapped. Sums run in the scalar, over k from 0 up; the sum of no products is 0.
extension Evaluation {
    func matmul() throws(BackendError) -> Elements<Scalar> {
        let lhs = operand(0, transposed: attributes.bool("transpose_lhs"))
        let rhs = operand(1, transposed: attributes.bool("transpose_rhs"))
        let (lhsValues, rhsValues) = (try floats(lhs.elements), try floats(rhs.elements))
        let (rows, inner, columns) = (lhs.rows, lhs.columns, rhs.columns)

        let batch = Array(shape.dropLast(2))
        let starts = zip(lhs.batches.broadcast(to: batch).offsets, rhs.batches.broadcast(to: batch).offsets)
        var output: [Scalar] = []
        output.reserveCapacity(shape.reduce(1, *))
        for (lhsStart, rhsStart) in starts {
            Self.multiply(
                lhsValues[lhsStart..<lhsStart + rows * inner], rhsValues[rhsStart..<rhsStart + inner * columns],
                rows, inner, columns, into: &output)
        }
        return .floating(output)
    }

    /// Appends `lhs · rhs`, row by row. The sums of a row are accumulated side by side, so that memory is read in
    /// order; each still adds its terms in the order of k.
    private static func multiply(
        _ lhs: ArraySlice<Scalar>, _ rhs: ArraySlice<Scalar>, _ rows: Int, _ inner: Int, _ columns: Int,
        into output: inout [Scalar]
    ) {
        let (lhs, rhs) = (lhs.span, rhs.span)
        for m in 0..<rows {
            var sums = Array(repeating: Scalar.Sum(Scalar(0 as Float)), count: columns)
            var row = sums.mutableSpan
            for k in 0..<inner {
                let factor = lhs[m * inner + k]
                let factors = rhs.extracting(k * columns..<(k + 1) * columns)
                for n in row.indices { row[n].add(product: factor, factors[n]) }
            }
            for n in row.indices { output.append(row[n].value) }
        }
    }

    /// An operand with its last two axes as rows and columns.
    private struct Matrices {
        var elements: Elements<Scalar>
        /// Offset of each matrix.
        var batches: Layout
        var rows: Int
        var columns: Int
    }

    private func operand(_ index: Int, transposed: Bool) -> Matrices {
        var layout = Layout(dense: shape(ofInput: index))
        let rank = layout.shape.count
        if transposed { layout = layout.transposed(Array(0..<rank - 2) + [rank - 1, rank - 2]) }
        let dense = Layout(dense: layout.shape)
        return Matrices(
            elements: inputs[index].read(through: layout),
            batches: Layout(shape: Array(dense.shape.dropLast(2)), strides: Array(dense.strides.dropLast(2))),
            rows: dense.shape[rank - 2], columns: dense.shape[rank - 1])
    }
}
