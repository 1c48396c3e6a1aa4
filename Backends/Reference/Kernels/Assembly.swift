import AttendBackend

/// `pad`, `concatenate`, `update_slice`: inputs are copied into a box of the output.
extension Evaluation {
    /// Fills with `value`, converted to the dtype like a constant.
    func pad() -> Elements<Scalar> {
        var output = Elements<Scalar>(
            repeating: attributes.number("value"), count: shape.reduce(1, *), dtype: dtype)
        output.replace(box(from: attributes.concreteSizes("before"), sizes: shape(ofInput: 0)), with: inputs[0])
        return output
    }

    func concatenate() -> Elements<Scalar> {
        Elements(joining: inputs, blocks: shape[..<axis()].reduce(1, *), dtype: dtype)
    }

    /// The input with `update` written over it from index `start`, one for each index of axis 0 if there are several. A
    /// negative start counts from the end; the whole update must be inside.
    func updateSlice() throws(BackendError) -> Elements<Scalar> {
        let axis = axis()
        let (size, length) = (shape[axis], shape(ofInput: 1)[axis])
        var places: [Int] = []
        let isSingle = shape(ofInput: 2).isEmpty
        for (row, given) in try integers(2).enumerated() {
            let start = given < 0 ? given + Int64(size) : given
            guard start >= 0, start <= size - length else { throw outOfRange(given, size: size) }
            var (corner, sizes) = (shape.map { _ in 0 }, shape(ofInput: 1))
            corner[axis] = Int(start)
            if !isSingle { (corner[0], sizes[0]) = (row, 1) }
            places += box(from: corner, sizes: sizes)
        }
        var output = inputs[0]
        output.replace(places, with: inputs[1])
        return output
    }

    /// Memory offsets of the elements of a box in the output.
    private func box(from corner: [Int], sizes: [Int]) -> [Int] {
        let output = Layout(dense: shape)
        let offset = zip(corner, output.strides).reduce(0) { $0 + $1.0 * $1.1 }
        return Layout(shape: sizes, strides: output.strides, offset: offset).offsets
    }
}
