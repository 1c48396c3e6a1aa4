internal import AttendBackend
internal import CAttendBackend

/// A plug-in's buffer, or host memory if the plug-in has no memory functions.
///
/// `@unchecked Sendable`: the bytes are accessed only by copies and kernels on streams, and a buffer shared by streams
/// (a weight) is written before it is shared.
final class PluginBuffer: DeviceBuffer, @unchecked Sendable {
    let byteCount: Int
    let handle: OpaquePointer
    let core: PluginCore

    init(byteCount: Int, _ core: PluginCore) throws(BackendError) {
        // Implausible sizes are rejected here, so that plug-ins need not check.
        guard byteCount >= 0, byteCount < 1 << 46 else { throw .outOfMemory(backend: core.name, byteCount: byteCount) }
        if let create = core.functions.buffer_create {
            var made: OpaquePointer?
            if let fault = PluginFault(taking: create(core.handle, byteCount, &made)) {
                throw fault.backendError(core.name, "create a buffer of \(byteCount) bytes", byteCount: byteCount)
            }
            guard let made else { throw core.failure("create a buffer", "it returned neither a buffer nor an error") }
            handle = made
        } else {
            guard let memory = HostMemory.allocate(byteCount: byteCount) else {
                throw .outOfMemory(backend: core.name, byteCount: byteCount)
            }
            handle = OpaquePointer(memory)
        }
        self.byteCount = byteCount
        self.core = core
    }

    /// Takes ownership of a plug-in's buffer.
    init(_ handle: OpaquePointer, byteCount: Int, _ core: PluginCore) {
        self.byteCount = byteCount
        self.handle = handle
        self.core = core
    }

    deinit {
        if let release = core.functions.buffer_free { release(core.handle, handle) } else { HostMemory.release(memory) }
    }

    /// The address, if the memory is the host's.
    var memory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }
}

extension BufferSlice {
    /// The slice for a plug-in's functions.
    ///
    /// - Throws: ``BackendError`` for a buffer of another backend.
    func plugin(_ core: PluginCore) throws(BackendError) -> attend_slice {
        guard let buffer = buffer as? PluginBuffer, buffer.core === core else {
            throw core.failure("use a buffer", "it belongs to another backend (\(type(of: buffer)))")
        }
        return attend_slice(buffer: buffer.handle, byte_offset: byteOffset)
    }
}
