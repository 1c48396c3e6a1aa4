import AttendModels
import AttendPlugin
import AttendRuntime
import NullBackend

/// What planning costs, and what a run costs beyond its kernels: on the null backend, which computes nothing.
///
///     swift run -c release planning-benchmark
@main
enum PlanningBenchmark {
    private static let rounds = 41

    static func main() throws {
        try running(nodes: 1000)
        try planning("bert-base")
    }

    /// A chain of sums of single numbers, none of which is a view.
    private static func running(nodes: Int) throws {
        let builder = GraphBuilder("chain")
        var value = try builder.input("x", .float32, [])
        let other = try builder.input("y", .float32, [])
        for _ in 0..<nodes { value = try value + other }
        try builder.output("sum", value)
        let session = try Program(builder.build(), on: NullBackend(PluginOptions(threads: 1))).makeSession()
        let inputs = ["x": Tensor(1 as Float), "y": Tensor(2 as Float)]
        let times = try measured { _ = try session.run(inputs) }
        print("a run of \(nodes) nodes: \(text(times, per: nodes, 1e9)) ns a node")
    }

    /// A model's graph, its weights made before: what passes and planner take.
    private static func planning(_ name: String) throws {
        guard let preset = try Preset.builtIn(name) else { return print("there is no preset \(name)") }
        let graph = try preset.graph(weights: .random(seed: 1))
        let backend = NullBackend(PluginOptions(threads: 1))
        var symbols: [String: Int] = [:]
        for symbol in graph.symbols { symbols[symbol] = symbol == "batch" ? 1 : 128 }
        for (title, optimizer) in [("without passes", Optimizer.none), ("with passes", .standard)] {
            let first = try measured {
                _ = try Program(graph, on: backend, optimizer: optimizer).plan(symbols: symbols)
            }
            let program = Program(graph, on: backend, optimizer: optimizer)
            var tokens = 128
            let again = try measured {
                tokens += 1
                for symbol in graph.symbols where symbol != "batch" { symbols[symbol] = tokens }
                _ = try program.plan(symbols: symbols)
            }
            print(
                "planning \(name) (\(graph.nodes.count) nodes) \(title): \(text(first, per: 1, 1e3)) ms, for other sizes again \(text(again, per: 1, 1e3)) ms"
            )
        }
    }

    private static func measured(_ body: () throws -> Void) throws -> [Double] {
        try body()
        return try (0..<rounds).map { _ in
            let time = try ContinuousClock().measure(body)
            return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        }.sorted()
    }

    private static func text(_ times: [Double], per count: Int, _ unit: Double) -> String {
        func rounded(_ seconds: Double) -> Double { (seconds * unit / Double(count) * 100).rounded() / 100 }
        return "minimum \(rounded(times[0])), median \(rounded(times[times.count / 2]))"
    }
}
