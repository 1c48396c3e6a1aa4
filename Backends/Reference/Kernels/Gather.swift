import AttendBackend

/// `gather` and its transpose, `scatter_add`. The axis is replaced by the axes of `indices`:
///
///     gather       output[outer…, i…, inner…] = input[outer…, indices[i…], inner…]
///     scatter_add  output = input, then output[outer…, indices[i…], inner…] += updates[outer…, i…, inner…]
///
/// Negative indices count from the end; one outside of the axis is an error.
extension Evaluation {
    func gather() throws(BackendError) -> Elements<Scalar> { inputs[0].taking(try indexedOffsets()) }

    /// Updates of the same element are added in row-major order; integers wrap.
    func scatterAdd() throws(BackendError) -> Elements<Scalar> {
        let offsets = try indexedOffsets()
        if dtype.isFloatingPoint {
            var sums = try floats(0).map { Scalar.Sum($0) }
            for (offset, update) in zip(offsets, try floats(2)) { sums[offset].add(update) }
            return .floating(sums.map(\.value))
        }
        var sums = try integers(0)
        for (offset, update) in zip(offsets, try integers(2)) { sums[offset] &+= update }
        return Elements(wrapping: sums, dtype: dtype)
    }

    /// The input offset of each element of the gathered value.
    private func indexedOffsets() throws(BackendError) -> [Int] {
        let (input, axis) = (shape(ofInput: 0), axis())
        let size = input[axis]
        let outer = input[..<axis].reduce(1, *)
        let inner = input[(axis + 1)...].reduce(1, *)
        var rows: [Int] = []
        for index in try integers(1) { rows.append(try resolved(index, size: size)) }

        var offsets: [Int] = []
        offsets.reserveCapacity(outer * rows.count * inner)
        for block in 0..<outer {
            for row in rows {
                let start = (block * size + row) * inner
                offsets.append(contentsOf: start..<start + inner)
            }
        }
        return offsets
    }
}
