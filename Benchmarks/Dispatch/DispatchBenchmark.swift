import AttendPlugin
import AttendRuntime
import NullBackend

/// What a node costs beyond its computing, built in and across the boundary of a plug-in: the null backend both times, in the same
/// run, by turns.
///
///     swift build -c release --product null
///     swift run -c release dispatch-benchmark .build/release/libnull.so
@main
enum DispatchBenchmark {
    private static let nodeCount = 1000
    private static let rounds = 301

    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: dispatch-benchmark PATH-OF-LIBNULL")
            return
        }
        let plugin = try Plugin(path: CommandLine.arguments[1]).makeBackend(threads: 1)
        let sessions = try [
            ("built in", NullBackend(PluginOptions(threads: 1)) as any ComputeBackend), ("plug-in", plugin)
        ]
        .map { ($0.0, try Program(graph(), on: $0.1).makeSession()) }
        let inputs = ["x": Tensor(1 as Float), "y": Tensor(2 as Float)]
        var times: [[Double]] = [[], []]
        for round in 0..<rounds {
            // Now one goes first, now the other.
            for index in round % 2 == 0 ? [0, 1] : [1, 0] {
                let time = try ContinuousClock().measure { _ = try sessions[index].1.run(inputs) }
                times[index].append(Double(time.components.attoseconds) * 1e-9 / Double(nodeCount))
            }
        }
        let medians = times.map { $0.sorted()[rounds / 2] }
        for (index, (name, _)) in sessions.enumerated() { print("\(name): \(rounded(medians[index])) ns a node") }
        print(
            "the boundary: \(rounded(medians[1] - medians[0])) ns a node (medians of \(rounds) runs of \(nodeCount) nodes)"
        )
    }

    /// A chain of sums of single numbers, none of which is a view.
    private static func graph() throws -> Graph {
        let builder = GraphBuilder("chain")
        var value = try builder.input("x", .float32, [])
        let other = try builder.input("y", .float32, [])
        for _ in 0..<nodeCount { value = try value + other }
        try builder.output("sum", value)
        return try builder.build()
    }

    private static func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}
