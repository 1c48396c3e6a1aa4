private import AttendBackend
import Synchronization

/// Where a device's time went, by kernel: from the events of every launch, not of the last one.
public final class OpenCLProfile: Sendable {
    /// All the launches of one kernel.
    public struct Entry: Sendable, Hashable {
        /// `operation/kernel`.
        public var name: String
        /// Launches.
        public var count: Int
        public var nanoseconds: UInt64
    }

    private struct State {
        var pending: [(event: OpenCLObject, name: String)] = []
        var entries: [String: Entry] = [:]
    }

    private let state = Mutex(State())

    /// The kernels so far, the longest first.
    public var entries: [Entry] {
        state.withLock { $0.entries.values.sorted { ($0.nanoseconds, $1.name) > ($1.nanoseconds, $0.name) } }
    }

    func add(_ event: OpenCLObject, _ name: String) { state.withLock { $0.pending.append((event, name)) } }

    /// Reads the times of launches that are done; their events are given back.
    func collect(_ engine: OpenCLEngine) {
        let functions = engine.context.library.functions
        state.withLock { state in
            var waiting: [(event: OpenCLObject, name: String)] = []
            for (event, name) in state.pending {
                var (start, end): (UInt64, UInt64) = (0, 0)
                guard functions.getEventProfilingInfo(event.handle, CL.commandStart, 8, &start, nil) == 0,
                    functions.getEventProfilingInfo(event.handle, CL.commandEnd, 8, &end, nil) == 0
                else {
                    // Another session's, still at work.
                    waiting.append((event, name))
                    continue
                }
                state.entries[name, default: Entry(name: name, count: 0, nanoseconds: 0)].count += 1
                state.entries[name]?.nanoseconds += end &- start
            }
            state.pending = waiting
        }
    }
}
