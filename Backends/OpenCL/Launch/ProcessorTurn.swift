import Synchronization

/// Whose kernels a processor is at work on: one queue's at a time in this process.
///
/// PoCL's cache of loaded kernels (3.1 to 5.0 at least) counts the users of a kernel by its program and group size, though it holds
/// one for each width of grids: two queues that run one kernel in two sizes at once undercount, which ends in a failed assertion
/// or in a call of code that was unloaded. Queues on one processor gain nothing from each other anyway. Devices of other types do
/// not take turns.
final class ProcessorTurn: Sendable {
    static let shared = ProcessorTurn()

    private struct Owner {
        var queue: OpenCLObject
        var finish: OpenCLFunctions.Release
    }

    private let owner = Mutex<Owner?>(nil)

    /// Enqueues a kernel, after what other queues have at work is done.
    func enqueue(_ queue: OpenCLObject, _ functions: OpenCLFunctions, _ body: () -> Int32) -> Int32 {
        owner.withLock { owner in
            if let other = owner, other.queue !== queue {
                // Its own stream hears of a failure when it waits itself.
                _ = other.finish(other.queue.handle)
            }
            owner = Owner(queue: queue, finish: functions.finish)
            return body()
        }
    }

    /// A queue that is done and goes.
    func leave(_ queue: OpenCLObject) {
        owner.withLock { owner in
            if owner?.queue === queue { owner = nil }
        }
    }
}
