package import AttendBackend

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Host memory, aligned to a cache line.
///
/// `@unchecked Sendable`: the bytes are accessed only by kernels and copies on streams, and a buffer shared by several
/// streams (a weight) is written before it is shared and only read from then on.
package final class HostBuffer: DeviceBuffer, @unchecked Sendable {
    package let byteCount: Int
    package let address: UnsafeMutableRawPointer

    package init(byteCount: Int, backend: String) throws(BackendError) {
        // Implausible sizes are rejected here: the allocator could abort the process.
        guard byteCount >= 0, byteCount < 1 << 46,
            let memory = unsafe aligned_alloc(64, max(64, (byteCount + 63) & ~63))
        else { throw .outOfMemory(backend: backend, byteCount: byteCount) }
        self.byteCount = byteCount
        address = unsafe memory
    }

    deinit { unsafe free(address) }
}
