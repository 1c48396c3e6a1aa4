private import AttendBackend
import Synchronization

/// Device time by kernel, from the events of all launches.
public final class OpenCLProfile: Sendable {
    /// Totals of all launches of one kernel.
    public struct Entry: Sendable, Hashable {
        /// Operation and kernel, as `operation/kernel`.
        public var name: String
        /// Number of launches.
        public var count: Int
        /// Total device time in nanoseconds.
        public var nanoseconds: UInt64
    }

    private struct State {
        var pending: [(event: OpenCLObject, name: String)] = []
        var entries: [String: Entry] = [:]
    }

    private let state = Mutex(State())

    /// Totals in descending order of time, of all launches finished by the last synchronization. O(kernels · log
    /// kernels).
    public var entries: [Entry] {
        state.withLock { $0.entries.values.sorted { ($0.nanoseconds, $1.name) > ($1.nanoseconds, $0.name) } }
    }

    func add(_ event: OpenCLObject, _ name: String) { state.withLock { $0.pending.append((event, name)) } }

    /// Reads the times of finished launches and releases their events.
    func collect(_ engine: OpenCLEngine) {
        let functions = engine.context.library.functions
        state.withLock { state in
            var waiting: [(event: OpenCLObject, name: String)] = []
            for (event, name) in state.pending {
                var (start, end): (UInt64, UInt64) = (0, 0)
                guard functions.getEventProfilingInfo(event.handle, CL.commandStart, 8, &start, nil) == 0,
                    functions.getEventProfilingInfo(event.handle, CL.commandEnd, 8, &end, nil) == 0
                else {
                    // A launch of another session, still running.
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
