import CSIMDSupport
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fixed set of threads for fork-join work, safe to use from many tasks at once.
///
/// One caller at a time gets the workers; a caller that finds them taken (another task's, or its own outer call) runs its
/// chunks alone, on its own thread. So nobody waits for the pool, nested calls cannot deadlock, and what a body is given depends
/// only on `count` and `grain`, never on who runs it.
package final class ThreadPool: Sendable {
    /// Threads that take part in a call, the caller included.
    package let threadCount: Int

    private let shared = Shared()
    private let workers: [Worker]

    /// A pool of `threadCount` threads, of which `threadCount − 1` are started now. Where the system refuses some, there are fewer.
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
    /// `body` runs on several threads at once, and what it captures must bear that: it typically writes through pointers to
    /// places that no two chunks share. It is not `@Sendable`, as pointers are not.
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

/// What one call runs.
struct Job {
    var chunks: Int
    var count: Int
    var grain: Int
    var body: (Range<Int>) -> Void

    func run(_ chunk: Int) { body(Job.range(chunk, grain: grain, count: count)) }

    /// What a chunk is of `0..<count`. Its end is not `(chunk + 1) * grain` cut to the count: that may be beyond all integers.
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
