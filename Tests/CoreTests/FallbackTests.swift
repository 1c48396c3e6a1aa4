import AttendRuntime
import ReferenceBackend
import Testing

/// Backends that the user names for what another refuses. Both here have memory that nobody else can touch.
@Suite struct FallbackTests {
    /// What the first backend claims, in words and as a predicate.
    struct Claim: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let takes: @Sendable (String) -> Bool

        init(_ testDescription: String, _ takes: @escaping @Sendable (String) -> Bool) {
            self.testDescription = testDescription
            self.takes = takes
        }

        static let all = [
            Claim("everything") { _ in true },
            Claim("nothing") { _ in false },
            Claim("products alone") { $0 == "matmul.v1" },
            Claim("all but products") { $0 != "matmul.v1" },
            Claim("exp and erf alone") { ["exp.v1", "erf.v1"].contains($0) },
            Claim("no copies of views") { !["broadcast.v1", "transpose.v1", "slice.v1"].contains($0) },
            Claim("every other letter") { $0.utf8.first.map { $0 % 2 == 0 } ?? false }
        ]
    }

    private static func pair(_ takes: @escaping @Sendable (String) -> Bool) -> [ForeignMemoryBackend] {
        [
            ForeignMemoryBackend(makeReference(), named: "first", claims: takes),
            ForeignMemoryBackend(makeReference(), named: "second")
        ]
    }

    @Test(arguments: Claim.all) func `two backends together give the bits of one`(claim: Claim) throws {
        let (graph, pair) = (try SampleBlock.graph(), Self.pair(claim.takes))
        do {
            let session = try Program(graph, on: pair[0], fallingBackTo: [pair[1]]).makeSession()
            for (batch, tokens) in [(2, 5), (1, 3), (2, 5), (3, 1)] {
                let inputs = try SampleBlock.inputs(batch: batch, tokens: tokens)
                #expect(try session.run(inputs) == graph.run(inputs, on: makeReference()))
            }
        }
        #expect(pair.map(\.liveBuffers) == [0, 0], "every buffer is given back with its program and session")
    }

    @Test(arguments: Claim.all) func `each placement says where, and why it is not on the named backend`(
        claim: Claim
    ) throws {
        let pair = Self.pair(claim.takes)
        let session = try Program(SampleBlock.graph(), on: pair[0], fallingBackTo: [pair[1]]).makeSession()
        let places = try session.plan(for: SampleBlock.inputs(batch: 1, tokens: 3)).placements
        #expect(places.count { $0.source == nil } > 10)
        for place in places where place.source == nil {
            if place.reason?.hasSuffix("a dense copy") == true {
                // Where the value lies, unless only the other can.
                #expect(place.backend == "first" || place.reason?.contains("its value is on second") == true)
                continue
            }
            #expect((place.backend == "first") == claim.takes(place.operation), "\(place)")
            if place.backend == "second" {
                #expect(place.reason?.contains("\(place.operation) on first: not claimed") == true, "\(place)")
                #expect(place.reason?.hasSuffix("; falls back to second") == true, "\(place)")
            }
        }
        for copy in places where copy.source != nil {
            #expect(copy.operation == "copy", "\(copy)")
            #expect(copy.source != copy.backend, "\(copy)")
            #expect(copy.cost.bytes > 0, "\(copy)")
            #expect(copy.reason == "its value is on \(copy.source ?? "")")
        }
        let isMixed = Set(places.map(\.backend)).count == 2
        #expect(places.contains { $0.source != nil } == isMixed)
    }

    @Test func `inputs and weights are given to whoever needs them, without a copy`() throws {
        let builder = GraphBuilder("inputs")
        let x = try builder.input("x", .float32, [4])
        try builder.output("y", x.exp())
        try builder.output("z", x.tanh() + builder.constant(Tensor(uniform: [4], seed: 1)))
        let graph = try builder.build()
        let pair = Self.pair { $0 == "exp.v1" }
        let session = try Program(graph, on: pair[0], fallingBackTo: [pair[1]]).makeSession()
        let inputs = ["x": try Tensor(uniform: [4], seed: 2)]
        #expect(try session.run(inputs) == graph.run(inputs, on: makeReference()))
        #expect(try session.plan(for: inputs).placements.map(\.backend) == ["first", "second", "second"])
    }

    @Test func `a value goes over once for all who need it`() throws {
        let builder = GraphBuilder("once")
        let sum = try builder.input("x", .float32, [2, 3]) + 1
        try builder.output("a", sum.exp())
        try builder.output("b", sum.transposed([1, 0]).tanh())
        let pair = Self.pair { $0 == "add.v1" }
        let plan = try Program(builder.build(), on: pair[0], fallingBackTo: [pair[1]]).plan(symbols: [:])
        #expect(plan.placements.filter { $0.source != nil }.map(\.cost.bytes) == [24])
    }

    @Test(arguments: Claim.all) func `states stay with the named backend`(claim: Claim) throws {
        let builder = GraphBuilder("states")
        let row = try builder.input("row", .float32, [1, 3])
        let (cache, count) = (try builder.state("cache", .float32, [4, 3]), try builder.state("count", .int64, []))
        let (left, right) = (try builder.state("left", .float32, [3, 1]), try builder.state("right", .float32, [3, 1]))
        let filled = try cache.updatingSlice(with: row, start: count, axis: 0)
        try builder.update(cache, with: filled)
        try builder.update(count, with: count + 1)
        // Two that take each other's value, one of them by way of a view that has to be copied.
        try builder.update(left, with: right + row.transposed([1, 0]))
        try builder.update(right, with: left)
        try builder.output("sum", filled.sum(axes: [0]))
        try builder.output("left", left.transposed([1, 0]))
        let graph = try builder.build()
        let pair = Self.pair(claim.takes)
        let sessions = [
            try Program(graph, on: pair[0], fallingBackTo: [pair[1]]).makeSession(),
            try Program(graph, on: makeReference()).makeSession()
        ]
        for step in 0..<4 {
            let inputs = ["row": try Tensor(uniform: [1, 3], seed: step)]
            let found = try sessions.map { try $0.run(inputs) }
            #expect(found[0] == found[1])
        }
    }

    @Test func `nothing falls back unasked`() throws {
        let first = Self.pair { $0 != "exp.v1" }[0]
        let builder = GraphBuilder("unasked")
        try builder.output("y", builder.input("x", .float32, [4]).softmax())
        #expect(
            throws: PlanError.unsupported(
                node: "softmax_1/exp_1", operation: "exp.v1", backend: "first", reason: "not claimed")
        ) { try Program(builder.build(), on: first).plan(symbols: [:]) }
    }

    @Test func `what no backend takes is an error with every reason`() throws {
        let pair = [
            ForeignMemoryBackend(makeReference(), named: "first") { $0 != "exp.v1" },
            ForeignMemoryBackend(makeReference(), named: "second") { $0 != "exp.v1" }
        ]
        let builder = GraphBuilder("nobody")
        try builder.output("y", builder.input("x", .float32, [4]).softmax())
        #expect(
            throws: PlanError.unsupported(
                node: "softmax_1/exp_1", operation: "exp.v1", backend: "first",
                reason: "not claimed; second: not claimed")
        ) { try Program(builder.build(), on: pair[0], fallingBackTo: [pair[1]]).plan(symbols: [:]) }
    }
}
