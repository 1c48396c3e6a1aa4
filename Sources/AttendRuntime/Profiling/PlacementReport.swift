import AttendBackend
public import AttendGraph

/// The placement of each kernel of a plan, with copied bytes and measured times.
public struct PlacementReport: Sendable, Hashable {
    /// One kernel of the plan.
    public struct Row: Sendable, Hashable {
        /// The kernel's placement.
        public var placement: Plan.Placement
        /// Bytes copied from another backend; 0 unless it is such a copy.
        public var copiedByteCount: Int
        /// Measured seconds, the mean over the profile's runs; nil without a profile.
        public var seconds: Double?
    }

    /// All kernels in execution order.
    public let rows: [Row]

    /// Creates a report. O(steps + events).
    ///
    /// - Parameter profile: A profile of complete runs of this plan; nil for a report without times.
    public init(_ plan: Plan, profile: RunProfile? = nil) {
        let placements = plan.placements
        var (seconds, counts) = (Array(repeating: 0.0, count: placements.count), 0)
        if let events = profile?.events, !placements.isEmpty {
            for (index, event) in events.enumerated() { seconds[index % placements.count] += event.seconds }
            counts = events.count / placements.count
        }
        rows = placements.enumerated().map { index, placement in
            Row(
                placement: placement, copiedByteCount: placement.source == nil ? 0 : Int(placement.cost.bytes),
                seconds: counts > 0 ? seconds[index] / Double(counts) : nil)
        }
    }

    /// An array with one object per kernel.
    public var json: JSONValue {
        .array(
            rows.map { row in
                let placement = row.placement
                var members: [JSONValue.Member] = [
                    .init("node", .string(placement.node)), .init("operation", .string(placement.operation)),
                    .init("backend", .string(placement.backend)), .init("kernel", .string(placement.kernel)),
                    .init("reason", placement.reason.map { .string($0) } ?? .null)
                ]
                if let source = placement.source {
                    members += [.init("source", .string(source)), .init("bytes", .integer(row.copiedByteCount))]
                }
                if let seconds = row.seconds { members.append(.init("seconds", .number(seconds))) }
                return .object(members)
            })
    }
}
