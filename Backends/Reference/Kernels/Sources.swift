import AttendBackend

/// `iota` and `random`: values without input elements.
extension Evaluation {
    /// 0, 1, 2, … along `axis`, constant along all other axes. int32 wraps, floats are rounded.
    func iota() -> Elements<Scalar> {
        let axis = attributes.integer("axis")
        var strides = shape.map { _ in 0 }
        strides[axis < 0 ? axis + shape.count : axis] = 1
        let counted = Layout(shape: shape, strides: strides).offsets.map { Int64($0) }
        switch dtype {
        case .float32: return .floating(counted.map { Scalar($0) })
        case .float16, .bfloat16: return .floating(counted.map { Scalar(NarrowFloat.nearest($0, dtype)) })
        case .int32, .int64, .bool: return Elements(wrapping: counted, dtype: dtype)
        }
    }

    /// Uniform in [0, 1), bitwise equal on all backends; see ``AttendGraph/Philox``.
    func random() throws(BackendError) -> Elements<Scalar> {
        let (counter, seed) = (try integers(0)[0], attributes.integer("seed"))
        let count = shape.reduce(1, *)
        var values: [Scalar] = []
        values.reserveCapacity(count + 3)
        for block in 0..<(count + 3) / 4 {
            let four = Philox.uniforms(block, counter: counter, seed: seed)
            for lane in 0..<4 { values.append(Scalar(four[lane])) }
        }
        return .floating(Array(values.prefix(count)))
    }
}
