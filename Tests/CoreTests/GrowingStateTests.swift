import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// A decoder's loop: one token after another, with a key/value cache that doubles.
@Suite struct GrowingStateTests {
    private static let width = 8

    private static func weights(_ builder: GraphBuilder) throws -> [Value] {
        try (1...4).map { try builder.constant(Tensor(uniform: [width, width], in: -0.8...0.8, seed: $0)) }
    }

    private static func heads(_ value: Value, _ tokens: Size) throws -> Value {
        try value.reshaped([1, tokens, 2, 4]).transposed([0, 2, 1, 3])
    }

    /// One token a run: its key and value join the cache.
    private static func decoder() throws -> Graph {
        let builder = GraphBuilder("decoder")
        let x = try builder.input("x", .float32, [1, 1, Size(width)])
        let position = try builder.input("position", .int64, [])
        let weights = try weights(builder)
        let keys = try builder.state("keys", .float32, [1, 2, "capacity", 4])
        let values = try builder.state("values", .float32, [1, 2, "capacity", 4])
        let newKeys = try keys.updatingSlice(with: heads(x.linear(weight: weights[1]), 1), start: position, axis: 2)
        let newValues = try values.updatingSlice(with: heads(x.linear(weight: weights[2]), 1), start: position, axis: 2)
        try builder.update(keys, with: newKeys)
        try builder.update(values, with: newValues)
        var options = AttentionOptions.causal
        options.queryOffset = position
        let mixed = try heads(x.linear(weight: weights[0]), 1).attention(
            key: newKeys, value: newValues, options: options)
        let joined = try mixed.output.transposed([0, 2, 1, 3]).reshaped([1, 1, Size(width)])
        try builder.output("y", joined.linear(weight: weights[3]))
        return try builder.build()
    }

    /// All tokens at once.
    private static func whole() throws -> Graph {
        let builder = GraphBuilder("whole")
        let x = try builder.input("x", .float32, [1, "tokens", Size(width)])
        let weights = try weights(builder)
        let mixed = try heads(x.linear(weight: weights[0]), "tokens").attention(
            key: heads(x.linear(weight: weights[1]), "tokens"), value: heads(x.linear(weight: weights[2]), "tokens"),
            options: .causal)
        let joined = try mixed.output.transposed([0, 2, 1, 3]).reshaped([1, "tokens", Size(width)])
        try builder.output("y", joined.linear(weight: weights[3]))
        return try builder.build()
    }

    @Test func `500 steps plan as often as the cache doubles, and no more`() throws {
        let (count, width) = (500, Self.width)
        let tokens = try Tensor(uniform: [1, count, width], in: -1...1, seed: 5)
        let program = Program(try Self.decoder(), on: makeReference())
        let session = try program.makeSession(symbols: ["capacity": 1])
        var rows: [[Float]] = []
        for (position, row) in try tokens.rows().enumerated() {
            try session.reserve("capacity", atLeast: position + 1)
            let results = try session.run(["x": Tensor(row, shape: [1, 1, width]), "position": Tensor(position)])
            rows.append(try #require(results["y"]).floats())
        }
        #expect(session.symbols == ["capacity": 512])
        // 1, 2, 4, … 512.
        #expect(program.planCount == 10)
        let expected = try #require(try Self.whole().run(["x": tokens], on: makeReference())["y"]).rows()
        try #require(rows.count == count)
        try #require(expected.count == count)
        for (position, (found, wanted)) in zip(rows, expected).enumerated() {
            expectNear(found, wanted, within: 4e-6, "token \(position)")
        }
        // What it takes in the end: two caches, each with the one that is being made.
        let last = try session.plan(for: ["x": Tensor(zeros: [1, 1, width]), "position": Tensor(0)])
        #expect(last.memory.stateByteCount == 2 * 2 * (512 * 2 * 4 * 4))
        #expect(last.memory.workingByteCount < 32_768)
    }

    @Test func `what grows keeps what it holds, and what can't grow changes nothing`() throws {
        let builder = GraphBuilder("memory")
        let x = try builder.input("x", .float32, [1, "width"])
        let at = try builder.input("at", .int64, [])
        let kept = try builder.state("kept", .float32, ["capacity", "width"])
        try builder.update(kept, with: kept.updatingSlice(with: x, start: at, axis: 0))
        try builder.output("sum", kept.updatingSlice(with: x, start: at, axis: 0).sum(axes: [0]))
        let session = try Program(builder.build(), on: makeReference()).makeSession(symbols: ["capacity": 2])
        func run(_ numbers: [Float], _ place: Int) throws -> [Float] {
            let inputs = ["x": try Tensor(numbers, shape: [1, 3]), "at": Tensor(place)]
            return try #require(try session.run(inputs)["sum"]).floats()
        }
        #expect(try run([1, 2, 3], 0) == [1, 2, 3])
        #expect(try run([10, 20, 30], 1) == [11, 22, 33])
        expectError(RunError.self, saying: "update_slice", "2") { try run([1, 1, 1], 2) }
        #expect(try session.reserve("capacity", atLeast: 3) == 4)
        #expect(try run([100, 200, 300], 2) == [111, 222, 333])
        #expect(try session.reserve("capacity", atLeast: 4) == 4)
        expectError(RunError.self, saying: "\"kept\"", "at least type float32[4, 3], found float32[3, 3]") {
            try session.grow(["capacity": 3])
        }
        expectError(RunError.self, saying: "\"rows\"", "capacity") { try session.reserve("rows", atLeast: 3) }
        #expect(session.symbols == ["capacity": 4])
        #expect(try run([1000, 2000, 3000], 3) == [1111, 2222, 3333])
    }
}
