import AttendRuntime
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

@Suite struct ForeignMemoryTests {
    @Test func `a device with memory and a queue of its own gives the same bits`() throws {
        let (graph, foreign) = (try SampleBlock.graph(), ForeignMemoryBackend(makeReference()))
        do {
            let program = Program(graph, on: foreign)
            let session = try program.makeSession()
            for (batch, tokens) in [(2, 5), (1, 3), (2, 5), (3, 1)] {
                let inputs = try SampleBlock.inputs(batch: batch, tokens: tokens)
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
        expectError(BackendError.self, saying: "it is not of this device") { try stream.synchronize() }
    }

    @Test func `composites are offered whole, refused, and opened one level at a time`() throws {
        let foreign = ForeignMemoryBackend(makeReference())
        let session = try Program(SampleBlock.graph(), on: foreign, optimizer: .none).makeSession()
        let plan = try session.plan(for: SampleBlock.inputs(batch: 1, tokens: 2))
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
        #expect(scores.reason?.contains("self_attention.v1") == true)
        #expect(scores.reason?.contains("; attention.v1") == true)
    }
}
