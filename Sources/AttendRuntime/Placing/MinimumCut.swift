import AttendBackend
import AttendGraph

/// Minimum s–t cut by maximum flow with Dinic's algorithm (Dinic 1970); capacities are seconds.
struct MinimumCut {
    static let (source, sink) = (0, 1)

    private struct Edge {
        let to: Int
        var room: Double
    }

    /// Each edge is stored next to its reverse: their indices differ in the lowest bit.
    private var edges: [Edge] = []
    private var leaving: [[Int]] = [[], []]

    /// Adds a vertex and returns its index.
    mutating func addVertex() -> Int {
        leaving.append([])
        return leaving.count - 1
    }

    /// Adds an edge: `cost` is paid when `from` is on the source side and `to` on the sink side.
    mutating func connect(_ from: Int, _ to: Int, _ cost: Double) {
        guard cost > 0, from != to else { return }
        leaving[from].append(edges.count)
        edges.append(Edge(to: to, room: cost))
        leaving[to].append(edges.count)
        edges.append(Edge(to: from, room: 0))
    }

    /// Whether each vertex is on the source side. O(vertices² · edges) in the worst case, and far less on graphs of
    /// models.
    mutating func sourceSide() -> [Bool] {
        while true {
            let levels = self.levels()
            guard levels[MinimumCut.sink] >= 0 else { return levels.map { $0 >= 0 } }
            var next = Array(repeating: 0, count: leaving.count)
            while augment(levels, &next) {}
        }
    }

    /// BFS distances from the source over edges with residual capacity; −1 if unreachable.
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

    /// Residual capacity in seconds below which an edge counts as full, to absorb rounding.
    private static let least = 1e-15

    /// Augments the flow along one shortest path.
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
                // A dead end: back up one step.
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
