import AttendBackend
import AttendGraph

extension PlacedGraph {
    /// Assigns a primary backend to each node by policy.
    ///
    /// - Parameter graph: A graph with its symbols bound.
    /// - Complexity: By cost, that of planning once per backend, plus the partition.
    /// - Throws: ``PlanError`` for a graph that the backends can't run together.
    init(
        _ graph: Graph, symbols: [String: Int], derivedByteCount: Int, on backends: [any ComputeBackend],
        by policy: PlacementPolicy
    ) throws(PlanError) {
        (self.graph, self.symbols, self.derivedByteCount) = (graph, symbols, derivedByteCount)
        guard case .byCost(let profiles) = policy, backends.count > 1 else {
            (primaries, forecast) = (nil, nil)
            return
        }
        precondition(profiles.count == backends.count, "one profile for each backend")
        let costs = try PlacementCosts(graph, backends, profiles)
        let partition = Partition(costs, backendCount: backends.count)
        var counts = Array(repeating: 0, count: backends.count)
        for (node, backendIndex) in partition.backendIndices.enumerated()
        where costs.seconds[node].contains(where: { $0 > 0 }) {
            counts[backendIndex] += 1
        }
        primaries = partition.backendIndices
        forecast = PlacementForecast(
            nodeCounts: counts, seconds: partition.seconds,
            namedSeconds: partition.firstSeconds < PlacementCosts.never ? partition.firstSeconds : nil)
    }
}
