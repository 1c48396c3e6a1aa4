import AttendRuntime
import Synchronization

/// The backends of a run with other numbers of threads, each made at its first case.
final class ThreadVariants: Sendable {
    private let made = Mutex<[Key: any ComputeBackend]>([:])

    private struct Key: Hashable {
        let backend: Int
        let threads: Int
    }

    /// - Throws: The error of `make`.
    func backend(
        _ index: Int, threads: Int, make: (_ backend: Int, _ threads: Int) throws -> any ComputeBackend
    ) throws -> any ComputeBackend {
        let key = Key(backend: index, threads: threads)
        if let known = made.withLock({ $0[key] }) { return known }
        let backend = try make(index, threads)
        made.withLock { $0[key] = backend }
        return backend
    }
}
