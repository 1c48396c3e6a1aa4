import AttendModels
import AttendRuntime
import TestSupport
import Testing

/// What `--deterministic` promises: the same bits for the same input, whatever the number of threads and the batch that
/// it is in.
@Suite struct DeterminismTests {
    /// Two blocks with everything that models have: norms, self-attention with causal masks and grouped queries, an
    /// MLP.
    private static func graph() throws -> Graph {
        let builder = GraphBuilder("blocks")
        let width = 96
        var hidden = try builder.input("x", .float32, ["batch", "tokens", Size(width)])
        for layer in 0..<2 {
            func weight(_ shape: [Int], _ index: Int) throws -> Value {
                try builder.constant(Tensor(uniform: shape, in: -0.2...0.2, seed: 20 * layer + index))
            }
            let weights = try AttentionWeights(
                query: weight([width, width], 1), key: weight([width / 3, width], 2),
                value: weight([width / 3, width], 3), output: weight([width, width], 4))
            let normed = try hidden.layerNorm(scale: weight([width], 5), bias: weight([width], 6))
            hidden =
                try hidden
                + normed.selfAttention(weights, heads: 6, keyValueHeads: 2, options: layer == 0 ? .causal : .init())
                .output
            let up = try hidden.rmsNorm(scale: weight([width], 9)).linear(
                weight: weight([250, width], 7), bias: weight([250], 10)
            ).gelu()
            hidden = try hidden + up.linear(weight: weight([width, 250], 8))
        }
        try builder.output("y", hidden)
        try builder.output("mean", hidden.mean(axes: [1]))
        return try builder.build()
    }

    @Test(arguments: Backends.available)
    func `a backend that promises the same bits gives them on any threads in every batch`(name: String) throws {
        let (graph, width) = (try Self.graph(), 96)
        if case .notPromised(let reason) = try Backends.make(name).device.determinism {
            #expect(!["reference", "simd", "opencl"].contains(name), "\(reason)")
            #expect(reason.count > 10, "a reason, for people: \(reason)")
            return
        }
        for tokens in [1, 7, 33, 100] {
            let rows = try (0..<5).map { try Tensor(uniform: [1, tokens, width], in: -1...1, seed: 1000 + $0) }
            var expected: [[String: Tensor]] = []
            for threads in [1, 2, 3] {
                let backend = try Backends.make(name, threads: threads)
                #expect(backend.device.determinism == .promised)
                let session = try Program(graph, on: backend).makeSession()
                for (index, row) in rows.enumerated() {
                    let alone = try session.run(["x": row])
                    if threads == 1 { expected.append(alone) }
                    #expect(alone == expected[index], "\(tokens) tokens, \(threads) threads")
                }
                for count in [2, 3, 5] {
                    let batch = try Tensor(
                        rows.prefix(count).flatMap { try $0.floats() }, shape: [count, tokens, width])
                    let together = try session.run(["x": batch])
                    for output in ["y", "mean"] {
                        let found = try #require(together[output]).floats()
                        let wanted = try expected.prefix(count).flatMap { try #require($0[output]).floats() }
                        let isSame = found.map(\.bitPattern) == wanted.map(\.bitPattern)
                        #expect(isSame, "\(output) of \(count) · \(tokens) tokens on \(threads) threads")
                    }
                }
            }
        }
    }

    @Test(.backend("openblas")) func `openblas promises nothing, and says why`() throws {
        let backend = try Backends.make("openblas")
        guard case .notPromised(let reason) = backend.device.determinism else {
            Issue.record("openblas promises the same bits")
            return
        }
        #expect(reason.contains("OpenBLAS"))
    }
}
