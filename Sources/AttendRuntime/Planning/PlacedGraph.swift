import AttendBackend
import AttendGraph

/// A graph ready for planning: optimized, its symbols bound, and each node assigned a primary backend.
struct PlacedGraph {
    let graph: Graph
    let symbols: [String: Int]
    /// Bytes of constants made by passes.
    let derivedByteCount: Int
    /// Primary backend by node; nil for backend 0 everywhere.
    let primaries: [Int]?
    /// The predicted times behind ``primaries``; nil unless placed by cost.
    let forecast: PlacementForecast?
}

/// Predicted times of a cost-based placement.
public struct PlacementForecast: Sendable, Hashable {
    /// Number of nodes by primary backend, in the order of ``Program/backends``. Views are not counted.
    public var nodeCounts: [Int]
    /// Predicted seconds per run, copies included.
    public var seconds: Double
    /// Predicted seconds per run with backend 0 as the primary of every node; nil if it runs no part of some node.
    public var namedSeconds: Double?
}
