package import AttendBackend

/// A stream without a queue: all work is synchronous.
package final class HostStream: ComputeStream {
    package func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let address = destination.address
        tensor.withBytes { bytes in
            bytes.withUnsafeBytes { source in
                if source.count > 0 { address.copyMemory(from: source.baseAddress!, byteCount: source.count) }
            }
        }
    }

    package func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        guard var tensor = try? Tensor(zeros: shape, dtype: dtype) else {
            preconditionFailure("a planned value has a shape: \(shape)")
        }
        let address = UnsafeRawPointer(source.address)
        tensor.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: $0.count))
            }
        }
        return tensor
    }

    package func synchronize() throws(BackendError) {}
}
