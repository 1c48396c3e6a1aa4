#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Host memory aligned to a cache line, for backends that compute on the processor.
///
/// `@unchecked Sendable`: the bytes are accessed only by copies and kernels on streams, and memory shared by streams (a
/// weight) is written before it is shared and only read from then on.
@safe public final class HostMemory: DeviceBuffer, @unchecked Sendable {
    /// Requested size in bytes.
    public let byteCount: Int
    /// Start of the memory, 64-byte aligned; valid while this object is alive.
    public let address: UnsafeMutableRawPointer

    /// Allocates uninitialized memory.
    ///
    /// - Parameter backend: The backend's name, for the error.
    /// - Throws: ``BackendError/outOfMemory(backend:byteCount:)``.
    public init(byteCount: Int, backend: String) throws(BackendError) {
        guard let memory = unsafe HostMemory.allocate(byteCount: byteCount) else {
            throw .outOfMemory(backend: backend, byteCount: byteCount)
        }
        self.byteCount = byteCount
        unsafe address = memory
    }

    deinit { unsafe HostMemory.release(address) }

    /// Allocates uninitialized memory of at least one cache line, to be freed by ``release(_:)``.
    ///
    /// - Parameter alignment: A power of two up to 2 MiB; at least 64 is used.
    /// - Returns: Nil for lack of memory, for another alignment, and for an implausible size, since the allocator could
    ///   abort the process.
    package static func allocate(byteCount: Int, alignment: Int = 64) -> UnsafeMutableRawPointer? {
        guard byteCount >= 0, byteCount < 1 << 46, alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 21
        else { return nil }
        let placement = GuardedPages.placement
        if placement != .anywhere, alignment <= 64 {
            return unsafe GuardedPages.allocate(byteCount: byteCount, placement)
        }
        let alignment = max(alignment, 64)
        return unsafe aligned_alloc(alignment, max(alignment, (byteCount + alignment - 1) & ~(alignment - 1)))
    }

    /// Frees memory of ``allocate(byteCount:alignment:)``.
    package static func release(_ memory: UnsafeMutableRawPointer?) {
        guard unsafe !GuardedPages.release(memory) else { return }
        unsafe free(memory)
    }
}
