private import Foundation
internal import SIMDThreads
private import Synchronization

/// The client of host services: the name in its log lines, and the threads for its loops.
final class PluginContext: Sendable {
    let name: String
    let threadCount: Int
    private let made = Mutex<ThreadPool?>(nil)

    init(name: String, threads: Int?) {
        self.name = name
        threadCount = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Created at the first loop: many plug-ins have none.
    var pool: ThreadPool {
        made.withLock { made in
            if let pool = made { return pool }
            let pool = ThreadPool(threadCount: threadCount)
            made = pool
            return pool
        }
    }
}
