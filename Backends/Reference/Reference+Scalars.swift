public import AttendBackend

/// Values as scalars: what an analysis reads off its own run, and hands on to the kernels.
extension Reference {
    /// The elements of a floating-point value, with whatever the scalar carries.
    ///
    /// - Throws: ``BackendError`` where no such value lies, or where it holds integers or bools.
    public func scalars(at slice: BufferSlice, dtype: DType, count: Int) throws(BackendError) -> [Scalar] {
        let buffer = try slice.reference(Scalar.self, backend: device.backend)
        guard case .floating(let values) = try buffer.read(at: slice.byteOffset, dtype: dtype, count: count) else {
            throw .failed(backend: device.backend, action: "read scalars", reason: "the value holds no floats")
        }
        return values
    }

    /// Writes a floating-point value.
    ///
    /// - Throws: ``BackendError`` where the buffer ends before the value does.
    public func write(_ scalars: [Scalar], at slice: BufferSlice, dtype: DType) throws(BackendError) {
        let buffer = try slice.reference(Scalar.self, backend: device.backend)
        try buffer.write(.floating(scalars), at: slice.byteOffset, dtype: dtype)
    }
}
