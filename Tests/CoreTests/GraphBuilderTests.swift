import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct GraphBuilderTests {
    private func fails(_ says: String..., by body: () throws -> Void) throws {
        let error = #expect(throws: GraphError.self) { try body() }
        let text = "\(try #require(error))"
        for word in says { #expect(text.contains(word), "\(text)") }
    }

    /// Adds a value that it brought along from another graph; it never leaves its test's task.
    private struct Smuggler: CompositeOperation, @unchecked Sendable {
        let schema = OperationSchema("smuggler", inputs: [.init("x")])
        let other: Value

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            ["output": try call["x"] + other]
        }
    }

    @Test func `a value has at most eight axes`() throws {
        let builder = GraphBuilder("ranks")
        let eight = try builder.input("eight", TensorType(.float32, [1, 2, 1, 2, 1, 2, 1, 2]))
        #expect(TensorType.largestRank == 8)
        #expect(try eight.exp().rank == 8)
        let nine = Array(repeating: 1, count: 9)
        try fails("\"nine\"", "rank 9", "at most 8") { _ = try builder.input("nine", TensorType(.float32, nine)) }
        try fails("rank 9") { _ = try builder.constant(Tensor(zeros: nine)) }
        try fails("rank 9") { _ = try builder.state("state", .float32, nine.map { Size($0) }) }
        try fails("rank 9") { _ = try eight.broadcast([1, 1, 2, 1, 2, 1, 2, 1, 2]) }
        try fails("rank 9") { _ = try eight.reshaped([1, 1, 2, 1, 2, 1, 2, 1, 2]) }
    }

    @Test func `values of two builders don't mix`() throws {
        let (first, second) = (GraphBuilder("first"), GraphBuilder("second"))
        let x = try first.input("x", .float32, [2])
        let y = try second.input("y", .float32, [2])
        let state = try first.state("s", .float32, [2])
        let expected = GraphError.foreignValue(name: "y", from: "second", in: "first")
        #expect(throws: expected) { try x + y }
        #expect(throws: expected) { try first.concatenate([x, y], axis: 0) }
        #expect(throws: expected) { try first.apply("add", inputs: ["lhs": x, "rhs": y]) }
        #expect(throws: expected) { try first.output("out", y) }
        #expect(throws: expected) { try first.update(state, with: y) }
        #expect(throws: GraphError.foreignValue(name: "s", from: "first", in: "second")) {
            try second.update(state, with: y)
        }
        #expect(throws: expected) { try x.attention(key: x, value: x, options: .masked(y)) }
        try fails("\"y\"", "\"second\"", "\"first\"") { _ = try x.linear(weight: y) }
        // A composite's parts are a graph of their own.
        try fails("smuggler", "\"x\"", "\"first\"") {
            try first.apply(Smuggler(other: x), inputs: ["x": x], named: "n")
        }
        // What failed left nothing behind.
        try first.output("out", x)
        #expect(try first.build().nodes.isEmpty)
    }

    @Test func `a second update of a state, and a schema with a name twice, are named`() throws {
        let builder = GraphBuilder("states")
        let state = try builder.state("s", .float32, [2])
        try builder.update(state, with: state + 1)
        try fails("\"s\"", "one update", "updated twice") { try builder.update(state, with: state + 2) }
        let node = GraphFunction.Node(name: "a", operation: Operation(.negate), inputs: ["input": ["x"]])
        let twice = GraphFunction("twice", inputs: ["x"], nodes: [node], outputs: [("y", "a"), ("y", "x")])
        try fails("\"y\"", "twice has two outputs of this name") { try builder.register(twice) }
        let both = GraphFunction("both", inputs: ["x", "x"], nodes: [node], outputs: [("y", "a")])
        try fails("\"x\"", "both has two inputs of this name") { try builder.register(both) }
    }

    /// Strides of an empty tensor are numbers too.
    @Test(arguments: [[1 << 62, 4, 0], [0, 1 << 62, 4], [1 << 62, 0, 4]])
    func `sizes whose product overflows are no shape, wherever a 0 is`(shape: [Int]) {
        #expect(throws: TensorError.badShape(shape)) { try Tensor.elementCount(of: shape) }
        #expect(throws: Never.self) { try Tensor.elementCount(of: [0, 1 << 40, 4]) }
    }

    /// Symbols may agree or not; that is decided when they are bound.
    @Test func `an update of another size than its state is an error once both are bound`() throws {
        let builder = GraphBuilder("states")
        let x = try builder.input("x", .float32, ["n"])
        let state = try builder.state("s", .float32, ["m"])
        try builder.update(state, with: x.exp())
        try builder.output("y", state + 1)
        let program = Program(try builder.build(), on: makeReference())
        let inputs = ["x": try Tensor([1, 2, 3] as [Float], shape: [3])]
        #expect(try program.makeSession(symbols: ["m": 3]).run(inputs)["y"]?.shape == [3])
        expectError(RunError.self, saying: "\"s\"", "float32[5]", "float32[3]") {
            try program.makeSession(symbols: ["m": 5]).run(inputs)
        }
    }
}
