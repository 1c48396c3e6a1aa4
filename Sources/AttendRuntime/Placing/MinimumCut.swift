import AttendBackend
import AttendGraph

/// The cheapest way to part a network in two: a maximum flow by Dinic's algorithm (Dinic 1970), on capacities that are seconds.
struct MinimumCut {
    static let (source, sink) = (0, 1)

    private struct Edge {
        let to: Int
        var room: Double
    }

    /// An edge and its reverse stand next to each other.
    private var edges: [Edge] = []
    private var leaving: [[Int]] = [[], []]

    /// A new place in the network.
    mutating func addVertex() -> Int {
        leaving.append([])
        return leaving.count - 1
    }

    /// What it costs that `from` is on the source's side and `to` on the sink's.
    mutating func connect(_ from: Int, _ to: Int, _ cost: Double) {
        guard cost > 0, from != to else { return }
        leaving[from].append(edges.count)
        edges.append(Edge(to: to, room: cost))
        leaving[to].append(edges.count)
        edges.append(Edge(to: from, room: 0))
    }

    /// For each place whether it is on the source's side. O(places² · edges) at worst, and far less on graphs of models.
    mutating func sourceSide() -> [Bool] {
        while true {
            let levels = self.levels()
            guard levels[MinimumCut.sink] >= 0 else { return levels.map { $0 >= 0 } }
            var next = Array(repeating: 0, count: leaving.count)
            while augment(levels, &next) {}
        }
    }

    /// Distances from the source over edges with room; −1 where there is no way.
    private func levels() -> [Int] {
        var levels = Array(repeating: -1, count: leaving.count)
        levels[MinimumCut.source] = 0
        var queue = [MinimumCut.source]
        var first = 0
        while first < queue.count {
            let vertex = queue[first]
            first += 1
            for index in leaving[vertex] where edges[index].room > MinimumCut.least && levels[edges[index].to] < 0 {
                levels[edges[index].to] = levels[vertex] + 1
                queue.append(edges[index].to)
            }
        }
        return levels
    }

    /// Rounding leaves some: below a billionth of a microsecond an edge is full.
    private static let least = 1e-15

    /// Sends what fits along one shortest way.
    private mutating func augment(_ levels: [Int], _ next: inout [Int]) -> Bool {
        var way: [Int] = []
        var vertex = MinimumCut.source
        while vertex != MinimumCut.sink {
            if next[vertex] < leaving[vertex].count {
                let index = leaving[vertex][next[vertex]]
                if edges[index].room > MinimumCut.least, levels[edges[index].to] == levels[vertex] + 1 {
                    way.append(index)
                    vertex = edges[index].to
                } else {
                    next[vertex] += 1
                }
            } else {
                // A dead end: one step back.
                guard let last = way.popLast() else { return false }
                vertex = edges[last ^ 1].to
                next[vertex] += 1
            }
        }
        let room = way.reduce(Double.infinity) { min($0, edges[$1].room) }
        for index in way {
            edges[index].room -= room
            edges[index ^ 1].room += room
        }
        return true
    }
}
