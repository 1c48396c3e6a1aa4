import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct OpeningTests {
    /// f1 is a negation, and each further function calls the one before it twice, one after the other.
    private func doublings(_ count: Int) -> String {
        let functions = (1...count).map { index in
            let (op, input) = index == 1 ? ("negate", "input") : ("f\(index - 1)", "v")
            let last = index == 1 ? "a" : "b"
            let second = index == 1 ? "" : #", {"name": "b", "op": "\#(op)", "inputs": {"\#(input)": "a"}}"#
            return #"{"name": "f\#(index)", "inputs": ["v"], "nodes": ["#
                + #"{"name": "a", "op": "\#(op)", "inputs": {"\#(input)": "v"}}\#(second)], "#
                + #""outputs": {"o": "\#(last)"}}"#
        }
        return #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "functions": ["#
            + functions.joined(separator: ",")
            + #"], "nodes": [{"name": "all", "op": "f\#(count)", "inputs": {"v": "x"}}], "outputs": {"y": "all"}}"#
    }

    @Test func `functions that double each other are run as far as that is possible`() throws {
        let folder = try TemporaryFolder()
        let graph = try Graph(contentsOf: folder.write(doublings(11), "graph.json"))
        let plan = try Program(graph, on: makeReference()).plan(symbols: ["n": 1])
        #expect(plan.placements.count == 1024)
        let x = try Tensor([1, 2] as [Float], shape: [2])
        #expect(try graph.run(["x": x], on: makeReference())["y"] == x)
        // What was read can be written, each function once.
        try graph.write(to: "\(folder.path)/again.json")
        #expect(try Graph(contentsOf: "\(folder.path)/again.json").composites.count == 11)
    }

    @Test(arguments: [20, 40, 64]) func `more of them are refused at once, and the node is named`(count: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(doublings(count), "graph.json")
        let error = #expect(throws: GraphFileError.self) { try Graph(contentsOf: path) }
        let text = "\(try #require(error))"
        #expect(text.contains("\"all\""), "\(text)")
        #expect(text.contains("more than 262144 operations"), "\(text)")
    }

    @Test func `functions that nest too deep are refused`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(doublings(65), "graph.json")
        let error = #expect(throws: GraphFileError.self) { try Graph(contentsOf: path) }
        let text = "\(try #require(error))"
        #expect(text.contains("\"all\""), "\(text)")
        #expect(text.contains("64 levels deep"), "\(text)")
    }

    @Test(arguments: [11, 62, 64, 65, 1000, 20_000]) func `nested functions need no deeper a stack than there is`(
        count: Int
    ) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(nested(count), "graph.json")
        try onStack(of: 512 << 10) {
            guard count <= 64 else {
                _ = #expect(throws: GraphFileError.self) { try Graph(contentsOf: path) }
                return
            }
            let graph = try Graph(contentsOf: path)
            let x = try Tensor([1, 2] as [Float], shape: [2])
            #expect(try graph.run(["x": x], on: makeReference())["y"]?.floats() == (count % 2 == 0 ? [1, 2] : [-1, -2]))
            try graph.write(to: path + ".again")
        }
    }

    /// Each function negates what the one before it gives.
    private func nested(_ count: Int) -> String {
        let functions = (1...count).map { index in
            let inner =
                index == 1
                ? #"{"name": "a", "op": "negate", "inputs": {"input": "v"}}"#
                : """
                {"name": "b", "op": "f\(index - 1)", "inputs": {"v": "v"}},
                {"name": "a", "op": "negate", "inputs": {"input": "b"}}
                """
            return #"{"name": "f\#(index)", "inputs": ["v"], "nodes": [\#(inner)], "outputs": {"o": "a"}}"#
        }
        return #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "functions": ["#
            + functions.joined(separator: ",")
            + #"], "nodes": [{"name": "all", "op": "f\#(count)", "inputs": {"v": "x"}}], "outputs": {"y": "all"}}"#
    }

    @Test(arguments: [1 << 20, 1 << 30, 1 << 40]) func `a convolution of millions of taps is refused at once`(
        width: Int
    ) throws {
        let builder = GraphBuilder("taps")
        let x = try builder.input("x", .float32, [1, 1, Size(width)])
        let weight = try builder.input("w", .float32, [1, 1, Size(width)])
        for dilation in [1, 1 << 31] {
            let error = try #require(throws: GraphError.self) {
                try builder.apply(
                    "convolution_1d", inputs: ["input": x, "weight": weight],
                    attributes: ["dilation": .integer(dilation)], named: "long")
            }
            #expect("\(error)".contains("\"long\""), "\(error)")
        }
    }

    @Test(arguments: [[6, 1], [1, 6], [2, 3], [1], []]) func `a convolution's bias has one number per output channel`(
        shape: [Int]
    ) throws {
        let builder = GraphBuilder("bias")
        let x = try builder.input("x", .float32, [1, 2, 9])
        let weight = try builder.input("w", .float32, [6, 2, 3])
        let bias = try builder.input("b", .float32, shape.map { Size($0) })
        let error = try #require(throws: GraphError.self) {
            try builder.apply("convolution_1d", inputs: ["input": x, "weight": weight, "bias": bias])
        }
        #expect("\(error)".contains("bias must have the shape [6], found"), "\(error)")
    }

    /// Doubles what its depth says, by composites that nobody registered.
    private struct Doubling: CompositeOperation {
        let depth: Int
        var schema: OperationSchema { OperationSchema("doubling_\(depth)", inputs: [.init("x")]) }

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            guard depth > 0 else { return ["output": try -call["x"]] }
            let once = try call.graph.apply(Doubling(depth: depth - 1), inputs: ["x": call["x"]])[0]
            return ["output": try call.graph.apply(Doubling(depth: depth - 1), inputs: ["x": once])[0]]
        }
    }

    @Test func `composites written in Swift are counted like functions`() throws {
        let builder = GraphBuilder("swift")
        let x = try builder.input("x", .float32, [])
        let error = #expect(throws: GraphError.self) {
            try builder.apply(Doubling(depth: 40), inputs: ["x": x], named: "deep")
        }
        #expect("\(try #require(error))".contains("\"deep\""))
        // 2 · 2¹⁷ fit together, and then no more.
        for name in ["a", "b"] {
            try builder.output(name, builder.apply(Doubling(depth: 17), inputs: ["x": x], named: name)[0])
        }
        expectError(GraphError.self, saying: "\"c\"", "more than 262144") {
            try builder.apply(Doubling(depth: 0), inputs: ["x": x], named: "c")
        }
        let folder = try TemporaryFolder()
        try builder.build().write(to: "\(folder.path)/graph.json")
        #expect(try Graph(contentsOf: "\(folder.path)/graph.json").composites.count == 18)
    }
}
