import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

@Suite struct GraphFileTests {
    /// Written, read and written again, the files and the results are the same.
    private func check(_ graph: Graph, _ inputs: [String: Tensor]) throws {
        let folder = try TemporaryFolder()
        try graph.write(to: "\(folder.path)/a.json")
        let read = try Graph(contentsOf: "\(folder.path)/a.json")
        try read.write(to: "\(folder.path)/b.json")
        let (first, second) = (
            try String(contentsOfFile: "\(folder.path)/a.json", encoding: .utf8),
            try String(contentsOfFile: "\(folder.path)/b.json", encoding: .utf8)
        )
        #expect(first.replacing("a.safetensors", with: "b.safetensors") == second)
        #expect(try read.run(inputs, on: makeReference()) == graph.run(inputs, on: makeReference()))
        #expect(try !folder.files.contains { $0.hasSuffix(".partial") })
    }

    /// A composite of a user's own, with a scalar inside.
    private struct Swish: CompositeOperation {
        let schema = OperationSchema("swish", inputs: [.init("x")])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            ["output": try call["x"] * ((call["x"] * -1.5).exp() + 1).reciprocal()]
        }
    }

    @Test func `heads, symbols, weights and special numbers`() throws {
        let builder = GraphBuilder("everything")
        let x = try builder.input("x", .float32, ["batch", "tokens", 8])
        let offset = try builder.input("offset", .int32, [])
        func weight(_ seed: Int) throws -> Value {
            try builder.constant(Tensor(uniform: [8, 8], in: -1...1, seed: seed), named: "w/\(seed)")
        }
        var options = AttentionOptions.causal
        (options.window, options.softCap, options.scale, options.queryOffset) = (3, 5, 0.3, offset)
        let weights = AttentionWeights(
            query: try weight(1), key: try weight(2), value: try weight(3), output: try weight(4))
        let attended = try x.selfAttention(weights, heads: 2, options: options, named: "head")
        let odd = try builder.constant(Tensor([.infinity, -.infinity, .nan, 0.1] as [Float], shape: [4]))
        try builder.output("y", builder.concatenate([attended.output, x], axis: 2).reshaped(["batch", "tokens * 16"]))
        try builder.output("pattern", attended.pattern)
        try builder.output("finite", odd.equal(odd))
        try builder.output("half", x.cast(to: .bfloat16).padded(before: [0, 1, 0], after: [0, 0, 2], value: -.infinity))
        try check(
            builder.build(),
            ["x": try Tensor(uniform: [2, 5, 8], in: -1...1, seed: 9), "offset": try Tensor([1] as [Int32], shape: [])])
    }

    @Test func `a composite written in Swift is carried as a function`() throws {
        let builder = GraphBuilder("custom")
        let x = try builder.input("x", .float32, [7])
        let once = try builder.apply(Swish(), inputs: ["x": x])[0]
        try builder.output("y", builder.apply(Swish(), inputs: ["x": once])[0])
        try check(builder.build(), ["x": try Tensor(uniform: [7], in: -2...2, seed: 1)])
    }

    /// Over a composite that nobody registered.
    private struct DoubleSwish: CompositeOperation {
        let schema = OperationSchema("double_swish", inputs: [.init("x"), .init("c")])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            ["output": try call.graph.apply(Swish(), inputs: ["x": call["x"]])[0] * call["c"]]
        }
    }

    @Test func `a composite may use another that the graph has not seen`() throws {
        let builder = GraphBuilder("own")
        let x = try builder.input("x", .float32, ["n"])
        let once = try builder.apply(DoubleSwish(), inputs: ["x": x, "c": builder.scalar(2)])[0]
        try builder.output("y", builder.apply(DoubleSwish(), inputs: ["x": once, "c": once])[0])
        // The inner one may be used on its own as well.
        try builder.output("z", builder.apply(Swish(), inputs: ["x": x])[0])
        let graph = try builder.build()
        let inputs = ["x": try Tensor(uniform: [7], in: -2...2, seed: 1)]
        func swish(_ x: Float) -> Float { x / (1 + exp(-1.5 * x)) }
        let (given, found) = (try #require(inputs["x"]).floats(), try graph.run(inputs, on: makeReference()))
        let expected = given.map { (x: Float) -> Float in
            let once = 2 * swish(x)
            return once * swish(once)
        }
        try expectNear(#require(found["y"]).floats(), expected, within: 1e-5)
        try check(graph, inputs)
        let folder = try TemporaryFolder()
        try graph.write(to: "\(folder.path)/own.json")
        let read = try Graph(contentsOf: "\(folder.path)/own.json")
        #expect(read.composites.keys.sorted() == ["double_swish.v1", "swish.v1"])
    }

    @Test func `nodes in any order, functions in functions, versions and states`() throws {
        let text = #"""
            {"attend": 1, "name": "loose",
             "inputs": [{"name": "x", "dtype": "float32", "shape": [2, "n"]}],
             "states": [{"name": "total", "dtype": "float32", "shape": [2]}],
             "constants": [{"name": "half", "dtype": "float32", "shape": [], "data": [0.5]}],
             "functions": [
               {"name": "double", "inputs": ["a"], "nodes": [
                  {"name": "d", "op": "add", "inputs": {"lhs": "a", "rhs": "a"}}], "outputs": {"out": "d"}},
               {"name": "quadruple", "inputs": ["a"], "nodes": [
                  {"name": "two", "op": "double", "inputs": {"a": "one"}},
                  {"name": "one", "op": "double", "inputs": {"a": "a"}}], "outputs": {"out": "two"}}],
             "nodes": [
               {"name": "next", "op": "add", "inputs": {"lhs": "total", "rhs": "sums"}},
               {"name": "sums", "op": "reduce_sum.v1", "inputs": {"input": "scaled"}, "attributes": {"axes": [-1]}},
               {"name": "scaled", "op": "multiply", "inputs": {"lhs": "four", "rhs": "half"}},
               {"name": "four", "op": "quadruple", "inputs": {"a": "x"}}],
             "outputs": {"y": "next"}, "updates": {"total": "next"}}
            """#
        let folder = try TemporaryFolder()
        let graph = try Graph(contentsOf: folder.write(text, "loose.json"))
        let session = try Program(graph, on: makeReference()).makeSession()
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(try session.run(["x": x])["y"]?.floats() == [12, 30])
        #expect(try session.run(["x": x])["y"]?.floats() == [24, 60])
        try check(graph, ["x": x])
    }

    /// 1/0 and 1/-0, from constants that are equal as numbers.
    private struct Zeros: CompositeOperation {
        let schema = OperationSchema("zeros", inputs: [.init("x")], outputs: ["positive", "negative"])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            ["positive": try call["x"] / call.graph.scalar(0), "negative": try call["x"] / call.graph.scalar(-0.0)]
        }
    }

    @Test func `zero and minus zero are two constants`() throws {
        let builder = GraphBuilder("zeros")
        let both = try builder.apply(Zeros(), inputs: ["x": builder.input("x", .float32, [])])
        try builder.output("positive", both[0])
        try builder.output("negative", both[1])
        let graph = try builder.build()
        let results = try graph.run(["x": Tensor(1 as Float)], on: makeReference())
        #expect(try results["positive"]?.floats() == [.infinity])
        #expect(try results["negative"]?.floats() == [-.infinity])
        try check(graph, ["x": Tensor(1 as Float)])
    }

    @Test func `every element of every dtype`() throws {
        let builder = GraphBuilder("constants")
        let floats: [Float] = [.infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1]
        let tensors: [String: Tensor] = [
            "floats": try Tensor(floats, shape: [7]), "bools": try Tensor([true, false], shape: [2]),
            "longs": try Tensor([Int64.min, .max, -1], shape: [3]), "ints": try Tensor([Int32.min, .max], shape: [2]),
            "halves": try Tensor(storage: .float16([0x3C00, 0x7C00, 0xFC00, 0x0001, 0x8000]), shape: [5]),
            "brains": try Tensor(storage: .bfloat16([0x3F80, 0x7F80, 0x0001, 0x8000]), shape: [4]),
            "scalar": Tensor(0.5), "empty": try Tensor(zeros: [0, 3]), "large": try Tensor(uniform: [99], seed: 1)
        ]
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            try builder.output(name, builder.constant(tensor, named: "c_\(name)"))
        }
        let graph = try builder.build()
        try check(graph, [:])
        let folder = try TemporaryFolder()
        try graph.write(to: "\(folder.path)/graph.json")
        let read = try Graph(contentsOf: "\(folder.path)/graph.json")
        for constant in read.constants { #expect(try constant.tensor == tensors[String(constant.name.dropFirst(2))]) }
        let found = try #require(read.constants.first { $0.name == "c_floats" }).tensor.floats()
        #expect(found.map(\.bitPattern) == floats.map(\.bitPattern))
    }

    @Test func `a long chain of nodes in reverse is read without a deep stack`() throws {
        let nodes = (1...5000).reversed().map {
            #"{"name": "n\#($0)", "op": "negate", "inputs": {"input": "n\#($0 - 1)"}}"#
        }
        let graph = try TemporaryFolder().graph(
            """
            {"attend": 1, "inputs": [{"name": "n0", "dtype": "int32", "shape": []}],
             "nodes": [\(nodes.joined(separator: ","))], "outputs": {"out": "n5000"}}
            """)
        let result = try graph.run(["n0": Tensor([7] as [Int32], shape: [])], on: makeReference())
        #expect(try result["out"]?.integers() == [7])
    }

    @Test func `sizes are read, compared and bound`() throws {
        #expect(try Size(parsing: "heads * width / heads") == "width")
    }

    @Test(arguments: ["heads * width / heads", "n / n", "(a + b) / (a + b) * 3", "1 / n * n", "n / n - 1"])
    func `a file keeps what a size was divided by, though it canceled`(text: String) throws {
        let builder = GraphBuilder("sizes")
        let x = try builder.input("x", .float32, [1])
        try builder.output("y", x.broadcast([Size(parsing: text)]))
        let folder = try TemporaryFolder()
        try builder.build().write(to: "\(folder.path)/sizes.json")
        let read = try Graph(contentsOf: "\(folder.path)/sizes.json").nodes[0].operation.attributes.sizes("shape")[0]
        #expect(try read == Size(parsing: text))
        #expect(throws: SizeError.self) { try read.bound(to: ["heads": 0, "width": 4, "n": 0, "a": 0, "b": 0]) }
        #expect(try Size(parsing: "2 * (past + tokens) - tokens - tokens") == "2 * past")
        #expect(try Size(parsing: "frames / 2").bound(to: ["frames": 10]) == 5)
        expectError(SizeError.self, saying: "has a remainder") {
            try Size(parsing: "frames / 2").bound(to: ["frames": 9])
        }
        expectError(SizeError.self, saying: "frames") { try Size(parsing: "frames").bound(to: [:]) }
        expectError(SizeError.self, saying: "overflows") { try Size(parsing: "a * a").bound(to: ["a": 1 << 40]) }
        for (bad, words) in [
            ("", "expected a size or a symbol at the end"), ("a +", "a symbol at the end"), ("(a", "\")\" is missing"),
            ("3 / 0", "divides by zero"), ("7 / 2", "has a remainder"), ("a / (b + c)", "a sum of symbols"),
            ("1x", "expected a 64-bit integer, found \"1x\""), ("a b", "unexpected \"b\""),
            (String(repeating: "(", count: 100_000), "nested too deeply"),
            (String(repeating: "-", count: 100_000), "nested too deeply")
        ] {
            expectError(SizeError.self, saying: words) { try Size(parsing: bad) }
        }
        for text in ["a", "-3", "a * b / c + 2", "a - 3 * b", "1 / a", "0", "(a + 1) / 2", "(a * b - 3) / 4"] {
            let size = try Size(parsing: text)
            #expect(try Size(parsing: size.description) == size, "\(text) → \(size)")
        }
    }
}
