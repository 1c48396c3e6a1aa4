public import AttendBackend
public import AttendGraph
import Synchronization

/// Where the time of runs goes, kernel by kernel.
///
/// Every kernel is waited for before the next one starts, so that its time is its own: on a device with a queue a profiled run
/// takes longer than others.
///
/// ```swift
/// let profile = RunProfile()
/// session.observer = profile
/// _ = try session.run(inputs)
/// for row in profile.operations { print(row.operation, row.seconds) }
/// ```
public final class RunProfile: RunObserver {
    /// One kernel, once.
    public struct Event: Sendable, Hashable {
        public var placement: Plan.Placement
        /// Since the profile's first kernel, in seconds.
        public var start: Double
        public var seconds: Double
    }

    /// All kernels of one operation.
    public struct OperationRow: Sendable, Hashable {
        public var operation: String
        public var backend: String
        public var count: Int
        public var seconds: Double
        public var flops: Double
        public var bytes: Double

        /// Floating-point operations a second.
        public var flopsPerSecond: Double { seconds > 0 ? flops / seconds : 0 }
        public var bytesPerSecond: Double { seconds > 0 ? bytes / seconds : 0 }
    }

    public private(set) var events: [Event] = []
    private let clock = ContinuousClock()
    private var origin: ContinuousClock.Instant?
    private var started: ContinuousClock.Instant?

    public init() {}

    public func willRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        let now = clock.now
        origin = origin ?? now
        started = now
    }

    public func didRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        guard let started, let origin else { return }
        events.append(
            Event(
                placement: step.placement, start: (started - origin).inSeconds,
                seconds: (clock.now - started).inSeconds))
    }

    /// Forgets what was seen, such as a first run that also packed weights.
    public func reset() { (events, origin, started) = ([], nil, nil) }

    public var seconds: Double { events.reduce(0) { $0 + $1.seconds } }

    /// By operation and backend, what took longest first. O(events).
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

    /// The events as a trace in the format of Chrome's tracing ("Trace Event Format", complete events), which Perfetto opens:
    /// times in microseconds, one row for each backend.
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
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
