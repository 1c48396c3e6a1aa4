import AttendParity
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

private let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/exports"

/// Whole models as PyTorch exports them by way of ONNX (`Tests/Goldens/exports.py`): what passes recognize in them, and
/// that every backend computes what the model's own code did.
@Suite struct ExportTests {
    struct Model: Sendable {
        let name: String
        let nodes: (before: Int, after: Int)
        /// What is found in the primitives, and what is left of them.
        let found: [String: Int]
    }

    static let models = [
        Model(
            name: "bert", nodes: (135, 59),
            found: [
                "attention": 2, "layer_norm": 5, "fused_linear": 6, "linear": 2, "softmax": 0, "erf": 0, "matmul": 0
            ]),
        Model(
            name: "gpt2", nodes: (143, 71),
            found: [
                "attention": 2, "layer_norm": 5, "fused_linear": 6, "linear": 2, "softmax": 0, "tanh": 0, "matmul": 0
            ]),
        Model(
            name: "t5", nodes: (84, 48),
            found: ["attention": 2, "rms_norm": 5, "fused_linear": 6, "linear": 2, "softmax": 0, "relu": 0, "matmul": 0]
        ),
        Model(
            name: "llama", nodes: (132, 77),
            found: ["attention": 2, "rms_norm": 5, "fused_linear": 6, "linear": 4, "silu": 0, "softmax": 0, "matmul": 0]
        )
    ]

    static func load(_ name: String) throws -> (graph: Graph, inputs: [String: Tensor], expected: Tensor) {
        let graph = try Graph(contentsOf: "\(folder)/\(name)/graph.json")
        let file = try SafetensorsFile("\(folder)/\(name)/tensors.safetensors")
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs { inputs[graph.values[id].name] = try file.tensor(named: graph.values[id].name) }
        return (graph, inputs, try file.tensor(named: "expected.y"))
    }

    @Test(arguments: models.map(\.name)) func `attention, norms, activations and products are recognized`(
        name: String
    ) throws {
        let model = try #require(Self.models.first { $0.name == name })
        let graph = try Self.load(name).graph
        let optimized = try Program(graph, on: makeReference()).optimizedGraph(for: [:])
        let counts = optimized.nodes.reduce(into: [String: Int]()) { $0[$1.operation.name, default: 0] += 1 }
        #expect((graph.nodes.count, optimized.nodes.count) == model.nodes, "\(counts)")
        for (operation, count) in model.found {
            #expect(counts[operation, default: 0] == count, "\(operation): \(counts)")
        }
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("an exported model", models.map(\.name)) { backend, name in
            let (graph, inputs, expected) = try load(name)
            let right = try expected.floats()
            let scale = try #require(right.map(abs).max())
            for optimizer in [Optimizer.none, .standard] {
                let session = try Program(graph, on: backend, optimizer: optimizer).makeSession()
                let found = try #require(try session.run(inputs)["y"])
                try #require(found.shape == expected.shape)
                // Rows whose query is padding attend to what the mask leaves, as everywhere.
                try expectNear(found.floats(), right, within: 1e-5 * scale, name)
            }
            let report = try GraphParity(graph, on: backend).report(on: inputs)
            #expect(report.passes, "\(name): \(report.table)")
            let memory = try Program(graph, on: backend).makeSession().plan(for: inputs).memory
            #expect(memory.workingRatio <= 1.1, "\(name): \(memory)")
        }
    }
}
