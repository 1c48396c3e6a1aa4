import AttendBackend
import Synchronization

/// Memory for the intermediate values of one run, kept for the next one: fresh pages cost more than a conversion.
final class ScratchPool: Sendable {
    /// The most that is kept, in bytes; a larger request gets memory of its own.
    private static let keptByteCount = 1 << 26

    private let kept = Mutex<[HostMemory]>([])

    /// Calls `body` with uninitialized memory, 64-byte aligned.
    ///
    /// - Throws: ``AttendBackend/BackendError/outOfMemory(backend:byteCount:)``; errors of `body`.
    func withMemory(
        byteCount: Int, backend: String, _ body: (UnsafeMutableRawPointer) throws(BackendError) -> Void
    ) throws(BackendError) {
        let found = kept.withLock { kept -> HostMemory? in
            kept.firstIndex { $0.byteCount >= byteCount }.map { kept.remove(at: $0) }
        }
        let memory: HostMemory
        if let found {
            memory = found
        } else {
            guard byteCount < 1 << 24 || HostMachine.hasRoom(for: byteCount) else {
                throw .outOfMemory(backend: backend, byteCount: byteCount)
            }
            memory = try HostMemory(byteCount: byteCount, backend: backend)
        }
        defer { keep(memory) }
        try body(memory.address)
    }

    /// Keeps the memory, and frees the largest until the limit holds.
    private func keep(_ memory: HostMemory) {
        kept.withLock { kept in
            kept.append(memory)
            kept.sort { $0.byteCount < $1.byteCount }
            var total = kept.reduce(0) { $0 + $1.byteCount }
            while total > ScratchPool.keptByteCount, let largest = kept.popLast() { total -= largest.byteCount }
        }
    }
}
