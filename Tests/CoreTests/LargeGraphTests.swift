import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// Graphs that are deep or wide: no stack grows with them, and no time faster than they do.
@Suite(.tags(.slow), .unlessFast) struct LargeGraphTests {
    /// What threads have beside the main one on some systems.
    private static let stackByteCount = 256 << 10
    private static let input = Result { try Tensor([1, 0.5, 0.25, 1], shape: [2, 2]) }

    /// Enough for any recursion to end a stack of this size, and 100,000 of some kinds.
    private static func nodeCount(_ kind: LargeGraph) -> Int {
        [.sums, .wideConcatenation].contains(kind) ? 100_000 : 10_000
    }

    @Test(arguments: LargeGraph.allCases) func `any number of nodes passes, is planned and runs on a small stack`(
        kind: LargeGraph
    ) throws {
        let input = try Self.input.get()
        try onStack(of: Self.stackByteCount) {
            let program = Program(try kind.graph(Self.nodeCount(kind)), on: makeReference())
            let session = try program.makeSession()
            let optimized = try session.run(["x": input])
            #expect(optimized.count == program.graph.outputs.count)
            #expect(
                try program.plan(symbols: [:]).placements.isEmpty
                    == (kind == .transposes || kind == .reshapes || kind == .views))
        }
    }

    /// A quadratic pass takes 16 times as long for four times as many nodes.
    @Test(arguments: LargeGraph.allCases) func `no pass takes longer than the nodes have grown, nor does the plan`(
        kind: LargeGraph
    ) throws {
        let (small, large) = (try kind.graph(1_500), try kind.graph(6_000))
        func check(_ name: String, _ work: (Graph) throws -> Void) throws {
            var (long, short) = (Double.infinity, Double.infinity)
            // Caches that others empty make a round longer; the shortest of some is the work's own time.
            for _ in 0..<20 {
                long = min(long, try threadSeconds { try work(large) })
                // What is over at once says nothing.
                if long < 0.15 { return }
                short = min(short, try threadSeconds { try work(small) })
                if long < 9 * short { return }
            }
            Issue.record("\(name): \(short) s, then \(long) s for four times as many nodes")
        }
        var seen: Set<String> = []
        for pass in Optimizer.standard.passes where seen.insert(pass.name).inserted {
            try check(pass.name) { _ = try pass.apply(to: $0, OptimizingContext(on: makeReference())) }
        }
        try check("plan") { _ = try Program($0, on: makeReference(), optimizer: .none).plan(symbols: [:]) }
    }
}
