import AttendModels
import AttendParity
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Whole graphs and models, step by step.
@Suite struct GraphParityTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// Three layers with random weights.
    private static func encoder() throws -> (graph: Graph, inputs: [String: Tensor]) {
        let folder = root.appending(path: "BackendTests/Fixtures/bert/minilm-tiny").path
        let file = try SafetensorsFile("\(folder)/inputs.safetensors")
        var inputs: [String: Tensor] = [:]
        for name in ["input_ids", "attention_mask", "token_type_ids"] { inputs[name] = try file.tensor(named: name) }
        return (try LoadedModel(folder: folder).graph([.sentenceEmbedding]), inputs)
    }

    private func report(_ backend: any ComputeBackend) throws -> GraphParityReport {
        let (graph, inputs) = try Self.encoder()
        return try GraphParity(graph, on: backend).report(on: inputs)
    }

    private func report(fault name: String) throws -> GraphParityReport {
        try report(PlantedFaults.backend(simd, with: try #require(PlantedFaults.fault(named: name))))
    }

    @Test(arguments: Backends.available) func `a backend computes a model right, step by step`(name: String) throws {
        let report = try report(Backends.make(name))
        #expect(report.passes, "\(report.table)")
        #expect(report.comparedNodes)
        #expect(report.steps.count == report.stepCount)
        #expect(report.stepCount > 20)
        let (elements, undecided) = report.steps.reduce((0, 0)) { ($0.0 + $1.elementCount, $0.1 + $1.undecided) }
        #expect(elements > 50_000)
        #expect(undecided * 100 <= elements)
        #expect(report.steps.contains { $0.worstShare > 0.05 && $0.worstShare <= 1.001 })
    }

    @Test(arguments: [
        ("fused-linear-gelu-tanh", "fused_linear"), ("linear-last-bias", "linear"),
        ("layer-norm-unbiased", "layer_norm"),
        ("attention-last-key-dropped", "attention")
    ])
    func `the first node of a model that is wrong is named, with element, value, oracle and bound`(
        fault: String, operation: String
    ) throws {
        let report = try report(fault: fault)
        let step = try #require(report.firstDivergence)
        #expect(!report.passes)
        #expect(step.place.operation == "\(operation).v1")
        // The model's first node with this kernel: later ones are fed by it, and are wrong by themselves as well.
        #expect(report.steps.first { $0.place.kernel == step.place.kernel }?.place == step.place)
        #expect(report.steps.allSatisfy { !$0.isWrong || $0.place.operation == step.place.operation })
        let text = report.table
        #expect(text.contains("FIRST DIVERGENCE on simd: node \(step.place.node) (\(operation).v1): "))
        #expect(text.contains("element ["))
        #expect(text.contains("the oracle's"))
        #expect(text.contains("bound"))
        let json = JSONNode(report.json)
        #expect(try json.required("first_divergence").required("node").string() == step.place.node)
        #expect(try !json.required("first_divergence").required("first").required("index").elements().isEmpty)
    }

    @Test func `a result that changes after it was right is the plan's fault, and no node's`() throws {
        let report = try report(fault: "plan-late-write")
        #expect(!report.passes)
        #expect(report.firstDivergence == nil)
        #expect(report.failure == nil)
        #expect(report.trespass == nil)
        let difference = try #require(report.planDifference)
        #expect(difference.node != nil)
        #expect(difference.output == "sentence_embedding")
        #expect(report.table.contains("PLAN: the plan's bits differ from a node-by-node run"))
        // What the bits show is far below any bound of the whole.
        #expect(abs(difference.value - difference.expected) < 1e-5)
    }

    @Test func `a write past a result's end is found in whole graphs too`() throws {
        let report = try report(fault: "add-past-end")
        #expect(report.trespass?.contains("past the end") ?? false)
    }

    @Test func `a kernel that throws ends the run, and the report says where`() throws {
        let (graph, inputs) = try Self.encoder()
        let fault = MemoryFault("layer_norm") { _ throws(BackendError) in
            throw .failed(backend: "simd", action: "bend", reason: "no power")
        }
        let report = try GraphParity(graph, on: FaultyBackend(simd, fault)).report(on: inputs)
        #expect(!report.passes)
        #expect(report.failure?.contains("can't bend: no power") ?? false)
        #expect(report.steps.count < report.stepCount)
        #expect(!report.comparedNodes)
    }

    @Test func `states, symbols that no input shows, and composites of one's own are judged as well`() throws {
        let builder = GraphBuilder("cache")
        let input = try builder.input("input", .float32, ["tokens", 24])
        let cache = try builder.state("cache", .float32, ["capacity", 24])
        let start = try builder.input("start", .int64, [])
        let longer = try builder.apply(.updateSlice, [cache, input, start], ["axis": .integer(0)])
        try builder.update(cache, with: longer)
        let doubled = try builder.apply(Doubling(), inputs: ["input": longer])[0]
        try builder.output("sum", try doubled.transposed([1, 0]).sum(axes: [0]))
        let inputs = ["input": try Tensor(uniform: [3, 24], seed: 5), "start": try Tensor([6] as [Int64], shape: [])]
        let parity = GraphParity(try builder.build(), on: simd)
        let report = try parity.report(on: inputs, symbols: ["capacity": 9])
        #expect(report.passes, "\(report.table)")
        #expect(report.steps.map(\.place.operation).contains("reduce_sum.v1"))
        let wrong = GraphParity(
            parity.graph,
            on: PlantedFaults.backend(simd, with: try #require(PlantedFaults.fault(named: "reduce-sum-tail"))))
        #expect(
            try wrong.report(on: inputs, symbols: ["capacity": 9]).firstDivergence?.place.operation == "reduce_sum.v1")
    }
}

/// x + x, which nobody claims.
private struct Doubling: CompositeOperation {
    let schema = OperationSchema("doubling", inputs: [.init("input")], outputs: ["output"])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        ["output": try call["input"] + call["input"]]
    }
}
