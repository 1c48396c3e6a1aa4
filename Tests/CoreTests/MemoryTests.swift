import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// What plans take of memory, and what they say of it.
@Suite struct MemoryTests {
    /// A stack of blocks, whose values are many and of several sizes.
    private static func stack(_ layers: Int) throws -> (graph: Graph, inputs: [String: Tensor]) {
        let builder = GraphBuilder("stack")
        var hidden = try builder.input("x", .float32, ["batch", "tokens", 24])
        for layer in 0..<layers {
            func weight(_ shape: [Int], _ index: Int) throws -> Value {
                try builder.constant(Tensor(uniform: shape, in: -0.3...0.3, seed: 10 * layer + index))
            }
            let weights = try AttentionWeights(
                query: weight([24, 24], 1), key: weight([24, 24], 2), value: weight([24, 24], 3),
                output: weight([24, 24], 4))
            let normed = try hidden.layerNorm(scale: weight([24], 5), bias: weight([24], 6))
            hidden = try hidden + normed.selfAttention(weights, heads: 4, options: .causal).output
            let up = try hidden.rmsNorm(scale: weight([24], 9)).linear(weight: weight([96, 24], 7)).gelu()
            hidden = try hidden + up.linear(weight: weight([24, 96], 8))
        }
        try builder.output("y", hidden)
        return (try builder.build(), ["x": try Tensor(uniform: [2, 40, 24], in: -1...1, seed: 99)])
    }

    @Test(arguments: [Optimizer.none, .standard]) func `an arena is hardly larger than what lives at once`(
        optimizer: Optimizer
    ) throws {
        let (graph, inputs) = try Self.stack(4)
        let session = try Program(graph, on: makeReference(), optimizer: optimizer).makeSession()
        let memory = try session.plan(for: inputs).memory
        #expect(memory.largestLiveByteCount > 0)
        #expect(memory.largestLiveNode != nil)
        #expect((1.0...1.1).contains(memory.workingRatio), "\(memory), ratio \(memory.workingRatio)")
        // Far less than one place for each value.
        let plain = try Program(graph, on: makeReference(), optimizer: optimizer, memory: .buffers).makeSession()
        let apart = try plain.plan(for: inputs).memory
        #expect(memory.workingByteCount <= apart.workingByteCount)
        // And a few numbers that come with opened composites.
        let weights = 4 * 4 * (4 * 24 * 24 + 3 * 24 + 2 * 96 * 24)
        #expect((weights..<weights + 128).contains(memory.weightByteCount))
        #expect(memory.inputByteCount == 4 * 2 * 40 * 24)
        #expect(memory.stateByteCount == 0)
        // The same bits wherever values lie.
        #expect(try session.run(inputs) == plain.run(inputs))
    }

    @Test func `what lives at once is counted by hand`() throws {
        let builder = GraphBuilder("diamond")
        let x = try builder.input("x", .float32, [1000])
        let wide = try builder.concatenate([x, x], axis: 0, named: "wide")
        let left = try wide.exp()
        let right = try wide.tanh()
        try builder.output("y", (left + right).sum(axes: [0]))
        let plan = try Program(builder.build(), on: makeReference(), optimizer: .none).plan(symbols: [:])
        // wide and exp of it, 2,000 numbers each; tanh of it, which is read last, lies in wide's place, their sum in
        // exp's.
        #expect(plan.memory.largestLiveByteCount == 16_000)
        #expect(plan.memory.workingByteCount <= plan.memory.largestLiveByteCount + 3 * 64)
    }

    @Test func `views cost nothing`() throws {
        let builder = GraphBuilder("views")
        let x = try builder.input("x", .float32, [64, 64])
        let view = try x.reshaped([4096]).reshaped([16, 256]).reshaped([64, 64]).sliced(axis: 0, from: 0, to: 32)
        try builder.output("y", view.matmul(x))
        let plan = try Program(builder.build(), on: makeReference()).plan(symbols: [:])
        #expect(plan.placements.count == 1)
        #expect(plan.memory.workingByteCount == 32 * 64 * 4)
    }

    @Test func `programs on one backend share what weights they have in common, and let them go`() throws {
        let (graph, inputs) = try Self.stack(2)
        let backend = ForeignMemoryBackend(makeReference())
        func session(_ program: Program) throws -> Session {
            let session = try program.makeSession()
            _ = try session.run(inputs)
            return session
        }
        do {
            let program = Program(graph, on: backend)
            let first = try session(program)
            let before = backend.liveBuffers
            let second = try session(program)
            let ofSession = backend.liveBuffers - before
            // Of another program on the same graph no weight comes anew, not even one that passes made.
            let third = try session(Program(graph, on: backend))
            #expect(backend.liveBuffers == before + 2 * ofSession)
            #expect(before > 2 * ofSession)
            withExtendedLifetime((first, second, third)) {}
        }
        #expect(backend.liveBuffers == 0)
    }

    // MARK: Devices with limits

    /// The reference with as little memory as it is told.
    private final class SmallDevice: ForwardingBackend {
        let base: any ComputeBackend = makeReference()
        let device: DeviceDescription

        init(memory: Int? = nil, buffer: Int? = nil) {
            device = DeviceDescription(
                backend: "small", name: "little memory", threads: 1, memoryByteCount: memory,
                largestBufferByteCount: buffer)
        }

        func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
            if let limit = device.largestBufferByteCount, byteCount > limit {
                throw .outOfMemory(backend: "small", byteCount: byteCount)
            }
            return try base.makeBuffer(byteCount: byteCount)
        }
    }

    @Test func `a plan that does not fit says so before it runs, with the numbers`() throws {
        let (graph, inputs) = try Self.stack(2)
        let needed = try Program(graph, on: makeReference()).makeSession().plan(for: inputs).memory
        let device = SmallDevice(memory: needed.byteCount - 1)
        let error = #expect(throws: RunError.self) { try Program(graph, on: device).makeSession().run(inputs) }
        guard case .plan(.tooLarge(let backend, let found, let room)) = try #require(error) else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(backend == "small")
        #expect(found == needed)
        #expect(room == needed.byteCount - 1)
        #expect("\(try #require(error))".contains("\(needed.weightByteCount)"))
        let enough = SmallDevice(memory: needed.byteCount)
        #expect(try Program(graph, on: enough).makeSession().run(inputs).count == 1)
    }

    @Test func `an arena is cut where a device's buffers end`() throws {
        let (graph, inputs) = try Self.stack(2)
        let whole = try Program(graph, on: makeReference()).makeSession()
        // As large as the scores, 2 · 4 · 40 · 40, and a bit.
        let device = SmallDevice(buffer: 52_000)
        #expect(try whole.plan(for: inputs).memory.workingByteCount > 52_000)
        let session = try Program(graph, on: device).makeSession()
        #expect(try session.run(inputs) == whole.run(inputs))
        #expect(
            try session.plan(for: inputs).memory.workingByteCount >= whole.plan(for: inputs).memory.workingByteCount)
    }
}

/// Small files that ask for more bytes than a number holds.
@Suite struct UncountableMemoryTests {
    @Test(arguments: [1, 40, 5000]) func `values and states without end are errors`(count: Int) throws {
        let builder = GraphBuilder("huge")
        let x = try builder.input("x", .float32, [1])
        var sums: [Value] = []
        for index in 0..<count {
            let huge = try builder.iota([Size(1 << 46)], axis: 0, dtype: .float32)
            sums.append(try huge * Double(index + 2))
            let state = try builder.state("s\(index)", .int64, [Size(1 << 46)])
            try builder.update(state, with: try state + state)
        }
        for (index, sum) in sums.enumerated() { try builder.output("y\(index)", sum.max() + x) }
        let graph = try builder.build()
        let input = ["x": try Tensor([1] as [Float], shape: [1])]
        #expect(throws: RunError.self) {
            _ = try Program(graph, on: makeReference()).makeSession().run(input)
        }
    }

    @Test func `a shape beyond any address space is none`() throws {
        let builder = GraphBuilder("shape")
        #expect(throws: GraphError.self) { try builder.input("x", .bool, [Size(1 << 47)]) }
        #expect(throws: GraphError.self) { try builder.input("y", .bool, [0, Size(1 << 30), Size(1 << 30)]) }
        _ = try builder.input("z", .bool, [Size(1 << 46)])
    }
}
