import AttendBackend

/// `transpose`, `broadcast`, `slice`: the output's elements are the input's, read through another
/// layout. (`reshape` and `stop_gradient` are their input.)
extension Evaluation {
    /// Output axis i is input axis `permutation[i]`.
    func transpose() -> Elements<Scalar> {
        let layout = Layout(dense: shape(ofInput: 0))
        return inputs[0].read(through: layout.transposed(attributes.integers("permutation")))
    }

    /// An input broadcast to the output's shape: axes of size 1 repeat, missing ones are prepended.
    func broadcast(_ index: Int) -> Elements<Scalar> {
        inputs[index].read(through: Layout(dense: shape(ofInput: index)).broadcast(to: shape))
    }

    /// NumPy's slices: bounds outside of the input are clamped, steps may be negative.
    func slice() -> Elements<Scalar> {
        let ranges = SliceRange.ranges(of: shape(ofInput: 0), attributes: attributes)
        return inputs[0].read(through: Layout(dense: shape(ofInput: 0)).sliced(ranges))
    }
}
