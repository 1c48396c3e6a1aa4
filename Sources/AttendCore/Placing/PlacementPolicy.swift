/// Who runs what, where there are several backends.
public enum PlacementPolicy: Sendable {
    /// The named backend has the first word at every level, the others get what it refuses.
    case named
    /// Whichever way takes the least time that is expected, copies between backends included; by what was measured of each
    /// backend, in their order.
    case byCost([DeviceProfile])
}

/// What was expected of a division.
public struct PlacementForecast: Sendable, Hashable {
    /// Nodes of the graph that each backend leads, in the order of ``Program/backends``. Views are no one's.
    public var nodeCounts: [Int]
    /// Seconds that a run is expected to take, copies included.
    public var seconds: Double
    /// Seconds if the named backend led everywhere; nil where it has no part in a node.
    public var namedSeconds: Double?
}
