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
    package let homes: [Int]
    /// What the whole is expected to take.
    package let seconds: Double
    /// The same with the first backend in the lead everywhere.
    package let firstSeconds: Double

    package init(_ costs: PlacementCosts, homeCount: Int) {
        let count = costs.seconds.count
        firstSeconds = costs.total(Array(repeating: 0, count: count))
        var best = Array(repeating: 0, count: count)
        var least = firstSeconds
        for home in 1..<max(1, homeCount) {
            let all = Array(repeating: home, count: count)
            let total = costs.total(all)
            if total < least { (best, least) = (all, total) }
        }
        var gains = true
        while gains {
            gains = false
            for low in 0..<homeCount {
                for high in (low + 1)..<max(low + 1, homeCount) {
                    let traded = Partition.trade(best, low, high, costs)
                    let total = costs.total(traded)
                    // Less than a nanosecond is rounding.
                    if total < least - 1e-9 { (best, least, gains) = (traded, total, true) }
                }
            }
        }
        (homes, seconds) = (best, least)
    }

    /// The best division of what these two have between them; the others keep theirs. `low` is on the source's side.
    private static func trade(_ homes: [Int], _ low: Int, _ high: Int, _ costs: PlacementCosts) -> [Int] {
        var network = MinimumCut()
        var places: [Int: Int] = [:]
        for (node, home) in homes.enumerated() where home == low || home == high {
            let place = network.place()
            places[node] = place
            network.connect(place, MinimumCut.sink, costs.seconds[node][low])
            network.connect(MinimumCut.source, place, costs.seconds[node][high])
        }
        for flow in costs.flows { add(flow, homes, (low, high), places, costs, to: &network) }
        let isLow = network.sourceSide()
        var result = homes
        for (node, place) in places { result[node] = isLow[place] ? low : high }
        return result
    }

    private static func add(
        _ flow: PlacementCosts.Flow, _ homes: [Int], _ sides: (low: Int, high: Int), _ places: [Int: Int],
        _ costs: PlacementCosts, to network: inout MinimumCut
    ) {
        func seconds(_ source: Int?, _ target: Int?) -> Double {
            costs.copySeconds(flow.byteCount, from: source, to: target)
        }
        let movable = flow.consumers.compactMap { places[$0] }
        let others = Set(flow.consumers.filter { places[$0] == nil }.map { homes[$0] })
        guard let producer = flow.producer, let place = places[producer] else {
            // From one side, whatever becomes of the trade: paid for once by each that needs it.
            let source = flow.producer.map { homes[$0] } ?? flow.home
            pay(seconds(source, sides.high), whereAny: movable, isHigh: true, of: nil, &network)
            pay(seconds(source, sides.low), whereAny: movable, isHigh: false, of: nil, &network)
            return
        }
        // To those who are no part of the trade, and to the host.
        let targets = others.map { Int?.some($0) } + (flow.isOutput ? [nil] : [])
        network.connect(place, MinimumCut.sink, targets.reduce(0) { $0 + seconds(sides.low, $1) })
        network.connect(MinimumCut.source, place, targets.reduce(0) { $0 + seconds(sides.high, $1) })
        pay(seconds(sides.low, sides.high), whereAny: movable, isHigh: true, of: place, &network)
        pay(seconds(sides.high, sides.low), whereAny: movable, isHigh: false, of: place, &network)
    }

    /// A cost that is paid once where any of these is on a side, and their producer, if it has a place, on the other.
    private static func pay(
        _ cost: Double, whereAny consumers: [Int], isHigh: Bool, of producer: Int?, _ network: inout MinimumCut
    ) {
        guard cost > 0, !consumers.isEmpty else { return }
        let gate = network.place()
        if isHigh {
            network.connect(producer ?? MinimumCut.source, gate, cost)
            for consumer in consumers { network.connect(gate, consumer, .infinity) }
        } else {
            network.connect(gate, producer ?? MinimumCut.sink, cost)
            for consumer in consumers { network.connect(consumer, gate, .infinity) }
        }
    }
}
