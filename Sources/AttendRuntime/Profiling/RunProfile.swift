public import AttendBackend
public import AttendGraph
import Synchronization

/// Run times by kernel.
///
/// Waits for each kernel before the next one starts, so that its time is its own: on a device with a queue, profiled
/// runs take longer.
///
/// ```swift
/// let profile = RunProfile()
/// session.observer = profile
/// _ = try session.run(inputs)
/// for row in profile.operations { print(row.operation, row.seconds) }
/// ```
public final class RunProfile: RunObserver {
    /// One run of one kernel.
    public struct Event: Sendable, Hashable {
        /// The kernel's placement in its plan.
        public var placement: Plan.Placement
        /// Start in seconds since the profile's first kernel.
        public var start: Double
        /// Duration in seconds.
        public var seconds: Double
    }

    /// Totals of all kernels of one operation on one backend.
    public struct OperationRow: Sendable, Hashable {
        /// The operation with its version.
        public var operation: String
        /// The backend's name.
        public var backend: String
        /// Number of kernel runs.
        public var count: Int
        /// Total duration in seconds.
        public var seconds: Double
        /// Total floating-point operations, as estimated by the kernels.
        public var flops: Double
        /// Total bytes moved, as estimated by the kernels.
        public var bytes: Double

        /// Floating-point operations per second; 0 without any time.
        public var flopsPerSecond: Double { seconds > 0 ? flops / seconds : 0 }
        /// Bytes per second; 0 without any time.
        public var bytesPerSecond: Double { seconds > 0 ? bytes / seconds : 0 }
    }

    /// All recorded kernel runs in order.
    public private(set) var events: [Event] = []
    private let clock = ContinuousClock()
    private var origin: ContinuousClock.Instant?
    private var started: ContinuousClock.Instant?

    /// Creates an empty profile.
    public init() {}

    /// Waits for earlier work and starts the clock.
    public func willRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        let now = clock.now
        origin = origin ?? now
        started = now
    }

    /// Waits for the kernel and records its time.
    public func didRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        guard let started, let origin else { return }
        events.append(
            Event(
                placement: step.placement, start: (started - origin).inSeconds,
                seconds: (clock.now - started).inSeconds))
    }

    /// Discards all events, such as those of a first run that also packed weights.
    public func reset() { (events, origin, started) = ([], nil, nil) }

    /// Total duration of all events in seconds. O(events).
    public var seconds: Double { events.reduce(0) { $0 + $1.seconds } }

    /// Totals by operation and backend, in descending order of time. O(events + rows · log rows).
    public var operations: [OperationRow] {
        var rows: [[String]: OperationRow] = [:]
        for event in events {
            let placement = event.placement
            var row =
                rows[[placement.operation, placement.backend]]
                ?? OperationRow(
                    operation: placement.operation, backend: placement.backend, count: 0, seconds: 0, flops: 0, bytes: 0
                )
            row.count += 1
            row.seconds += event.seconds
            row.flops += placement.cost.flops
            row.bytes += placement.cost.bytes
            rows[[placement.operation, placement.backend]] = row
        }
        return rows.values.sorted { ($1.seconds, $0.operation) < ($0.seconds, $1.operation) }
    }

    /// The events in Chrome's Trace Event Format (complete events), which Perfetto opens: times in microseconds, one
    /// row per backend.
    public var chromeTrace: JSONValue {
        let backends = Array(Set(events.map(\.placement.backend))).sorted()
        var members: [JSONValue] = backends.enumerated().map { index, backend in
            .object([
                .init("name", .string("thread_name")), .init("ph", .string("M")), .init("pid", .integer(1)),
                .init("tid", .integer(index + 1)), .init("args", .object([.init("name", .string(backend))]))
            ])
        }
        for event in events {
            let placement = event.placement
            let row = (backends.firstIndex(of: placement.backend) ?? 0) + 1
            var arguments: [JSONValue.Member] = [
                .init("kernel", .string(placement.kernel)), .init("flops", .number(placement.cost.flops)),
                .init("bytes", .number(placement.cost.bytes))
            ]
            if let reason = placement.reason { arguments.append(.init("reason", .string(reason))) }
            members.append(
                .object([
                    .init("name", .string(placement.node)), .init("cat", .string(placement.operation)),
                    .init("ph", .string("X")), .init("ts", .number(event.start * 1e6)),
                    .init("dur", .number(event.seconds * 1e6)), .init("pid", .integer(1)), .init("tid", .integer(row)),
                    .init("args", .object(arguments))
                ]))
        }
        return .object([.init("displayTimeUnit", .string("ms")), .init("traceEvents", .array(members))])
    }
}

extension Duration {
    /// The duration in seconds.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
