import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Host memory next to pages that can't be accessed, so that the processor itself stops a kernel that reads or writes
/// outside of its buffers, or uses memory that was freed. For tests of backends in a process of their own.
package enum GuardedPages {
    /// Where new memory lies.
    package enum Placement: Sendable {
        /// As the allocator gives it.
        case anywhere
        /// Its last 64 bytes end at a protected page.
        case beforeProtected
        /// It begins after a protected page.
        case afterProtected
    }

    /// The placement of memory that the current task or thread allocates.
    @TaskLocal package static var placement = Placement.anywhere
    /// The mappings by the address given out; empty in ordinary processes.
    private static let mappings = Mutex<[UInt: Mapping]>([:])
    private static let mappingCount = Atomic(0)

    private struct Mapping {
        var start: UInt
        var length: Int
    }

    /// Memory beside protected pages; nil for lack of memory.
    static func allocate(byteCount: Int, _ placement: Placement) -> UnsafeMutableRawPointer? {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let content = max(64, (byteCount + 63) & ~63)
        let inner = (content + page - 1) / page * page
        let length = inner + 2 * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let start = unsafe mmap(nil, length, PROT_NONE, flags, -1, 0), unsafe start != MAP_FAILED else {
            return nil
        }
        guard unsafe mprotect(start + page, inner, PROT_READ | PROT_WRITE) == 0 else {
            unsafe munmap(start, length)
            return nil
        }
        let offset = placement == .beforeProtected ? page + inner - content : page
        let address = unsafe start + offset
        let mapping = Mapping(start: UInt(bitPattern: start), length: length)
        mappings.withLock { $0[UInt(bitPattern: address)] = mapping }
        mappingCount.add(1, ordering: .relaxed)
        return unsafe address
    }

    /// Unmaps memory of ``allocate(byteCount:_:)``.
    ///
    /// - Returns: False for other memory.
    static func release(_ address: UnsafeMutableRawPointer?) -> Bool {
        guard mappingCount.load(ordering: .relaxed) > 0, let address = unsafe address else { return false }
        let mapping = mappings.withLock { $0.removeValue(forKey: UInt(bitPattern: address)) }
        guard let mapping else { return false }
        mappingCount.subtract(1, ordering: .relaxed)
        unsafe munmap(UnsafeMutableRawPointer(bitPattern: mapping.start), mapping.length)
        return true
    }
}
