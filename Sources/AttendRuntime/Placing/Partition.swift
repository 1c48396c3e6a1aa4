import AttendBackend
import AttendGraph

/// Assignment of nodes to backends that minimizes the predicted run time.
///
/// With two backends the optimum is found as a minimum cut (Stone 1977, *Multiprocessor scheduling with the aid of
/// network flow algorithms*): each node is on one side, and the capacities are the node's time on each backend and the
/// copy time of values that cross. With more backends, pairs swap nodes until no swap gains (the swap moves of Boykov,
/// Veksler and Zabih 2001), which finds a local optimum.
package struct Partition {
    /// Primary backend by node of the graph.
    package let backendIndices: [Int]
    /// Predicted seconds per run.
    package let seconds: Double
    /// Predicted seconds per run with backend 0 as the primary of every node.
    package let firstSeconds: Double

    /// Finds the assignment for these costs.
    package init(_ costs: PlacementCosts, backendCount: Int) {
        let count = costs.seconds.count
        firstSeconds = costs.total(Array(repeating: 0, count: count))
        var best = Array(repeating: 0, count: count)
        var least = firstSeconds
        for backendIndex in 1..<max(1, backendCount) {
            let all = Array(repeating: backendIndex, count: count)
            let total = costs.total(all)
            if total < least { (best, least) = (all, total) }
        }
        var gains = true
        while gains {
            gains = false
            for low in 0..<backendCount {
                for high in (low + 1)..<max(low + 1, backendCount) {
                    let traded = Partition.trade(best, low, high, costs)
                    let total = costs.total(traded)
                    // Differences below a nanosecond are rounding.
                    if total < least - 1e-9 { (best, least, gains) = (traded, total, true) }
                }
            }
        }
        (backendIndices, seconds) = (best, least)
    }

    /// The optimal division of the nodes of two backends; all other nodes keep theirs. `low` is the source side.
    private static func trade(_ backendIndices: [Int], _ low: Int, _ high: Int, _ costs: PlacementCosts) -> [Int] {
        var network = MinimumCut()
        var vertices: [Int: Int] = [:]
        for (node, backendIndex) in backendIndices.enumerated() where backendIndex == low || backendIndex == high {
            let vertex = network.addVertex()
            vertices[node] = vertex
            network.connect(vertex, MinimumCut.sink, costs.seconds[node][low])
            network.connect(MinimumCut.source, vertex, costs.seconds[node][high])
        }
        for flow in costs.flows { add(flow, backendIndices, (low, high), vertices, costs, to: &network) }
        let isLow = network.sourceSide()
        var result = backendIndices
        for (node, vertex) in vertices { result[node] = isLow[vertex] ? low : high }
        return result
    }

    private static func add(
        _ flow: PlacementCosts.Flow, _ backendIndices: [Int], _ sides: (low: Int, high: Int), _ vertices: [Int: Int],
        _ costs: PlacementCosts, to network: inout MinimumCut
    ) {
        func seconds(_ source: Int?, _ target: Int?) -> Double {
            costs.copySeconds(flow.byteCount, from: source, to: target)
        }
        let movable = flow.consumers.compactMap { vertices[$0] }
        let others = Set(flow.consumers.filter { vertices[$0] == nil }.map { backendIndices[$0] })
        guard let producer = flow.producer, let vertex = vertices[producer] else {
            // The producer is fixed: the copy is paid once by each side that reads the value.
            let source = flow.producer.map { backendIndices[$0] } ?? flow.backendIndex
            pay(seconds(source, sides.high), whereAny: movable, isHigh: true, of: nil, &network)
            pay(seconds(source, sides.low), whereAny: movable, isHigh: false, of: nil, &network)
            return
        }
        // Copies to backends outside of this pair, and to the host.
        let targets = others.map { Int?.some($0) } + (flow.isOutput ? [nil] : [])
        network.connect(vertex, MinimumCut.sink, targets.reduce(0) { $0 + seconds(sides.low, $1) })
        network.connect(MinimumCut.source, vertex, targets.reduce(0) { $0 + seconds(sides.high, $1) })
        pay(seconds(sides.low, sides.high), whereAny: movable, isHigh: true, of: vertex, &network)
        pay(seconds(sides.high, sides.low), whereAny: movable, isHigh: false, of: vertex, &network)
    }

    /// Adds a cost paid once if any consumer is on one side and the producer, if it is movable, on the other.
    private static func pay(
        _ cost: Double, whereAny consumers: [Int], isHigh: Bool, of producer: Int?, _ network: inout MinimumCut
    ) {
        guard cost > 0, !consumers.isEmpty else { return }
        let gate = network.addVertex()
        if isHigh {
            network.connect(producer ?? MinimumCut.source, gate, cost)
            for consumer in consumers { network.connect(gate, consumer, .infinity) }
        } else {
            network.connect(gate, producer ?? MinimumCut.sink, cost)
            for consumer in consumers { network.connect(consumer, gate, .infinity) }
        }
    }
}
