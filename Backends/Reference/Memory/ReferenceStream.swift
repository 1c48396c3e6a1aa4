import AttendBackend

/// A stream without a queue: all work is synchronous.
final class ReferenceStream<Scalar: ReferenceScalar>: ComputeStream {
    let backend: String

    init(backend: String) { self.backend = backend }

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let buffer = try destination.reference(Scalar.self, backend: backend)
        try buffer.write(Elements(tensor), at: destination.byteOffset, dtype: tensor.dtype)
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let buffer = try source.reference(Scalar.self, backend: backend)
        do {
            let count = try Tensor.elementCount(of: shape)
            let elements = try buffer.read(at: source.byteOffset, dtype: dtype, count: count)
            return try Tensor(storage: elements.storage(dtype), shape: shape)
        } catch let error as TensorError {
            throw .failed(backend: backend, action: "copy a value out", reason: error.description)
        } catch let error as BackendError {
            throw error
        } catch {
            throw .failed(backend: backend, action: "copy a value out", reason: "\(error)")
        }
    }

    func synchronize() throws(BackendError) {}
}
