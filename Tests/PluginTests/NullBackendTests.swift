import AttendPlugin
import AttendRuntime
import NullBackend
import PluginSupport
import Testing

/// The backend that computes nothing, as the measure of what everything else costs.
@Suite struct NullBackendTests {
    private static func graph() throws -> Graph {
        let builder = GraphBuilder("null")
        let x = try builder.input("x", .float32, [2, 3])
        try builder.output("y", x.softmax().transposed([1, 0]) + 1)
        return try builder.build()
    }

    @Test func `records what it is asked for, and takes views as they come`() throws {
        let backend = NullBackend(PluginOptions(threads: 1))
        let session = try Program(Self.graph(), on: backend).makeSession()
        let inputs = ["x": try Tensor(uniform: [2, 3], seed: 1)]
        for _ in 0..<3 { _ = try session.run(inputs) }
        let record = backend.recorded
        #expect(record.prepared.map(\.operation) == ["softmax.v1", "add.v1"])
        #expect(record.prepared.allSatisfy { $0.isTaken })
        #expect(record.runCount == 6)
        // The input, the number 1, and the two results in an arena, each at a cache line of its own.
        #expect(record.bufferByteCount == 24 + 4 + 2 * 64)
    }

    @Test func `what it is told to refuse is opened`() throws {
        let backend = NullBackend(PluginOptions(threads: 1)) { $0 != "softmax.v1" }
        let plan = try Program(Self.graph(), on: backend).plan(symbols: [:])
        #expect(backend.recorded.prepared.first == .init(operation: "softmax.v1", isTaken: false))
        #expect(plan.placements.first?.reason == "softmax.v1: it is configured to reject softmax.v1")
        #expect(plan.placements.count == 6)
    }

    @Test func `as a plug-in it plans the same and computes as little`() throws {
        let backend = try Plugin(path: ExamplePlugin.null.library()).makeBackend(threads: 1)
        #expect(backend.device == DeviceDescription(backend: "null", name: "nothing", threads: 1))
        let plan = try Program(Self.graph(), on: backend).plan(symbols: [:])
        #expect(plan.placements.map(\.kernel) == ["no softmax", "no add"])
        let inputs = ["x": try Tensor(uniform: [2, 3], seed: 1)]
        let results = try Self.graph().run(inputs, on: backend)
        #expect(results["y"]?.shape == [3, 2])
    }
}
