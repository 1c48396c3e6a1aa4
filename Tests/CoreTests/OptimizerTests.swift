import AttendRuntime
import ReferenceBackend
import Testing

/// Graphs as exporters write them, and what passes make of them.
@Suite struct OptimizerTests {
    /// Runs both forms on the reference and holds them against each other.
    ///
    /// - Returns: How often each operation stands in the optimized graph.
    @discardableResult
    private func check(
        _ graph: Graph, _ inputs: [String: Tensor], _ optimizer: Optimizer = .standard
    ) throws -> [String: Int] {
        let plain = try Program(graph, on: makeReference(), optimizer: .none).makeSession().run(inputs)
        let program = Program(graph, on: makeReference(), optimizer: optimizer)
        let fast = try program.makeSession().run(inputs)
        #expect(Set(plain.keys) == Set(fast.keys))
        for (name, expected) in plain {
            let found = try #require(fast[name])
            #expect(found.shape == expected.shape)
            #expect(found.dtype == expected.dtype)
            let (left, right) = (try found.floats(), try expected.floats())
            // Sums in another order and one rounding more or less: 40 roundings of the largest number.
            let bound = 40 * 0x1p-24 * (right.map(abs).max() ?? 0) + 1e-30
            for index in left.indices {
                #expect(left[index].isNaN == right[index].isNaN, "\(name)")
                #expect(!(abs(left[index] - right[index]) > bound), "\(name)")
            }
        }
        let optimized = try program.optimizedGraph(for: [:])
        #expect(optimized.inputs.map { optimized.values[$0].name } == graph.inputs.map { graph.values[$0].name })
        #expect(optimized.outputs.map(\.name) == graph.outputs.map(\.name))
        return optimized.nodes.reduce(into: [:]) { $0[$1.operation.name, default: 0] += 1 }
    }

    private func random(_ shape: [Int], _ seed: Int) throws -> Tensor {
        try Tensor(uniform: shape, in: -1.5...1.5, seed: seed)
    }

    // MARK: Cleaning

    @Test func `what is computed twice is computed once, what nobody reads not at all`() throws {
        let builder = GraphBuilder("twice")
        let x = try builder.input("x", .float32, ["n", 3])
        let left = try (x * 2).exp()
        let right = try (x * 2).exp()
        _ = try x.log()
        try builder.output("y", left + right)
        #expect(try check(builder.build(), ["x": random([5, 3], 1)]) == ["multiply": 1, "exp": 1, "add": 1])
    }

    @Test func `what follows from constants is computed once`() throws {
        let builder = GraphBuilder("constants")
        let x = try builder.input("x", .float32, ["n", 4])
        let table = try builder.constant(random([6, 4], 2))
        let rows = try (table * 3).sliced(axis: 0, from: 1, to: 2)
        try builder.output("y", x + rows.exp())
        try builder.output("rows", rows)
        #expect(try check(builder.build(), ["x": random([2, 4], 3)]) == ["add": 1])
    }

    @Test func `folding does not blow up memory`() throws {
        let builder = GraphBuilder("ones")
        let x = try builder.input("x", .float32, [1])
        try builder.output("y", x + builder.scalar(1).broadcast([Size(1 << 20)]))
        #expect(try check(builder.build(), ["x": random([1], 4)])["broadcast"] == 1)
    }

    @Test func `folding does not double without end`() throws {
        let builder = GraphBuilder("doubled")
        let x = try builder.input("x", .float32, [1])
        var table = try builder.constant(random([1024], 4))
        // 2⁴⁰ numbers, if all were joined.
        for _ in 0..<30 { table = try builder.concatenate([table, table], axis: 0) }
        try builder.output("y", x + table.sliced(axis: 0, from: 0, to: 3))
        let graph = try Optimizer.standard.optimize(builder.build(), OptimizingContext(on: makeReference())).graph
        #expect(graph.constants.allSatisfy { $0.content.elementCount <= 1 << 24 })
    }

    @Test func `a row hidden whole is 0 after the pass and NaN without it`() throws {
        let builder = GraphBuilder("hidden")
        let q = try builder.input("q", .float32, [1, 1, 2, 4])
        let mask = try builder.input("mask", .bool, [1, 1, 2, 2])
        let scores = try q.matmul(q, transposeRHS: true) * 0.5
        let seen = try mask.where(scores, builder.scalar(-.infinity))
        try builder.output("y", seen.softmax().matmul(q))
        let graph = try builder.build()
        let inputs = [
            "q": try random([1, 1, 2, 4], 1), "mask": try Tensor([true, true, false, false], shape: [1, 1, 2, 2])
        ]
        func row(_ optimizer: Optimizer) throws -> ArraySlice<Float> {
            let session = try Program(graph, on: makeReference(), optimizer: optimizer).makeSession()
            return try #require(session.run(inputs)["y"]).floats()[4...]
        }
        #expect(try row(.standard).allSatisfy { $0 == 0 })
        #expect(try row(Optimizer.standard.without(["recognize-attention"])).allSatisfy(\.isNaN))
    }

    @Test(arguments: [true, false]) func `a factor that keeps a product finite stays where it is`(isOnQuery: Bool)
        throws
    {
        let builder = GraphBuilder("large")
        let q = try builder.input("q", .float32, [1, 1, 2, 4])
        let k = try builder.input("k", .float32, [1, 1, 2, 4])
        let (left, right) = isOnQuery ? (try q * 1e-3, k) : (q, try k * 1e-3)
        let scores = try left.matmul(right, transposeRHS: true) * 1e-36
        try builder.output("y", scores.softmax().matmul(k))
        let large = try Tensor([1e20, 2e20, 1e20, -1e20, 3e20, 1e20, 0, 1e20], shape: [1, 1, 2, 4])
        let inputs = ["q": large, "k": try Tensor(large.floats().map { $0 * 1e-1 }, shape: [1, 1, 2, 4])]
        #expect(try check(builder.build(), inputs)["attention"] == 1)
        let found = try Program(builder.build(), on: makeReference()).makeSession().run(inputs)
        #expect(try #require(found["y"]).floats().allSatisfy(\.isFinite))
    }

    @Test(arguments: [1e30, 1e-30]) func `scales that float32 can't hold together are no attention's`(scale: Double)
        throws
    {
        let builder = GraphBuilder("scales")
        let q = try builder.input("q", .float32, [1, 1, 2, 4])
        let scores = try q.matmul(q, transposeRHS: true) * scale * scale
        try builder.output("y", scores.softmax().matmul(q))
        #expect(try check(builder.build(), ["q": random([1, 1, 2, 4], 3)])["attention"] == nil)
    }

    @Test func `names are kept, and each pass can be left out`() throws {
        let builder = GraphBuilder("named")
        let x = try builder.input("x", .float32, ["n", 8])
        let shifted = try x - x.max(axes: [1], keepDimensions: true)
        let weights = try shifted.exp()
        let sum = try weights.sum(axes: [1], keepDimensions: true)
        let pattern = try builder.apply(.divide, [weights, sum], named: "my_pattern")
        try builder.output("y", pattern)
        let graph = try builder.build()
        let optimized = try Optimizer.standard.optimize(graph)
        #expect(optimized.graph.nodes.map(\.name) == ["my_pattern"])
        #expect(optimized.graph.nodes[0].operation.versionedName == "softmax.v1")
        #expect(optimized.changes.map(\.pass) == Optimizer.standard.passes.map(\.name))
        #expect(optimized.changes[0].nodesBefore == 5)
        #expect(optimized.changes.last?.nodesAfter == 1)
        let without = try Optimizer.standard.without(["recognize-softmax"]).optimize(graph).graph
        #expect(without.nodes.count == graph.nodes.count)
        try check(graph, ["x": random([3, 8], 5)])
    }

    // MARK: Patterns

    /// As PyTorch's exporter writes BERT's layer norm, with `pow` and a quotient.
    private func exportedNorm(_ x: Value, _ seed: Int, _ builder: GraphBuilder, width: Int) throws -> Value {
        let centered = try x - x.mean(axes: [-1], keepDimensions: true)
        let squares = try centered.power(builder.scalar(2))
        let root = try (squares.mean(axes: [-1], keepDimensions: true) + 1e-12).sqrt()
        let normed = try (centered / root) * builder.constant(random([width], seed))
        return try normed + builder.constant(random([width], seed + 1))
    }

    private func exportedLinear(_ x: Value, _ seed: Int, _ builder: GraphBuilder, _ shape: [Int]) throws -> Value {
        let product = try x.matmul(builder.constant(random(shape, seed)))
        return try builder.constant(random([shape[1]], seed + 1)) + product
    }

    @Test func `a BERT layer as exporters write it`() throws {
        let builder = GraphBuilder("bert")
        let x = try builder.input("x", .float32, ["batch", "tokens", 12])
        let bias = try builder.input("bias", .float32, ["batch", 1, 1, "tokens"])
        func heads(_ seed: Int, _ order: [Int]) throws -> Value {
            try exportedLinear(x, seed, builder, [12, 12]).reshaped(["batch", "tokens", 3, 4]).transposed(order)
        }
        let (query, key, value) = (try heads(1, [0, 2, 1, 3]), try heads(3, [0, 2, 3, 1]), try heads(5, [0, 2, 1, 3]))
        let scores = try query.matmul(key) / 2 + bias
        let mixed = try scores.softmax().matmul(value).transposed([0, 2, 1, 3]).reshaped(["batch", "tokens", 12])
        let attended = try exportedNorm(exportedLinear(mixed, 7, builder, [12, 12]) + x, 9, builder, width: 12)
        let up = try exportedLinear(attended, 11, builder, [12, 20])
        let gelu = try (up * ((up / 2.0.squareRoot()).erf() + 1)) * 0.5
        let down = try exportedLinear(gelu, 13, builder, [20, 12])
        try builder.output("y", exportedNorm(down + attended, 15, builder, width: 12))
        let inputs = [
            "x": try random([2, 5, 12], 20),
            "bias": try Tensor([0, 0, 0, -1e4, -1e4, 0, 0, 0, 0, 0] as [Float], shape: [2, 1, 1, 5])
        ]
        let counts = try check(builder.build(), inputs)
        #expect(counts["attention"] == 1, "\(counts)")
        #expect(counts["layer_norm"] == 2, "\(counts)")
        #expect(counts["gelu"] == nil, "\(counts)")
        // One product for queries, keys and values; one after attention and two of the feed-forward part, with what
        // follows them.
        #expect(counts["linear"] == 1, "\(counts)")
        #expect(counts["fused_linear"] == 3, "\(counts)")
        #expect(counts["matmul"] == nil, "\(counts)")
        #expect(counts["divide"] == nil, "\(counts)")
        #expect(counts["add"] == nil, "\(counts)")
        #expect(counts["softmax"] == nil, "\(counts)")
        #expect(counts["slice"] == 3, "\(counts)")
    }

    @Test func `GPT-2's masked attention, the mask before the softmax as −∞`() throws {
        let builder = GraphBuilder("gpt2")
        let query = try builder.input("query", .float32, [2, 3, 6, 4])
        let key = try builder.input("key", .float32, [2, 3, 6, 4])
        let value = try builder.input("value", .float32, [2, 3, 6, 5])
        let triangle = (0..<36).map { $0 % 6 <= $0 / 6 }
        let mask = try builder.constant(Tensor(triangle, shape: [1, 1, 6, 6]))
        let scores = try query.matmul(key.transposed([0, 1, 3, 2])) * 0.5
        try builder.output("y", mask.where(scores, builder.scalar(-.infinity)).softmax().matmul(value))
        let inputs = [
            "query": try random([2, 3, 6, 4], 1), "key": try random([2, 3, 6, 4], 2),
            "value": try random([2, 3, 6, 5], 3)
        ]
        #expect(try check(builder.build(), inputs) == ["attention": 1])
    }

    @Test func `T5's unscaled attention with a bias of positions, and its norm`() throws {
        let builder = GraphBuilder("t5")
        let x = try builder.input("x", .float32, [2, 4, 8])
        let bias = try builder.input("bias", .float32, [1, 2, 4, 4])
        let variance = try x.power(builder.scalar(2)).mean(axes: [-1], keepDimensions: true)
        let normed = try builder.constant(random([8], 1)) * (x * (variance + 1e-6).sqrt().reciprocal())
        let heads = try normed.reshaped([2, 4, 2, 4]).transposed([0, 2, 1, 3])
        let scores = try heads.matmul(heads, transposeRHS: true) + bias
        try builder.output("y", scores.softmax().matmul(heads))
        let counts = try check(builder.build(), ["x": random([2, 4, 8], 2), "bias": random([1, 2, 4, 4], 3)])
        #expect(counts == ["rms_norm": 1, "reshape": 1, "transpose": 1, "attention": 1], "\(counts)")
    }

    @Test func `Llama's grouped queries, soft caps and gated units`() throws {
        let builder = GraphBuilder("llama")
        let query = try builder.input("query", .float32, [2, 6, 5, 4])
        let key = try builder.input("key", .float32, [2, 2, 5, 4])
        let value = try builder.input("value", .float32, [2, 2, 5, 4])
        func repeated(_ x: Value) throws -> Value {
            try x.reshaped([2, 2, 1, 5, 4]).broadcast([2, 2, 3, 5, 4]).reshaped([2, 6, 5, 4])
        }
        let scores = try (query * 0.5).matmul(repeated(key).transposed([0, 1, 3, 2]))
        let capped = try (scores / 3).tanh() * 3
        let attended = try capped.softmax().matmul(repeated(value))
        let gate = try attended * (1 / ((-attended).exp() + 1))
        try builder.output("y", gate)
        let inputs = [
            "query": try random([2, 6, 5, 4], 1), "key": try random([2, 2, 5, 4], 2),
            "value": try random([2, 2, 5, 4], 3)
        ]
        // The queries' factor stays: it may be there to keep the product finite.
        #expect(try check(builder.build(), inputs) == ["multiply": 1, "attention": 1, "silu": 1])
    }

    @Test func `GELU's approximation by tanh`() throws {
        let builder = GraphBuilder("gelu")
        let x = try builder.input("x", .float32, ["n"])
        let cubed = try x.power(builder.scalar(3)) * 0.044715
        let inner = try (x + cubed) * 0.7978845608028654
        try builder.output("y", 0.5 * x * (1 + inner.tanh()))
        let graph = try builder.build()
        #expect(try check(graph, ["x": random([50], 1)]) == ["gelu": 1])
        #expect(
            try Optimizer.standard.optimize(graph).graph.nodes[0].operation.attributes.string("approximation") == "tanh"
        )
    }

    // MARK: What looks alike and is not

    @Test func `what is used elsewhere, or only looks alike, stays`() throws {
        let builder = GraphBuilder("unlike")
        let query = try builder.input("query", .float32, [1, 2, 3, 4])
        let scores = try query.matmul(query, transposeRHS: true) * 0.5
        let pattern = try scores.softmax()
        try builder.output("pattern", pattern)
        try builder.output("y", pattern.matmul(query))
        // Over another axis, and squared elsewhere.
        try builder.output("columns", scores.softmax(axis: 2).matmul(query))
        let centered = try query - query.mean(axes: [-1], keepDimensions: true)
        let other = try (query * query).mean(axes: [-1], keepDimensions: true)
        try builder.output("norm", centered / (other + 1e-5).sqrt())
        // The scale comes after the bias.
        let late = try (query.matmul(query, transposeRHS: true) + 1) * 0.5
        try builder.output("late", late.softmax().matmul(query))
        // ½ is missing.
        try builder.output("half", query * ((query * 0.5.squareRoot()).erf() + 1))
        let counts = try check(builder.build(), ["query": random([1, 2, 3, 4], 1)])
        #expect(counts["attention"] == nil, "\(counts)")
        #expect(counts["layer_norm"] == nil, "\(counts)")
        #expect(counts["gelu"] == nil, "\(counts)")
    }

    @Test func `a finite mask stays, for a row that it hides whole has a mean`() throws {
        let builder = GraphBuilder("finite")
        let query = try builder.input("query", .float32, [1, 1, 2, 4])
        let mask = try builder.constant(Tensor([true, false, false, false], shape: [1, 1, 2, 2]))
        let scores = try mask.where(query.matmul(query, transposeRHS: true), builder.scalar(-1e9))
        try builder.output("y", scores.softmax().matmul(query))
        #expect(try check(builder.build(), ["query": random([1, 1, 2, 4], 1)])["attention"] == nil)
    }

    // MARK: Heads

    @Test func `projections of one input become one product`() throws {
        let builder = GraphBuilder("heads")
        let x = try builder.input("x", .float32, ["batch", "tokens", 8])
        let weights = try AttentionWeights(
            query: builder.constant(random([8, 8], 1)), key: builder.constant(random([4, 8], 2)),
            value: builder.constant(random([4, 8], 3)), output: builder.constant(random([8, 8], 4)))
        let result = try x.selfAttention(weights, heads: 4, keyValueHeads: 2, options: .causal, named: "head")
        try builder.output("y", result.output)
        try builder.output("pattern", result.pattern)
        let graph = try builder.build()
        let counts = try check(graph, ["x": random([2, 5, 8], 5)])
        #expect(counts["linear"] == 2, "\(counts)")
        #expect(counts["attention"] == 1, "\(counts)")
        #expect(counts["self_attention"] == nil, "\(counts)")
        // A backend that takes heads whole keeps them whole.
        let context = OptimizingContext(claimed: ["head"])
        #expect(try Optimizer.standard.optimize(graph, context).graph.nodes.map(\.name) == ["head"])
    }

    // MARK: Products

    @Test func `activations and residuals join their product, where nothing else reads it`() throws {
        for activation in FusedActivation.allCases {
            let builder = GraphBuilder("epilogue")
            let x = try builder.input("x", .float32, ["n", 6])
            let up = try x.linear(weight: builder.constant(random([9, 6], 1)), bias: builder.constant(random([9], 2)))
            let bent = try activation.applied(to: up)
            let down = try bent.linear(weight: builder.constant(random([6, 9], 3)))
            // The residual on the left, as models write it.
            try builder.output("y", x + down)
            let counts = try check(builder.build(), ["x": random([5, 6], 4)])
            let expected = activation == .none ? ["linear": 1, "fused_linear": 1] : ["fused_linear": 2]
            #expect(counts == expected, "\(activation): \(counts)")
            let parts = try check(
                builder.build(), ["x": random([5, 6], 4)], .standard.without(["join-epilogues"]))
            #expect(parts["fused_linear"] == nil, "\(activation): \(parts)")
            #expect(parts["linear"] == 2, "\(activation): \(parts)")
        }
    }

    @Test func `a product that is an output, a residual of another shape and a second sum stay apart`() throws {
        let builder = GraphBuilder("apart")
        let x = try builder.input("x", .float32, ["n", 6])
        let shown = try x.linear(weight: builder.constant(random([6, 6], 1)))
        try builder.output("shown", shown)
        try builder.output("bent", shown.relu())
        let row = try builder.input("row", .float32, [1, 6])
        try builder.output("wide", x.linear(weight: builder.constant(random([6, 6], 2))).tanh() + row)
        // Two products are added up: one of them takes the other.
        let left = try x.linear(weight: builder.constant(random([6, 6], 3)))
        let right = try x.linear(weight: builder.constant(random([6, 6], 4)))
        try builder.output("sum", (left + right).relu())
        let counts = try check(
            builder.build(), ["x": random([5, 6], 5), "row": random([1, 6], 6)],
            .standard.without(["merge-output-projections"]))
        #expect(counts == ["linear": 2, "relu": 2, "fused_linear": 2, "add": 1], "\(counts)")
    }

    @Test func `a transposition is read through by the product after it`() throws {
        let builder = GraphBuilder("turned")
        let a = try builder.input("a", .float32, [2, 5, 3])
        let b = try builder.input("b", .float32, [2, 4, 5])
        let product = try a.transposed([0, 2, 1]).matmul(b.transposed([0, 2, 1]))
        try builder.output("y", product)
        try builder.output("z", a.transposed([0, 2, 1]).matmul(a))
        let counts = try check(builder.build(), ["a": random([2, 5, 3], 1), "b": random([2, 4, 5], 2)])
        #expect(counts == ["matmul": 2], "\(counts)")
    }

    /// Each head with a value-up matrix of its own, as the story tells it.
    private func storyOfHeads(_ builder: GraphBuilder) throws -> Graph {
        let x = try builder.input("x", .float32, ["batch", "tokens", 6])
        var sum = x
        for head in 0..<3 {
            let query = try x.linear(weight: builder.constant(random([4, 6], 3 * head)))
            let key = try x.linear(weight: builder.constant(random([4, 6], 3 * head + 1)))
            let scores = try query.matmul(key, transposeRHS: true) * 0.5
            let down = try x.linear(weight: builder.constant(random([2, 6], 3 * head + 2)))
            let mixed = try scores.softmax(axis: -1).matmul(down)
            sum = try sum + mixed.linear(weight: builder.constant(random([6, 2], 40 + head)))
        }
        try builder.output("y", sum)
        return try builder.build()
    }

    @Test func `value-up matrices are stapled into one output matrix`() throws {
        let graph = try storyOfHeads(GraphBuilder("story"))
        let counts = try check(graph, ["x": random([2, 5, 6], 9)])
        // Nine projections to queries, keys and values stay; of three value-ups one output matrix comes.
        #expect(counts["linear"] == 9, "\(counts)")
        #expect(counts["fused_linear"] == 1, "\(counts)")
        #expect(counts["concatenate"] == 1, "\(counts)")
        let apart = try check(graph, ["x": random([2, 5, 6], 9)], .standard.without(["merge-output-projections"]))
        #expect(apart["linear"] == 9, "\(apart)")
        #expect(apart["fused_linear"] == 3, "\(apart)")
        #expect(apart["concatenate"] == nil, "\(apart)")
    }

    @Test func `the output matrix is cut into value-ups to look at single heads`() throws {
        let builder = GraphBuilder("cut")
        let x = try builder.input("x", .float32, ["batch", "tokens", 8])
        let weights = try AttentionWeights(
            query: builder.constant(random([8, 8], 1)), key: builder.constant(random([8, 8], 2)),
            value: builder.constant(random([8, 8], 3)), output: builder.constant(random([8, 8], 4)))
        try builder.output("y", x.selfAttention(weights, heads: 4, named: "head").output)
        let graph = try builder.build()
        let counts = try check(graph, ["x": random([2, 5, 8], 5)], Optimizer([OpenHeads(), SplitOutputProjection()]))
        #expect(counts["linear"] == 3 + 4, "\(counts)")
        #expect(counts["add"] == 3, "\(counts)")
        let cut = try Optimizer([OpenHeads(), SplitOutputProjection()]).optimize(graph).graph
        #expect(cut.nodes.map(\.name).contains { $0.hasSuffix("/head_3") })
        // And back again.
        let stapled = try check(
            graph, ["x": random([2, 5, 8], 5)],
            Optimizer([OpenHeads(), SplitOutputProjection(), MergeOutputProjections(), RemoveDeadNodes()]))
        #expect(stapled["linear"] == 4, "\(stapled)")
    }

    @Test func `captures of an optimized program share its weights`() throws {
        let inputs = try SampleBlock.inputs(batch: 1, tokens: 4)
        let program = Program(try SampleBlock.graph(), on: makeReference())
        let session = try program.makeSession()
        let plain = try session.run(inputs)
        let before = program.weightByteCount
        let captured = try session.run(inputs, capture: ["attention.pattern"])
        #expect(captured["output"] == plain["output"])
        #expect(captured["attention.pattern"] != nil)
        // Numbers of the opened parts may come with it, matrices may not.
        #expect(program.weightByteCount <= before + 64)
    }
}

/// Numbers that passes read off a graph.
@Suite struct PatternNumberTests {
    /// 0.044715 is no float16: cast there and back it is another number, so this is no GELU.
    @Test(arguments: [DType.float16, .bfloat16]) func `a cast rounds the number it casts`(narrow: DType) throws {
        let builder = GraphBuilder("rounded")
        let x = try builder.input("x", .float32, [3])
        let factor = try builder.scalar(0.044715).cast(to: narrow).cast(to: .float32)
        let inner = try (x + x * x * x * factor) * (2 / Double.pi).squareRoot()
        try builder.output("y", (x * 0.5) * (inner.tanh() + 1))
        let graph = try Optimizer([RecognizeActivations()]).optimize(builder.build()).graph
        #expect(!graph.nodes.contains { $0.operation.id == .gelu })
    }

    @Test func `a cast of the same number is that number`() throws {
        let builder = GraphBuilder("kept")
        let x = try builder.input("x", .float32, [3])
        let half = try builder.scalar(0.5).cast(to: .float16).cast(to: .float32)
        let inner = try (x + x * x * x * 0.044715) * (2 / Double.pi).squareRoot()
        try builder.output("y", (x * half) * (inner.tanh() + 1))
        let graph = try Optimizer([RecognizeActivations()]).optimize(builder.build()).graph
        #expect(graph.nodes.contains { $0.operation.id == .gelu })
    }
}
