import AttendBackend
import AttendGraph

/// A graph that is ready to be planned: optimized, its symbols bound, and each node placed on a backend.
struct PlacedGraph {
    let graph: Graph
    let symbols: [String: Int]
    /// Bytes of constants that passes made.
    let derivedByteCount: Int
    /// The backend that each node is offered to first; nil if it is the named one for all.
    let primaries: [Int]?
    /// The predicted times behind ``primaries``; nil where nothing was placed by cost.
    let forecast: PlacementForecast?
}

/// What was expected of a division.
public struct PlacementForecast: Sendable, Hashable {
    /// Nodes of the graph by primary backend, in the order of ``Program/backends``. Views are not counted.
    public var nodeCounts: [Int]
    /// Seconds that a run is expected to take, copies included.
    public var seconds: Double
    /// Seconds if the named backend led everywhere; nil where it has no part in a node.
    public var namedSeconds: Double?
}
