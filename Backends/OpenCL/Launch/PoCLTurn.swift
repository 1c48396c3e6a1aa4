import Synchronization

/// Serializes the kernels of PoCL's queues in this process: one queue runs at a time.
///
/// PoCL before 7.0 counts the users of its loaded kernels wrongly (`lib/CL/devices/common.c`). It holds one entry for each program,
/// kernel and group size, and another for each launch of it that is wider than all before; a launch takes the first entry that is
/// wide enough, and gives back the first entry of its program and group size, whichever that is by then. An entry that was put in
/// front meanwhile loses a user that it never had: PoCL fails its assertion `found->ref_count > 0`, or unloads code that runs. Two
/// calls put an entry in front:
///
/// - a launch that is wider than all before, prepared while another queue's launch of the kernel is at work. One queue alone can't
///   meet it: its next launch is prepared when the one before has given its entry back, which is before its event completes;
/// - `clGetProgramInfo` for a program's binaries, which compiles every kernel for any group size, and enters it with no user at all.
///
/// So queues take turns, the binaries of a program that has kernels are never read (``ProgramStore``), and a launch gives back the
/// entry that it took. Queues that share a processor lose little by it. PoCL 7.0 and other drivers need no turns. See
/// ``PoCL/miscountsKernels``.
final class PoCLTurn: Sendable {
    static let shared = PoCLTurn()

    private struct Owner {
        var queue: OpenCLObject
        var finish: OpenCLFunctions.Release
    }

    private let owner = Mutex<Owner?>(nil)

    /// Enqueues a kernel once the work of other queues is finished.
    func enqueue(_ queue: OpenCLObject, _ functions: OpenCLFunctions, _ body: () -> Int32) -> Int32 {
        owner.withLock { owner in
            if let other = owner, other.queue !== queue {
                // Its own stream reports a failure when it waits.
                _ = other.finish(other.queue.handle)
            }
            owner = Owner(queue: queue, finish: functions.finish)
            return body()
        }
    }

    /// Forgets a queue that is finished and about to be released.
    func leave(_ queue: OpenCLObject) {
        owner.withLock { owner in
            if owner?.queue === queue { owner = nil }
        }
    }
}
