import AttendModels
import AttendParity
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// Models computed in float16 and bfloat16: every step within its bound, for every family.
@Suite struct NarrowModelTests {
    private static let types: [DType] = [.float16, .bfloat16]

    /// One model of each family, and those with parts of their own: fused weights, scalings of rotary positions, means.
    private static let models = [
        "plain", "padded on the left", "BERT", "BERT, quick gelu, an epsilon", "RoBERTa, padded", "XLM-RoBERTa",
        "DistilBERT, sinusoids, another activation", "MPNet, padded", "ALBERT", "ELECTRA",
        "ModernBERT, transformers 5", "Llama, padded on the left", "Llama, dynamic, long", "Llama, longrope, long",
        "Llama, yarn", "Mistral, a window", "Qwen2", "Qwen3", "Gemma", "Gemma 2", "Gemma 3, transformers 5",
        "T5, padded",
        "BART, padded, scaled embeddings", "Marian, padded, scaled embeddings", "Whisper",
        "ModernBERT, a score of the mean"
    ]

    /// The graph of all outputs, and its inputs.
    private static func load(_ name: String, _ dtype: DType) throws -> (graph: Graph, inputs: [String: Tensor]) {
        let test = try #require(VariantCase.all.first { $0.name == name }, "\(name)")
        let folder = try test.folder()
        let model = try LoadedModel(folder: folder.path, dtype: dtype)
        let graph = try model.graph(
            model.outputs, positions: test.inputs.keys.contains("position_ids") ? .given : .counted)
        return (graph, try model.inputs(test.inputs, of: graph))
    }

    @Test func `every family is among the models`() throws {
        let families = try Self.models.map { name -> String in
            let folder = try #require(VariantCase.all.first { $0.name == name }, "\(name)").folder()
            return try JSONNode(JSONValue(parsing: InputFile.contents(of: "\(folder.path)/config.json")))
                .required("model_type").string()
        }
        let page = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Documentation/models.md"), encoding: .utf8)
        let rows = page.components(separatedBy: "<!-- families -->")[1].components(separatedBy: "<!-- end -->")[0]
            .split(separator: "\n").filter { $0.hasPrefix("| `") && !$0.hasPrefix("| `model_type`") }
        let known = rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(known.count >= 20)
        #expect(Set(families) == Set(known))
    }

    @Test(arguments: models) func `each step of a family is within its bound`(name: String) throws {
        for dtype in Self.types {
            let (graph, inputs) = try Self.load(name, dtype)
            let report = try GraphParity(graph, on: Backends.make("simd")).report(on: inputs)
            #expect(report.passes, "\(dtype): \(report.table)")
            #expect(report.comparedNodes)
        }
    }

    /// Without the comparisons of plans, which depend little on a backend.
    @Test(arguments: Backends.available.filter { $0 != "simd" })
    func `each step is within its bound on other backends`(backend: String) throws {
        for (index, name) in ["BERT", "Gemma 3, transformers 5", "Mistral, a window", "T5, padded", "Whisper"]
            .enumerated()
        {
            let (graph, inputs) = try Self.load(name, Self.types[index % 2])
            var parity = GraphParity(graph, on: try Backends.make(backend))
            (parity.comparesNodes, parity.comparesPasses) = (false, false)
            let report = try parity.report(on: inputs)
            #expect(report.passes, "\(name): \(report.table)")
        }
    }

    @Test func `a step in 16 bits that is wrong is found`() throws {
        let (graph, inputs) = try Self.load("BERT", .bfloat16)
        let fault = try #require(PlantedFaults.fault(named: "layer-norm-unbiased"))
        let faulty = PlantedFaults.backend(try Backends.make("simd"), with: fault)
        let report = try GraphParity(graph, on: faulty).report(on: inputs)
        #expect(!report.passes)
    }
}
