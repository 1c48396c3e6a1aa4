import AttendBackend
import AttendGraph

/// Which backend each node of a graph runs on, so that all of it takes the least time that is expected.
///
/// With two backends the best of all divisions is found, as the smallest cut of a network (Stone 1977, *Multiprocessor scheduling with
/// the aid of network flow algorithms*): a node stands on either side, and what it costs there, and what the values cost that
/// cross, are the capacities. With more, two at a time trade their nodes until none gains (the swap moves of Boykov, Veksler and
/// Zabih 2001), which finds a local best.
package struct Partition {
    /// By node of the graph.
    package let backendIndices: [Int]
    /// What the whole is expected to take.
    package let seconds: Double
    /// The same with the first backend as the primary of every node.
    package let firstSeconds: Double

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
                    // Less than a nanosecond is rounding.
                    if total < least - 1e-9 { (best, least, gains) = (traded, total, true) }
                }
            }
        }
        (backendIndices, seconds) = (best, least)
    }

    /// The best division of what these two have between them; the others keep theirs. `low` is on the source's side.
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
            // From one side, whatever becomes of the trade: paid for once by each that needs it.
            let source = flow.producer.map { backendIndices[$0] } ?? flow.backendIndex
            pay(seconds(source, sides.high), whereAny: movable, isHigh: true, of: nil, &network)
            pay(seconds(source, sides.low), whereAny: movable, isHigh: false, of: nil, &network)
            return
        }
        // To those who are no part of the trade, and to the host.
        let targets = others.map { Int?.some($0) } + (flow.isOutput ? [nil] : [])
        network.connect(vertex, MinimumCut.sink, targets.reduce(0) { $0 + seconds(sides.low, $1) })
        network.connect(MinimumCut.source, vertex, targets.reduce(0) { $0 + seconds(sides.high, $1) })
        pay(seconds(sides.low, sides.high), whereAny: movable, isHigh: true, of: vertex, &network)
        pay(seconds(sides.high, sides.low), whereAny: movable, isHigh: false, of: vertex, &network)
    }

    /// A cost that is paid once where any of these is on a side, and their producer, if it has a place, on the other.
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
