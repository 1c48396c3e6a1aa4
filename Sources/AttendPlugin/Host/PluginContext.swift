private import Foundation
internal import SIMDThreads
private import Synchronization

/// For whom a service is: the name that its log lines bear, and the threads of its loops.
final class PluginContext: Sendable {
    let name: String
    let threadCount: Int
    private let made = Mutex<ThreadPool?>(nil)

    init(name: String, threads: Int?) {
        self.name = name
        threadCount = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Started at the first loop: many plug-ins have none.
    var pool: ThreadPool {
        made.withLock { made in
            if let pool = made { return pool }
            let pool = ThreadPool(threadCount: threadCount)
            made = pool
            return pool
        }
    }
}
