import AttendRuntime
import ReferenceBackend
import Testing

/// Looking on while a session runs.
@Suite struct RunProfileTests {
    @Test func `every kernel is seen once a run, with its cost`() throws {
        let inputs = try SampleBlock.inputs(batch: 2, tokens: 3)
        let session = try Program(SampleBlock.graph(), on: makeReference()).makeSession()
        let plain = try session.run(inputs)
        let profile = RunProfile()
        session.observer = profile
        #expect(try session.run(inputs) == plain)
        let plan = try session.plan(for: inputs)
        #expect(plan.placements.count > 10)
        #expect(profile.events.map(\.placement) == plan.placements)
        #expect(profile.events.allSatisfy { $0.seconds >= 0 })
        #expect(zip(profile.events, profile.events.dropFirst()).allSatisfy { $0.start + $0.seconds <= $1.start + 1e-9 })
        let rows = profile.operations
        #expect(rows.count > 3)
        #expect(rows.reduce(0) { $0 + $1.count } == plan.placements.count)
        #expect(rows.reduce(0) { $0 + $1.flops } == plan.placements.reduce(0) { $0 + $1.cost.flops })
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.seconds >= $1.seconds })
        let report = PlacementReport(plan, profile: profile)
        #expect(report.rows.count == plan.placements.count)
        #expect(report.rows.allSatisfy { $0.seconds != nil })
        #expect(PlacementReport(plan).rows.allSatisfy { $0.seconds == nil })
        session.observer = nil
        _ = try session.run(inputs)
        #expect(profile.events.count == plan.placements.count)
    }

    @Test func `a trace has an event for each kernel`() throws {
        let session = try Program(SampleBlock.graph(), on: makeReference()).makeSession()
        let profile = RunProfile()
        session.observer = profile
        _ = try session.run(SampleBlock.inputs(batch: 1, tokens: 2))
        let trace = JSONNode(try JSONValue(parsing: profile.chromeTrace.serialized()))
        let events = try trace.required("traceEvents").elements()
        let complete = try events.filter { try $0.required("ph").string() == "X" }
        #expect(complete.count == profile.events.count)
        #expect(
            try complete.map { try $0.required("name").string() } == profile.events.map(\.placement.node))
        for (event, seen) in zip(complete, profile.events) {
            #expect(try abs(event.required("dur").number() - seen.seconds * 1e6) < 1e-6)
        }
        #expect(try events.contains { try $0.required("ph").string() == "M" })
    }

    /// Reads every operand of every kernel.
    private final class Reader: RunObserver {
        var inputs: [[Tensor?]] = []
        var outputs: [Tensor?] = []

        func willRun(_ step: RunStep) throws(BackendError) {
            var read: [Tensor?] = []
            for index in (step.request?.inputs ?? []).indices { read.append(try step.input(index)) }
            inputs.append(read)
        }
        func didRun(_ step: RunStep) throws(BackendError) { outputs.append(try step.output(0)) }
    }

    @Test func `operands are read as the kernel means them, through views too`() throws {
        let builder = GraphBuilder("views")
        let x = try builder.input("x", .float32, [2, 3])
        let weight = try builder.constant(Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
        try builder.output("y", x.transposed([1, 0]).linear(weight: weight))
        let session = try Program(builder.build(), on: makeReference()).makeSession()
        let reader = Reader()
        session.observer = reader
        let results = try session.run(["x": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])])
        #expect(try reader.inputs.last?[0] == Tensor([1, 4, 2, 5, 3, 6] as [Float], shape: [3, 2]))
        #expect(try reader.inputs.last?[1]?.floats() == [1, 2, 3, 4])
        #expect(reader.outputs.last == results["y"])
    }
}
