import AttendBackend
public import AttendGraph

/// Where each part of a plan runs, why, what it copies, and how long it took.
public struct PlacementReport: Sendable, Hashable {
    public struct Row: Sendable, Hashable {
        public var placement: Plan.Placement
        /// Bytes that come from another backend; 0 for all but copies.
        public var copiedByteCount: Int
        /// As a profile measured it, the mean over its runs; nil without one.
        public var seconds: Double?
    }

    public let rows: [Row]

    /// - Parameter profile: Of runs of this plan.
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

    /// As an array of objects.
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
