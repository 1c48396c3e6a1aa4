import AttendModels
import AttendParity
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// What passes make of the models at hand: how many nodes, how much memory, and every step within its bound.
@Suite struct OptimizedModelTests {
    struct Model: Sendable, CustomTestStringConvertible {
        let name: String
        /// Nodes as the model is written, and after all passes.
        let nodes: (before: Int, after: Int)
        /// Kernels that `simd` runs, without passes and with them.
        let kernels: (before: Int, after: Int)

        var testDescription: String { name }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    private static let models = [
        Model(name: "minilm-tiny", nodes: (32, 62), kernels: (45, 30)),
        Model(name: "two-segments", nodes: (24, 44), kernels: (32, 22)),
        Model(name: "masked-lm", nodes: (24, 44), kernels: (32, 22))
    ]

    private static func load(_ name: String) throws -> (graph: Graph, inputs: [String: Tensor]) {
        let folder = root.appending(path: "BackendTests/Fixtures/bert/\(name)").path
        let file = try SafetensorsFile("\(folder)/inputs.safetensors")
        let ids = try file.tensor(named: "input_ids")
        var inputs = ["input_ids": ids]
        for (name, value) in [("attention_mask", Int64(1)), ("token_type_ids", 0)] {
            inputs[name] =
                file.entry(named: name) == nil
                ? try Tensor(Array(repeating: value, count: ids.elementCount), shape: ids.shape)
                : try file.tensor(named: name)
        }
        return (try LoadedModel(folder: folder).graph([.lastHiddenState]), inputs)
    }

    @Test(arguments: models) func `passes leave as many nodes as expected, and little memory beyond what lives at once`(
        model: Model
    ) throws {
        let (graph, inputs) = try Self.load(model.name)
        let backend = try Backends.make("simd")
        let plain = try Program(graph, on: backend, optimizer: .none).makeSession().plan(for: inputs)
        let program = Program(graph, on: backend)
        let plan = try program.makeSession().plan(for: inputs)
        let optimized = try program.optimizedGraph(for: plan.symbols)
        #expect((graph.nodes.count, optimized.nodes.count) == model.nodes)
        #expect((plain.placements.count, plan.placements.count) == model.kernels)
        for memory in [plain.memory, plan.memory] {
            #expect(memory.workingRatio <= 1.1, "\(memory): \(memory.workingRatio)")
            #expect(memory.largestLiveByteCount > 1000)
        }
    }

    @Test(arguments: Backends.available)
    func `each step is within its bound, and memory hardly beyond what lives at once`(name: String) throws {
        let backend = try Backends.make(name)
        for model in Self.models {
            let (graph, inputs) = try Self.load(model.name)
            for optimizer in [Optimizer.none, .standard] {
                let memory = try Program(graph, on: backend, optimizer: optimizer).makeSession().plan(for: inputs)
                    .memory
                #expect(memory.workingRatio <= 1.1, "\(name), \(model.name): \(memory): \(memory.workingRatio)")
            }
            let report = try GraphParity(graph, on: backend).report(on: inputs)
            #expect(report.passes, "\(model.name): \(report.table)")
            #expect(report.comparedNodes, "\(model.name): \(report.table)")
        }
    }

    // MARK: Shadows

    @Test func `a shadowed run judges its kernels, all of them or some`() throws {
        let (graph, inputs) = try Self.load("minilm-tiny")
        let session = try Program(graph, on: Backends.make("simd")).makeSession()
        let plain = try session.run(inputs)
        let all = Shadow(of: graph)
        session.observer = all
        #expect(try session.run(inputs) == plain)
        #expect(all.judgedCount == all.kernelCount)
        #expect(all.kernelCount > 25)
        #expect(all.first == nil)
        let some = Shadow(of: graph, fraction: 0.3, on: try Backends.make("reference"))
        session.observer = some
        _ = try session.run(inputs)
        #expect((1..<some.kernelCount).contains(some.judgedCount))
        #expect(some.first == nil)
    }

    @Test func `a shadowed run names the first kernel that is wrong, and whose result it is`() throws {
        let (graph, inputs) = try Self.load("minilm-tiny")
        let simd = try Backends.make("simd")
        let faulty = PlantedFaults.backend(
            simd, with: try #require(PlantedFaults.fault(named: "fused-linear-gelu-tanh")))
        let session = try Program(graph, on: faulty).makeSession()
        let shadow = Shadow(of: graph)
        session.observer = shadow
        _ = try session.run(inputs)
        let first = try #require(shadow.first)
        #expect(first.step.place.operation == "fused_linear.v1")
        #expect(first.failure == nil)
        #expect("\(first)".contains("bound"))
        // The other way round: what runs is right, what shadows it is not.
        let honest = try Program(graph, on: simd).makeSession()
        let other = Shadow(of: graph, on: faulty)
        honest.observer = other
        _ = try honest.run(inputs)
        #expect(try #require(other.first).step.place.operation == "fused_linear.v1")
    }
}
