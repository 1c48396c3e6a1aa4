import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// Passes change no graph's meaning, also where a form only looks like the one that they know.
@Suite struct PassMeaningTests {
    /// What passes make of some hundred graphs, and that it is the same.
    private func check(_ name: String, seeds: Range<Int>) throws -> [String: Int] {
        let backend = try Backends.make(name)
        var counts: [String: Int] = [:]
        for seed in seeds {
            let (graph, inputs) = try LookAlikes.graph(seed)
            let report = try GraphParity(graph, on: backend).report(on: inputs)
            #expect(report.passes, "seed \(seed): \(report.table)")
            #expect(report.comparedPasses, "seed \(seed): \(report.table)")
            for operation in Set(report.steps.map(\.place.operation)) { counts[operation, default: 0] += 1 }
        }
        return counts
    }

    @Test(arguments: Backends.available) func `graphs that look alike mean the same after passes`(name: String) throws {
        _ = try check(name, seeds: 0..<120)
    }

    @Test(.tags(.slow), .unlessFast, .backend("simd"))
    func `the forms that passes know are found often, and often not there`() throws {
        let counts = try check("simd", seeds: 120..<420)
        for operation in ["attention.v1", "layer_norm.v1", "rms_norm.v1", "fused_linear.v1", "softmax.v1"] {
            #expect((20...250).contains(counts[operation] ?? 0), "\(operation): \(counts)")
        }
    }

    // MARK: What was wrong once

    private func outputs(
        _ shapes: [String: [Int]], _ build: (GraphBuilder, [String: Value]) throws -> Value
    ) throws -> GraphParityReport {
        let builder = GraphBuilder("case")
        var (values, inputs) = ([String: Value](), [String: Tensor]())
        for (index, (name, shape)) in shapes.sorted(by: { $0.key < $1.key }).enumerated() {
            values[name] = try builder.input(name, .float32, shape.map { Size($0) })
            inputs[name] = try Tensor(uniform: shape, in: -1...1, seed: index + 1)
        }
        try builder.output("y", build(builder, values))
        let report = try GraphParity(builder.build(), on: simd).report(on: inputs)
        #expect(report.comparedPasses)
        return report
    }

    @Test func `a single query head meets every repeated key head`() throws {
        let report = try outputs(["q": [2, 1, 4, 6], "k": [2, 1, 5, 6]]) { _, values in
            let (query, key) = (try #require(values["q"]), try #require(values["k"]))
            let many = try key.reshaped([2, 1, 1, 5, 6]).broadcast([2, 1, 4, 5, 6]).reshaped([2, 4, 5, 6])
            return try query.matmul(many, transposeRHS: true).softmax().matmul(many).sum(axes: [1])
        }
        #expect(report.passes, "\(report.table)")
    }

    @Test func `sums of products of different widths are no stapled matrices`() throws {
        let report = try outputs(["x": [5, 8]]) { builder, values in
            let value = try #require(values["x"])
            let thin = try builder.constant(Tensor(uniform: [1, 8], seed: 1))
            let wide = try builder.constant(Tensor(uniform: [6, 8], seed: 2))
            return try value.linear(weight: thin) + value.linear(weight: wide)
        }
        #expect(report.passes, "\(report.table)")
    }

    @Test func `heads whose result only a state keeps are opened as well`() throws {
        let builder = GraphBuilder("kept")
        let value = try builder.input("x", .float32, [1, 3, 8])
        let state = try builder.state("kept", .float32, [1, 3, 8])
        let weight = try builder.constant(Tensor(uniform: [8, 8], in: -1...1, seed: 4))
        let head = try builder.apply(
            "self_attention",
            inputs: [
                "input": value, "query_weight": weight, "key_weight": weight, "value_weight": weight,
                "output_weight": weight
            ], attributes: ["heads": .integer(2)])[0]
        try builder.update(state, with: head)
        try builder.output("before", state * 1)
        let graph = try builder.build()
        let report = try GraphParity(graph, on: simd).report(on: ["x": Tensor(uniform: [1, 3, 8], seed: 5)])
        #expect(report.passes, "\(report.table)")
        #expect(report.comparedPasses, "\(report.table)")
    }

    @Test func `one constant is packed for each shape that products see it in`() throws {
        let report = try outputs(["x": [2, 4], "y": [2, 6], "z": [2, 24]]) { builder, values in
            let weight = try builder.constant(Tensor(uniform: [4, 6], in: -1...1, seed: 3))
            let first = try #require(values["x"]).matmul(weight)
            let second = try #require(values["y"]).matmul(weight.reshaped([6, 4]))
            let third = try #require(values["z"]).matmul(weight.reshaped([24, 1]))
            return try builder.concatenate([first, second, third], axis: 1)
        }
        #expect(report.passes, "\(report.table)")
    }

    @Test func `scales that keep a product from overflowing stay where they are`() throws {
        let builder = GraphBuilder("large")
        let (query, key) = (
            try builder.input("q", .float32, [1, 1, 3, 4]), try builder.input("k", .float32, [1, 1, 3, 4])
        )
        let scores = try (query * 1e-20).matmul(key * 1e-20, transposeRHS: true)
        try builder.output("y", scores.softmax().matmul(builder.constant(Tensor(uniform: [1, 1, 3, 2], seed: 1))))
        let large = try Tensor(Tensor(uniform: [1, 1, 3, 4], seed: 2).floats().map { $0 * 1e20 }, shape: [1, 1, 3, 4])
        let results = try builder.build().run(["q": large, "k": large], on: simd)
        #expect(try #require(results["y"]).floats().allSatisfy(\.isFinite))
    }

    // MARK: The proof itself

    /// Takes a for b.
    private struct WrongSum: GraphPass {
        let name = "wrong-sum"

        func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
            let builder = GraphBuilder(graph.name)
            let left = try builder.input("a", .float32, [2, 3])
            _ = try builder.input("b", .float32, [2, 3])
            try builder.output("y", left + left)
            return try builder.build()
        }
    }

    @Test func `a pass that changes a number is named by the kit, and shows in text and JSON`() throws {
        let builder = GraphBuilder("sum")
        let (left, right) = (try builder.input("a", .float32, [2, 3]), try builder.input("b", .float32, [2, 3]))
        try builder.output("y", left + right)
        var parity = GraphParity(try builder.build(), on: simd)
        let inputs = ["a": try Tensor(uniform: [2, 3], seed: 1), "b": try Tensor(uniform: [2, 3], seed: 2)]
        #expect(try parity.report(on: inputs).passes)
        parity.makeProgram = {
            Program($0, on: $1, fallingBackTo: $2, optimizer: Optimizer([WrongSum()]), memory: $3)
        }
        let report = try parity.report(on: inputs)
        let difference = try #require(report.passDifference)
        #expect(!report.passes)
        #expect(report.firstDivergence == nil)
        #expect(difference.output == "y")
        #expect(difference.index == [0, 0])
        #expect(
            report.table.contains("PASSES: the optimized graph computes a different result: element [0, 0] of y is"))
        #expect(try JSONNode(report.json).required("optimized_difference").string().contains("without passes"))
        parity.comparesPasses = false
        #expect(try parity.report(on: inputs).passes)
    }
}
