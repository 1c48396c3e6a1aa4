import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct SessionTests {
    private func fails(_ says: [String], _ body: () throws -> Void) throws {
        let error = #expect(throws: RunError.self) { try body() }
        let text = "\(try #require(error))"
        for word in says { #expect(text.contains(word), "\(text)") }
    }

    @Test func `inputs that don't fit are named`() throws {
        let builder = GraphBuilder("sum")
        let left = try builder.input("left", .float32, ["n", 2])
        let right = try builder.input("right", .float32, ["n + 1", 2])
        try builder.output("y", left.sum() + right.sum())
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        let two = try Tensor(uniform: [2, 2], seed: 1)
        let three = try Tensor(uniform: [3, 2], seed: 2)
        #expect(try session.run(["left": two, "right": three]).count == 1)
        try fails(["\"right\"", "n + 1"]) { _ = try session.run(["left": two, "right": two]) }
        try fails(["\"right\"", "missing"]) { _ = try session.run(["left": two]) }
        try fails(["\"rihgt\"", "right"]) { _ = try session.run(["left": two, "rihgt": three]) }
        try fails(["\"left\"", "float32", "int64"]) { _ = try session.run(["left": Tensor(3), "right": three]) }
        try fails(["\"left\"", "[2]"]) { _ = try session.run(["left": Tensor(uniform: [2], seed: 1), "right": three]) }
    }

    @Test func `one symbol has one value`() throws {
        let builder = GraphBuilder("pair")
        let left = try builder.input("left", .float32, ["n"])
        let right = try builder.input("right", .float32, ["n"])
        try builder.output("y", left * right)
        let graph = try builder.build()
        try fails(["\"n\"", "\"left\"", "\"right\"", "2", "3"]) {
            _ = try graph.run(
                ["left": Tensor(uniform: [2], seed: 1), "right": Tensor(uniform: [3], seed: 1)], on: makeReference())
        }
    }

    @Test func `plans are made once for each size, and weights once for all`() throws {
        let builder = GraphBuilder("linear")
        let input = try builder.input("x", .float32, ["n", 4])
        try builder.output("y", input.linear(weight: builder.constant(Tensor(uniform: [3, 4], seed: 1))))
        let program = Program(try builder.build(), on: makeReference())
        for rows in [1, 2, 1, 2, 3] {
            let session = try program.makeSession()
            #expect(try session.run(["x": Tensor(uniform: [rows, 4], seed: 2)])["y"]?.shape == [rows, 3])
        }
        #expect(program.planCount == 3)
        #expect(program.weightByteCount == 48)
    }

    @Test func `memory is used again once a value is dead`() throws {
        let builder = GraphBuilder("chain")
        var value = try builder.input("x", .float32, [1000])
        for step in 0..<30 { value = try step % 2 == 0 ? value.exp() : value.log() }
        try builder.output("y", value)
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        let input = try Tensor(uniform: [1000], in: 0.5...1.5, seed: 3)
        #expect(try session.plan(for: ["x": input]).workingByteCount <= 2 * 4000)
        let output = try #require(session.run(["x": input])["y"]).floats()
        try expectNear(output, input.floats(), within: 1e-4)
    }

    @Test func `an output that nothing uses costs nothing`() throws {
        func kernels(wantsPattern: Bool) throws -> Int {
            let builder = GraphBuilder("attention")
            let x = try builder.input("x", .float32, [1, 1, 3, 4])
            let result = try x.attention(key: x, value: x)
            try builder.output("output", result.output)
            if wantsPattern { try builder.output("sum", result.logSumExp) }
            _ = try x.exp()
            return try Program(builder.build(), on: makeReference()).makeSession()
                .plan(for: ["x": Tensor(uniform: [1, 1, 3, 4], seed: 1)]).placements.count
        }
        #expect(try kernels(wantsPattern: false) < kernels(wantsPattern: true))
    }

    /// A cache of `capacity` rows that grows by one a run, and a counter.
    private func cache() throws -> Graph {
        let builder = GraphBuilder("cache")
        let row = try builder.input("row", .float32, [1, 2])
        let cache = try builder.state("cache", .float32, ["capacity", 2])
        let count = try builder.state("count", .int64, [])
        let filled = try cache.updatingSlice(with: row, start: count, axis: 0)
        try builder.update(cache, with: filled)
        try builder.update(count, with: count + 1)
        try builder.output("sum", filled.sum(axes: [0]))
        try builder.output("before", cache)
        return try builder.build()
    }

    @Test func `states live from run to run, each session its own`() throws {
        let program = Program(try cache(), on: makeReference())
        let sessions = [
            try program.makeSession(symbols: ["capacity": 4]), try program.makeSession(symbols: ["capacity": 4])
        ]
        for step in 1...4 {
            let first = try sessions[0].run(["row": Tensor([1, 2] as [Float], shape: [1, 2])])
            #expect(try first["sum"]?.floats() == [Float(step), Float(2 * step)])
            #expect(try first["before"]?.floats().reduce(0, +) == Float(3 * (step - 1)))
        }
        let other = try sessions[1].run(["row": Tensor([5, 5] as [Float], shape: [1, 2])])
        #expect(try other["sum"]?.floats() == [5, 5])
        // The cache is full: the run fails and leaves the states as they were.
        for _ in 0..<2 {
            try fails(["update_slice", "4"]) {
                _ = try sessions[0].run(["row": Tensor([9, 9] as [Float], shape: [1, 2])])
            }
        }
        #expect(program.planCount == 1)
    }

    @Test func `a state without a size is an error`() throws {
        let session = try Program(cache(), on: makeReference()).makeSession()
        try fails(["cache", "capacity"]) { _ = try session.run(["row": Tensor([1, 2] as [Float], shape: [1, 2])]) }
    }

    @Test func `two states that take each other's value`() throws {
        let builder = GraphBuilder("swap")
        let a = try builder.state("a", .float32, [])
        let b = try builder.state("b", .float32, [])
        let seed = try builder.input("seed", .float32, [])
        try builder.update(a, with: b + seed)
        try builder.update(b, with: a)
        try builder.output("a", a)
        try builder.output("b", b)
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        var (left, right): (Float, Float) = (0, 0)
        for step in 1...5 {
            let found = try session.run(["seed": Tensor(Float(step))])
            #expect(try found["a"]?.floats() == [left])
            #expect(try found["b"]?.floats() == [right])
            (left, right) = (right + Float(step), left)
        }
    }

    @Test func `states may keep, be given an input or take another's value`() throws {
        let builder = GraphBuilder("shift")
        let (a, b) = (try builder.state("a", .float32, [1]), try builder.state("b", .float32, [1]))
        let c = try builder.state("c", .float32, [1])
        let x = try builder.input("x", .float32, [1])
        try builder.update(a, with: b)
        try builder.update(b, with: x)
        try builder.update(c, with: c)
        try builder.output("out", builder.concatenate([a, b, c], axis: 0))
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        var seen: [[Float]?] = []
        for value in 1...4 {
            seen.append(try session.run(["x": Tensor([Float(value)], shape: [1])])["out"]?.floats())
        }
        #expect(seen == [[0, 0, 0], [0, 1, 0], [1, 2, 0], [2, 3, 0]])
    }

    @Test func `a state does not change its shape between runs`() throws {
        let builder = GraphBuilder("growing")
        let sum = try builder.state("sum", .float32, ["n"])
        let next = try sum + builder.input("x", .float32, ["n"])
        try builder.update(sum, with: next)
        try builder.output("out", next)
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        let two = ["x": try Tensor([1, 2] as [Float], shape: [2])]
        #expect(try session.run(two)["out"]?.floats() == [1, 2])
        for count in [1, 3] {
            try fails(["\"sum\""]) { _ = try session.run(["x": Tensor(uniform: [count], seed: 1)]) }
        }
        #expect(try session.run(two)["out"]?.floats() == [2, 4])
    }

    @Test func `a value that is read late keeps its memory`() throws {
        let builder = GraphBuilder("late")
        let early = try builder.input("x", .float32, [2]) + 1
        var value = early
        for _ in 0..<6 { value = try value * 2 }
        try builder.output("sum", value + early)
        try builder.output("early", early)
        let results = try builder.build().run(["x": Tensor([1, 2] as [Float], shape: [2])], on: makeReference())
        #expect(try results["sum"]?.floats() == [130, 195])
        #expect(try results["early"]?.floats() == [2, 3])
    }

    @Test func `an expression that becomes negative is no unknown size`() throws {
        let builder = GraphBuilder("negative")
        let (x, y) = (try builder.input("x", .float32, ["a"]), try builder.input("y", .float32, ["b"]))
        try builder.output("out", x.reshaped(["b - a", 2]))
        try builder.output("y", y)
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        try fails(["0 - a + b", "negative"]) { _ = try session.run(["x": Tensor(zeros: [2]), "y": Tensor(zeros: [1])]) }
    }
}
