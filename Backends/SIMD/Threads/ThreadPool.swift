import CSIMDSupport
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fixed set of threads for fork-join work. Thread-safe.
///
/// One caller at a time gets the workers; a caller that finds them busy (with another task's call, or its own outer
/// one) runs its chunks alone, on its own thread. Hence no caller waits for the pool, nested calls cannot deadlock, and
/// the ranges passed to `body` depend only on `count` and `grain`, not on the thread.
package final class ThreadPool: Sendable {
    /// Number of threads in a call, the caller included.
    package let threadCount: Int

    private let shared = Shared()
    private let workers: [Worker]

    /// Creates a pool of `threadCount` threads, of which `threadCount − 1` are started now; fewer if the system refuses
    /// some.
    package init(threadCount: Int) {
        var workers: [Worker] = []
        for _ in 1..<max(1, threadCount) {
            guard let worker = Worker(shared) else { break }
            workers.append(worker)
        }
        self.workers = workers
        self.threadCount = workers.count + 1
    }

    deinit {
        shared.stop()
        for worker in workers { worker.join() }
    }

    /// Runs `body` on `0..<grain`, `grain..<2·grain`, … up to `count`, each once, and returns when all are done.
    ///
    /// `body` runs on several threads concurrently, and its captures must be safe for that: it typically writes through
    /// pointers to memory that no two chunks share. It is not `@Sendable`, because pointers are not.
    package func parallelFor(count: Int, grain: Int, body: (Range<Int>) -> Void) {
        guard count > 0 else { return }
        let grain = max(1, grain)
        let chunks = (count - 1) / grain + 1
        if chunks == 1 || workers.isEmpty || !shared.acquire() {
            for chunk in 0..<chunks { body(Job.range(chunk, grain: grain, count: count)) }
            return
        }
        defer { shared.release() }
        withoutActuallyEscaping(body) { body in
            shared.run(Job(chunks: chunks, count: count, grain: grain, body: body), helpers: workers.count)
        }
    }
}

/// The work of one call.
struct Job {
    var chunks: Int
    var count: Int
    var grain: Int
    var body: (Range<Int>) -> Void

    func run(_ chunk: Int) { body(Job.range(chunk, grain: grain, count: count)) }

    /// The range of a chunk in `0..<count`. Its end is not computed as `(chunk + 1) * grain` clamped to the count,
    /// which may overflow.
    static func range(_ chunk: Int, grain: Int, count: Int) -> Range<Int> {
        let start = chunk * grain
        return start..<(start + min(grain, count - start))
    }
}

/// One worker thread.
private struct Worker: Sendable {
    #if canImport(Darwin)
        private nonisolated(unsafe) let thread: pthread_t
    #else
        private let thread: pthread_t
    #endif

    init?(_ shared: Shared) {
        let argument = Unmanaged.passRetained(shared)
        #if canImport(Darwin)
            var handle: pthread_t?
            let status = pthread_create(
                &handle, nil,
                { argument in
                    Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue().work()
                    return nil
                }, argument.toOpaque())
            guard status == 0, let handle else {
                argument.release()
                return nil
            }
        #else
            var handle = pthread_t()
            let status = pthread_create(
                &handle, nil,
                { argument in
                    if let argument { Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue().work() }
                    return nil
                }, argument.toOpaque())
            guard status == 0 else {
                argument.release()
                return nil
            }
        #endif
        thread = handle
    }

    func join() { pthread_join(thread, nil) }
}
