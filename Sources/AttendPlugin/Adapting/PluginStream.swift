internal import AttendBackend
internal import CAttendBackend

/// A plug-in's queue, or none if its work is synchronous.
final class PluginStream: ComputeStream {
    let core: PluginCore
    let handle: OpaquePointer?
    /// Live instances on the stream by the plug-in's handle, for errors that are reported late.
    private var instances: [OpaquePointer: (operation: String, object: ObjectIdentifier)] = [:]

    init(_ core: PluginCore) throws(BackendError) {
        var made: OpaquePointer?
        if let create = core.functions.stream_create,
            let fault = PluginFault(taking: create(core.handle, &made))
        {
            throw fault.backendError(core.name, "create a stream")
        }
        self.core = core
        handle = made
    }

    deinit { core.functions.stream_free?(core.handle, handle) }

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let slice = try checked(destination, tensor.elementCount, tensor.dtype, "copy a value in")
        let fault: PluginFault? = tensor.withBytes { bytes in
            bytes.withUnsafeBytes { source in
                guard let start = source.baseAddress, source.count > 0 else { return nil }
                if let copy = core.functions.copy_in {
                    guard !LentMemory.overwrites else {
                        let lent = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
                        defer { lent.deallocate() }
                        lent.copyMemory(from: source)
                        defer { lent.overwrite() }
                        return PluginFault(
                            taking: copy(
                                core.handle, handle, slice, UnsafeRawPointer(lent.baseAddress),
                                tensor.dtype.code, tensor.elementCount))
                    }
                    return PluginFault(
                        taking: copy(core.handle, handle, slice, start, tensor.dtype.code, tensor.elementCount))
                }
                UnsafeMutableRawPointer(slice.buffer).advanced(by: slice.byte_offset)
                    .copyMemory(from: start, byteCount: source.count)
                return nil
            }
        }
        if let fault { throw error(fault, "copy a value in") }
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        var tensor: Tensor
        do {
            tensor = try Tensor(zeros: shape, dtype: dtype)
        } catch {
            throw core.failure("copy a value out", error.description)
        }
        let (slice, count) = (try checked(source, tensor.elementCount, dtype, "copy a value out"), tensor.elementCount)
        let fault: PluginFault? = tensor.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes { target in
                guard let start = target.baseAddress, target.count > 0 else { return nil }
                if let copy = core.functions.copy_out {
                    return PluginFault(taking: copy(core.handle, handle, start, slice, dtype.code, count))
                }
                start.copyMemory(
                    from: UnsafeRawPointer(slice.buffer).advanced(by: slice.byte_offset), byteCount: target.count)
                return nil
            }
        }
        if let fault { throw error(fault, "copy a value out") }
        return dtype == .bool ? try checked(tensor) : tensor
    }

    func synchronize() throws(BackendError) {
        guard let synchronize = core.functions.synchronize else { return }
        if let fault = PluginFault(taking: synchronize(core.handle, handle)) { throw error(fault, "wait for its work") }
    }

    private func error(_ fault: PluginFault, _ action: String) -> BackendError {
        fault.backendError(core.name, action) { instances[$0] }
    }

    /// The slice, checked to have room for the value.
    private func checked(
        _ slice: BufferSlice, _ count: Int, _ dtype: DType, _ action: String
    ) throws(BackendError) -> attend_slice {
        let (end, size) = (slice.buffer.byteCount, count * core.elementSize(of: dtype))
        guard slice.byteOffset >= 0, slice.byteOffset <= end, size <= end - slice.byteOffset else {
            throw core.failure(
                action, "\(size) bytes at byte \(slice.byteOffset) exceed the buffer's \(end) bytes")
        }
        return try slice.plugin(core)
    }

    /// Checks that all bools are 0 or 1; another byte is the plug-in's fault.
    private func checked(_ tensor: Tensor) throws(BackendError) -> Tensor {
        guard case .bool(let bytes) = tensor.storage, bytes.contains(where: { $0 > 1 }) else { return tensor }
        throw core.failure("copy a value out", "expected 0 or 1 for a bool, found \(bytes.first { $0 > 1 } ?? 0)")
    }

    // MARK: Instances

    func register(_ handle: OpaquePointer, _ operation: String, _ object: ObjectIdentifier) {
        instances[handle] = (operation, object)
    }

    func forget(_ handle: OpaquePointer) { instances[handle] = nil }
}
