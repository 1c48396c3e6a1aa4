import AttendCore
import ReferenceBackend
import Synchronization
import Testing

@Suite struct ForeignMemoryTests {
    /// A transformer block: self-attention, norm, and an MLP with residuals.
    private func block() throws -> Graph {
        let builder = GraphBuilder("block")
        let input = try builder.input("input", .float32, ["batch", "tokens", 8])
        let mask = try builder.input("mask", .bool, ["batch", 1, 1, "tokens"])
        func weight(_ shape: [Int], _ seed: Int) throws -> Value {
            try builder.constant(Tensor(uniform: shape, in: -0.5...0.5, seed: seed))
        }
        let weights = AttentionWeights(
            query: try weight([8, 8], 1), key: try weight([4, 8], 2), value: try weight([4, 8], 3),
            output: try weight([8, 8], 4))
        let attended = try input.selfAttention(
            weights, heads: 4, keyValueHeads: 2, options: .masked(mask), named: "attention")
        let hidden = try (input + attended.output).layerNorm(scale: weight([8], 5), bias: weight([8], 6))
        let up = try hidden.linear(weight: weight([16, 8], 7), bias: weight([16], 8)).gelu()
        try builder.output("output", up.linear(weight: weight([8, 16], 9)) + hidden)
        return try builder.build()
    }

    private func inputs(batch: Int, tokens: Int) throws -> [String: Tensor] {
        [
            "input": try Tensor(uniform: [batch, tokens, 8], in: -1...1, seed: 11),
            "mask": try Tensor((0..<(batch * tokens)).map { $0 % tokens != 1 }, shape: [batch, 1, 1, tokens])
        ]
    }

    @Test func `a device with memory and a queue of its own gives the same bits`() throws {
        let (graph, foreign) = (try block(), ForeignMemoryBackend(makeReference()))
        do {
            let program = Program(graph, on: foreign)
            let session = try program.makeSession()
            for (batch, tokens) in [(2, 5), (1, 3), (2, 5), (3, 1)] {
                let inputs = try inputs(batch: batch, tokens: tokens)
                #expect(try session.run(inputs) == graph.run(inputs, on: makeReference()))
            }
            #expect(foreign.liveBuffers > 0)
        }
        #expect(foreign.liveBuffers == 0, "every buffer is given back with its program and session")
    }

    @Test func `a buffer of another device is refused`() throws {
        let (first, second) = (ForeignMemoryBackend(makeReference()), ForeignMemoryBackend(makeReference()))
        let buffer = try first.makeBuffer(byteCount: 4)
        let stream = try second.makeStream()
        try stream.copyIn(Tensor(1.0 as Float), to: BufferSlice(buffer))
        #expect(throws: BackendError.self) { try stream.synchronize() }
    }

    @Test func `composites are offered whole, refused, and opened one level at a time`() throws {
        let foreign = ForeignMemoryBackend(makeReference())
        let session = try Program(block(), on: foreign).makeSession()
        let plan = try session.plan(for: inputs(batch: 1, tokens: 2))
        let offers = foreign.offers.withLock { $0 }
        #expect(offers.first == "self_attention.v1 ✗")
        let linear = try #require(offers.firstIndex(of: "linear.v1 ✗"))
        let attention = try #require(offers.firstIndex(of: "attention.v1 ✗"))
        #expect(linear < attention)
        #expect(offers.contains("matmul.v1 ✓"))
        // In the end there are primitives alone, each telling how it came there.
        #expect(plan.placements.allSatisfy { Operation(String($0.operation.dropLast(3))).primitive != nil })
        let scores = try #require(
            plan.placements.first { $0.node.hasPrefix("attention/attention_1/") && $0.operation == "matmul.v1" })
        #expect(
            scores.reason?.contains("self_attention.v1") == true && scores.reason?.contains("; attention.v1") == true)
    }
}
