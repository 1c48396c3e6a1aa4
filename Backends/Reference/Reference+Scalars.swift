public import AttendBackend

/// Access to values as scalars, for analyses that read and write them during a run.
extension Reference {
    /// The elements of a floating-point value, with all that the scalar carries, such as a bound.
    ///
    /// - Throws: ``BackendError`` if there is no such value, or it holds integers or bools.
    public func scalars(at slice: BufferSlice, dtype: DType, count: Int) throws(BackendError) -> [Scalar] {
        let buffer = try slice.reference(Scalar.self, backend: device.backend)
        guard case .floating(let values) = try buffer.read(at: slice.byteOffset, dtype: dtype, count: count) else {
            throw .failed(backend: device.backend, action: "read scalars", reason: "the value holds no floats")
        }
        return values
    }

    /// Writes a floating-point value.
    ///
    /// - Throws: ``BackendError`` if the value reaches beyond the end of the buffer.
    public func write(_ scalars: [Scalar], at slice: BufferSlice, dtype: DType) throws(BackendError) {
        let buffer = try slice.reference(Scalar.self, backend: device.backend)
        try buffer.write(.floating(scalars), at: slice.byteOffset, dtype: dtype)
    }
}
