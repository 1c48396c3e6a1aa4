import Synchronization

/// Serializes the kernels of PoCL's queues in this process: one queue runs at a time.
///
/// PoCL before 7.0 counts references to its loaded kernels wrongly (`lib/CL/devices/common.c`). It keeps one entry for
/// each program, kernel and group size, and another for each launch of it that is wider than all before. A launch takes
/// the first entry that is wide enough, and releases the first entry of its program and group size, whichever that is
/// by then. An entry inserted at the front in between loses a reference that it never had: PoCL fails its assertion
/// `found->ref_count > 0`, or unloads code that is running. Two calls insert an entry at the front:
///
/// - a launch that is wider than all before, prepared while another queue's launch of the kernel is running. One queue
///   alone can't cause it: its next launch is prepared after the previous one has released its entry, which is before
///   its event completes;
/// - `clGetProgramInfo` for a program's binaries, which compiles every kernel for any group size, and inserts it
///   without a reference.
///
/// So queues take turns, the binaries of a program that has kernels are never read (``ProgramStore``), and a launch
/// releases the entry that it took. Queues that share a processor lose little by it. PoCL 7.0 and other drivers need no
/// turns. See ``PoCL/miscountsKernels``.
final class PoCLTurn: Sendable {
    static let shared = PoCLTurn()

    private struct Owner {
        var queue: OpenCLObject
        var finish: OpenCLFunctions.Release
    }

    private let owner = Mutex<Owner?>(nil)

    /// Enqueues a kernel after finishing the work of other queues.
    func enqueue(_ queue: OpenCLObject, _ functions: OpenCLFunctions, _ body: () -> Int32) -> Int32 {
        owner.withLock { owner in
            if let other = owner, other.queue !== queue {
                // A failure is reported by the other queue's own stream at its next wait.
                _ = other.finish(other.queue.handle)
            }
            owner = Owner(queue: queue, finish: functions.finish)
            return body()
        }
    }

    /// Forgets a finished queue that is about to be released.
    func leave(_ queue: OpenCLObject) {
        owner.withLock { owner in
            if owner?.queue === queue { owner = nil }
        }
    }
}
