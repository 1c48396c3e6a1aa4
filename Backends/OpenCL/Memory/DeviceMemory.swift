import AttendBackend
import Synchronization

/// A device's memory: large driver buffers (slabs) cut into aligned slices, so that a graph of a thousand values does
/// not need a thousand driver buffers. Requests larger than a quarter of a slab get a driver buffer of their own.
package final class DeviceMemory: Sendable {
    private let context: OpenCLContext
    private let slabs = Mutex<[(memory: OpenCLObject, slab: Slab)]>([])
    package static let slabByteCount = 16 << 20

    init(_ context: OpenCLContext) { self.context = context }

    func take(_ byteCount: Int) throws(BackendError) -> OpenCLBuffer {
        guard byteCount >= 0, byteCount <= Int.max - 4096, byteCount <= max(context.device.globalMemory, 1) else {
            throw .outOfMemory(backend: OpenCL.name, byteCount: byteCount)
        }
        let alignment = context.device.alignment
        let size = (max(byteCount, 1) + alignment - 1) / alignment * alignment
        guard size <= DeviceMemory.slabByteCount / 4 else {
            return OpenCLBuffer(try allocate(size), offset: 0, byteCount: byteCount, size: size, memory: nil)
        }
        let place = try slabs.withLock { slabs throws(BackendError) in
            for index in slabs.indices {
                if let offset = slabs[index].slab.take(size) { return (slabs[index].memory, offset) }
            }
            var slab = Slab(byteCount: DeviceMemory.slabByteCount)
            let memory = try allocate(DeviceMemory.slabByteCount)
            let offset = slab.take(size)
            slabs.append((memory, slab))
            guard let offset else { preconditionFailure("a new slab must have room for a quarter of its size") }
            return (memory, offset)
        }
        return OpenCLBuffer(place.0, offset: place.1, byteCount: byteCount, size: size, memory: self)
    }

    /// Frees a slice. Empty slabs are released, all but one.
    func giveBack(_ buffer: OpenCLBuffer) {
        slabs.withLock { slabs in
            guard let index = slabs.firstIndex(where: { $0.memory === buffer.object }) else { return }
            slabs[index].slab.giveBack(buffer.offset..<buffer.offset + buffer.size)
            if slabs[index].slab.isUnused, slabs.count > 1 { slabs.remove(at: index) }
        }
    }

    private func allocate(_ byteCount: Int) throws(BackendError) -> OpenCLObject {
        var status: Int32 = 0
        let functions = context.library.functions
        guard let handle = functions.createBuffer(context.handle, CL.readWrite, byteCount, nil, &status), status == 0
        else { throw OpenCLError("clCreateBuffer", status).backendError("allocate memory", byteCount: byteCount) }
        return OpenCLObject(handle, .buffer, functions.releaseMemObject, context.ledger)
    }
}

/// A slice of a driver buffer.
package final class OpenCLBuffer: DeviceBuffer {
    let object: OpenCLObject
    /// Offset in the driver buffer, in bytes.
    package let offset: Int
    package let byteCount: Int
    /// Reserved bytes, a multiple of the alignment.
    package let size: Int
    private let memory: DeviceMemory?

    init(_ object: OpenCLObject, offset: Int, byteCount: Int, size: Int, memory: DeviceMemory?) {
        self.object = object
        self.offset = offset
        self.byteCount = byteCount
        self.size = size
        self.memory = memory
    }

    deinit { memory?.giveBack(self) }
}

extension BufferSlice {
    /// The driver buffer, and the slice's byte offset in it.
    func openCL() throws(BackendError) -> (object: OpenCLObject, offset: Int) {
        guard let buffer = buffer as? OpenCLBuffer else {
            throw .failed(
                backend: OpenCL.name, action: "use a buffer",
                reason: "it belongs to another backend: \(type(of: buffer))")
        }
        return (buffer.object, buffer.offset + byteOffset)
    }
}
