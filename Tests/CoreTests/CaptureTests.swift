import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct CaptureTests {
    /// Two blocks of causal self-attention with 4 heads that share 2 keys and values, width 6, and a doubling in
    /// between.
    private func blocks(batched: Bool = true) throws -> Graph {
        let builder = GraphBuilder("blocks")
        let input = try builder.input("x", .float32, (batched ? ["b"] : []) + ["t", 6])
        func attention(_ input: Value, _ name: String, _ seed: Int) throws -> AttentionResult {
            func weight(_ shape: [Int], _ offset: Int) throws -> Value {
                try builder.constant(Tensor(uniform: shape, in: -1...1, seed: seed + offset))
            }
            return try input.selfAttention(
                AttentionWeights(
                    query: weight([12, 6], 0), key: weight([6, 6], 1), value: weight([4, 6], 2),
                    output: weight([6, 8], 3)),
                heads: 4, keyValueHeads: 2, options: .causal, named: name)
        }
        let first = try attention(input, "layers/0/attention", 1)
        let hidden = try input.adding(first.output, named: "layers/0/hidden") * 2
        let second = try attention(hidden, "layers/1/attention", 10)
        try builder.output("y", second.output)
        return try builder.build()
    }

    private let x = Result { try Tensor(uniform: [2, 5, 6], in: -1...1, seed: 40) }

    private func error(_ names: [String]) throws -> String {
        let graph = try blocks()
        let error = #expect(throws: GraphError.self) { try graph.capturing(names) }
        return "\(try #require(error))"
    }

    @Test func `what can be captured has a name, dots or slashes`() throws {
        let graph = try blocks()
        let names = graph.captureNames
        #expect(
            names.prefix(12) == [
                "layers.0.attention", "layers.0.attention.pattern", "layers.0.attention.log_sum_exp",
                "layers.0.attention.queries", "layers.0.attention.mixed", "layers.0.attention.keys",
                "layers.0.attention.values", "layers.0.attention.delta", "layers.0.attention.products",
                "layers.0.attention.scores", "layers.0.attention.masked_scores", "layers.0.attention.heads.0.queries"
            ])
        #expect(names.contains("layers.1.attention.heads.3.delta"))
        #expect(names.contains("layers.0.hidden"))
        #expect(names.allSatisfy { !$0.contains("multiply") }, "values without a name are left out")
        // Each name gives one more output, of a type that is known before anything runs.
        let all = try graph.capturing(names)
        #expect(all.outputs.map(\.name) == ["y"] + names)
        func type(_ name: String) -> String? {
            all.outputs.first { $0.name == name }.map { "\(all.type(of: $0.value))" }
        }
        #expect(type("layers.0.attention.queries") == "float32[b, 4, t, 3]")
        #expect(type("layers.0.attention.keys") == "float32[b, 2, t, 3]")
        #expect(type("layers.0.attention.heads.3.keys") == "float32[b, t, 3]")
        #expect(type("layers.0.attention.heads.3.masked_scores") == "float32[b, t, t]")
        #expect(type("layers.0.attention.delta") == "float32[b, 4, t, 6]")
        #expect(try graph.capturing(["layers/0/attention/heads/1/values"]).outputs.count == 2)
        #expect(try graph.capturing(["multiply_1", "layers.1.attention.output", "x"]).outputs.count == 4)
        let unbatched = try blocks(batched: false)
        let head = try unbatched.capturing(["layers.0.attention.heads.1.scores", "layers.0.attention.scores"])
        #expect(head.outputs.dropFirst().map { "\(head.type(of: $0.value))" } == ["float32[t, t]", "float32[4, t, t]"])
    }

    @Test func `a star stands for one part of a name`() throws {
        let graph = try blocks()
        #expect(
            try graph.captureNames(matching: ["layers.*.attention.pattern", "layers.0.hidden"]) == [
                "layers.0.attention.pattern", "layers.1.attention.pattern", "layers.0.hidden"
            ])
        #expect(try graph.captureNames(matching: ["layers.*.attention.heads.*.delta"]).count == 8)
        expectError(GraphError.self, saying: "\"layers.*\"") { try graph.captureNames(matching: ["layers.*"]) }
    }

    @Test func `what is not there is an error with a hint and a list`() throws {
        for name in [
            "layers.0.atention.pattern", "layers.2.attention.pattern", "layers.0.attention.heads.4.delta",
            "layers.0.attention.heads.-1.delta", "layers.0.attention.heads.1", "layers.0.attention.log_sum_exp.x", "",
            ".", "layers.0.attention.heads.99999999999999999999.delta"
        ] {
            let text = try error([name])
            #expect(text.contains("\"\(name)\""), "\(text)")
            #expect(text.contains("layers.*.attention.heads.*.delta"), "\(text)")
        }
        #expect(try error(["layers.0.atention.pattern"]).contains("did you mean \"layers.0.attention.pattern\"?"))
        let session = try Program(blocks(), on: makeReference()).makeSession()
        expectError(RunError.self, saying: "\"nothing\"") { try session.run(["x": x.get()], capture: ["nothing"]) }
        // A capture can't take the name of an output that is something else.
        let builder = GraphBuilder("clash")
        let input = try builder.input("x", .float32, [2])
        try builder.output("x", input.exp())
        #expect(throws: GraphError.duplicateOutput("x")) { try builder.build().capturing(["x"]) }
    }

    @Test func `only the node that holds the capture runs in parts`() throws {
        let session = try Program(blocks(), on: WholeHeads()).makeSession()
        let inputs = ["x": try Tensor(uniform: [2, 5, 6], in: -1...1, seed: 40)]
        func nodes(_ captures: [String]) throws -> [String] {
            try session.plan(for: inputs, capture: captures).placements.map { "\($0.node) \($0.operation)" }
        }
        #expect(try nodes([]).filter { $0.hasSuffix("self_attention.v1") }.count == 2)
        #expect(try nodes(["layers.0.attention", "layers.0.hidden"]) == nodes([]))
        #expect(try nodes(["layers.1.attention.pattern"]) == nodes([]), "the pattern is the node's own output")
        let queries = try nodes(["layers.1.attention.queries"])
        #expect(queries.contains("layers/0/attention self_attention.v1"))
        #expect(queries.contains("layers/1/attention/attention_1 attention.v1"), "\(queries)")
        let scores = try nodes(["layers.1.attention.heads.2.scores"])
        #expect(scores.contains("layers/0/attention self_attention.v1"))
        #expect(!scores.contains { $0.hasSuffix(" attention.v1") }, "\(scores)")
    }

    @Test func `weights are on the device once, states go on, and plans are kept`() throws {
        let builder = GraphBuilder("sum")
        let input = try builder.input("x", .float32, [2, 3])
        let total = try builder.state("total", .float32, [2, 3])
        let weight = try builder.constant(Tensor(uniform: [3, 3], seed: 1))
        let projected = try input.linear(weight: weight, named: "projection")
        let next = try total.adding(projected.softmax(), named: "next")
        try builder.update(total, with: next)
        try builder.output("y", next)
        let program = Program(try builder.build(), on: makeReference())
        let session = try program.makeSession()
        let inputs = ["x": try Tensor(uniform: [2, 3], seed: 2)]
        let one = try #require(session.run(inputs)["y"]).floats()
        let bytes = program.weightByteCount
        let both = try session.run(inputs, capture: ["projection", "total"])
        #expect(both.keys.sorted() == ["projection", "total", "y"])
        #expect(try both["total"]?.floats() == one)
        #expect(try both["y"]?.floats() == one.map { $0 * 2 })
        _ = try session.run(inputs, capture: ["projection", "total"])
        #expect(try session.run(inputs)["y"]?.floats() == one.map { $0 * 4 })
        #expect(program.weightByteCount == bytes)
        #expect(program.planCount == 1)
    }

    @Test func `a graph with captures is a graph: it can be saved and counted on`() throws {
        let folder = try TemporaryFolder()
        let names = ["layers.0.attention.heads.2.delta", "layers.1.attention.masked_scores"]
        let graph = try blocks().capturing(names)
        try graph.write(to: "\(folder.path)/captures.json")
        let read = try Graph(contentsOf: "\(folder.path)/captures.json")
        let inputs = ["x": try Tensor(uniform: [2, 5, 6], in: -1...1, seed: 40)]
        #expect(try read.run(inputs, on: makeReference()) == graph.run(inputs, on: makeReference()))
        #expect(read.outputs.map(\.name).sorted() == (["y"] + names).sorted())
    }

    @Test func `functions of a file offer their nodes, composites what they name`() throws {
        let text = #"""
            {"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}],
             "functions": [
               {"name": "double", "inputs": ["a"], "nodes": [
                  {"name": "d", "op": "add", "inputs": {"lhs": "a", "rhs": "a"}}], "outputs": {"out": "d"}},
               {"name": "octuple", "inputs": ["a"], "nodes": [
                  {"name": "two", "op": "double", "inputs": {"a": "a"}},
                  {"name": "four", "op": "double", "inputs": {"a": "two"}},
                  {"name": "eight", "op": "double", "inputs": {"a": "four"}}], "outputs": {"out": "eight"}}],
             "nodes": [{"name": "much", "op": "octuple", "inputs": {"a": "x"}}], "outputs": {"y": "much"}}
            """#
        let folder = try TemporaryFolder()
        let graph = try Graph(contentsOf: folder.write(text, "graph.json"))
        #expect(graph.captureNames == ["much", "much.two", "much.four", "much.eight"])
        let x = try Tensor([1, 2] as [Float], shape: [2])
        let found = try Program(graph, on: makeReference()).makeSession().run(["x": x], capture: ["much.four"])
        #expect(try found["much.four"]?.floats() == [4, 8])
        #expect(try found["y"]?.floats() == [8, 16])

        let builder = GraphBuilder("own")
        let own = try builder.apply(Halves(), inputs: ["x": builder.input("x", .float32, [2])], named: "halves")
        try builder.output("y", own[0])
        let halves = try Program(builder.build(), on: makeReference()).makeSession()
        #expect(try halves.run(["x": x], capture: ["halves.half"])["halves.half"]?.floats() == [0.5, 1])
        #expect(halves.program.graph.captureNames == ["halves", "halves.half"])
    }

    private struct Halves: CompositeOperation {
        let schema = OperationSchema("halves", inputs: [.init("x")])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            let half = try call["x"] / 2
            try call.offer("half") { () throws(GraphError) in half }
            return ["output": try half * half]
        }
    }

    /// Parts of an opened head are named after it; a node of the graph may have such a name already.
    @Test func `a node named like a part of a head keeps its name`() throws {
        func graph(_ taken: String) throws -> Graph {
            let builder = GraphBuilder("taken")
            let input = try builder.input("x", .float32, [2, 5, 6])
            func weight(_ seed: Int) throws -> Value {
                try builder.constant(Tensor(uniform: [6, 6], in: -1...1, seed: seed))
            }
            let attended = try input.selfAttention(
                AttentionWeights(query: weight(1), key: weight(2), value: weight(3), output: weight(4)), heads: 2,
                named: "h")
            try builder.output("y", builder.apply(.exp, [attended.output], named: taken))
            return try builder.build()
        }
        let inputs = ["x": try Tensor(uniform: [2, 5, 6], in: -1...1, seed: 40)]
        let optimized = try Optimizer([OpenHeads()]).optimize(graph("last")).graph
        let captured = try graph("last").capturing(["h.scores"])
        for opened in [optimized, captured] {
            let part = try #require(opened.nodes.first { $0.name.hasPrefix("h/") && $0.operation.primitive != nil })
                .name
            let program = Program(try graph(part), on: makeReference())
            let plain = Program(try graph(part), on: makeReference(), optimizer: .none)
            let expected = try plain.makeSession().run(inputs)
            #expect(try program.makeSession().run(inputs)["y"]?.shape == expected["y"]?.shape)
            #expect(try plain.makeSession().run(inputs, capture: ["h.scores"])["y"] == expected["y"])
        }
    }
}

/// Takes heads and attention whole, to show what the planner offers it; runs nothing.
private final class WholeHeads: ForwardingBackend {
    let base: any ComputeBackend = makeReference()

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard ["self_attention", "attention"].contains(request.operation.name) else { return try base.prepare(request) }
        return Whole()
    }

    private struct Whole: Kernel {
        let name = "whole"
        let cost = KernelCost(flops: 0, bytes: 0)

        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            preconditionFailure("nothing runs here")
        }
    }
}
