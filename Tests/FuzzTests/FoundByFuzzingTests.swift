import AttendFuzz
import AttendModels
import AttendParity
import AttendRegistry
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// What mutated files brought to light, each by itself.
@Suite struct FoundByFuzzingTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
        } catch {
            return "\(error)"
        }
        return ""
    }

    @Test func `a message about a text of a megabyte is short and tells beginning and end`() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "a", count: 1 << 20)
        let graph = try folder.write(
            "{\"attend\": 1, \"nodes\": [], \"outputs\": {\"y\": \"\(long)\"}}", "graph.json")
        let found = message { _ = try Graph(contentsOf: graph) }
        #expect(
            found.utf8.count < 1200 && found.hasPrefix("\(graph): output \"y\": no value is named \"aaaa"), "\(found)")
        let preset = try folder.write("{\"attend_preset\": 1, \"\(long)\": 1}", "preset.json")
        let other = message { _ = try Preset(contentsOf: preset) }
        #expect(other.utf8.count < 1200, "\(other)")
        #expect(other.hasSuffix("aaaa is not a key of a preset"), "\(other)")
        let number = try folder.write("{\"attend\": \(String(repeating: "9", count: 10_000))}", "number.json")
        let third = message { _ = try Graph(contentsOf: number) }
        #expect(third.utf8.count < 1200)
        #expect(third.contains("line 1, column 12"))
        #expect(third.hasSuffix("range of float64"))
    }

    @Test func `what is quoted of JSON and of manifests is short by its bytes`() throws {
        let folder = try TemporaryFolder()
        let numbers = message { _ = try JSONValue(parsing: "[\(String(repeating: "9", count: 10_000))]") }
        #expect(numbers.utf8.count < 1_200, "\(numbers)")
        #expect(numbers.hasPrefix("line 1, column 2: number 999"), "\(numbers)")
        #expect(numbers.hasSuffix("9 is beyond the range of float64"), "\(numbers)")
        let flags = String(repeating: "🏳️‍🌈", count: 5_000)
        let path = try folder.write("{\"attend_preset\": 1, \"\(flags)\": 1}", "preset.json")
        let found = message { _ = try Preset(contentsOf: path) }
        #expect(found.utf8.count < 1_200, "\(found)")
        #expect(found.hasPrefix(path), "\(found)")
    }

    @Test func `a rotary base below 1 is refused`() throws {
        let folder = try TemporaryFolder()
        for base in ["0", "0.5", "-1", "1e-30"] {
            let text = Self.preset.replacing("\"norm\": \"none\"", with: "\"norm\": \"none\", \"rotary_base\": \(base)")
            let path = try folder.write(text, "preset.json")
            let found = message { _ = try Preset(contentsOf: path) }
            #expect(found.hasPrefix("\(path): rotary_base: expected a number of at least 1"), "\(found)")
        }
    }

    @Test func `near names of long names are not looked for`() throws {
        let (left, right) = (String(repeating: "a", count: 200_000), String(repeating: "b", count: 200_000))
        let time = ContinuousClock().measure { #expect(Nearest.name(to: left, among: [right, right, "a"]) == nil) }
        // All pairs of letters would take minutes.
        #expect(time < .seconds(60))
        #expect(Nearest.name(to: "modell", among: ["mode", "model", String(repeating: "m", count: 1 << 20)]) == "model")
    }

    private static let preset =
        "{\"attend_preset\": 1, \"title\": \"t\", \"source\": \"s\", \"width\": 8, \"vocabulary\": 9, \"context\": 4, \"norm\": \"none\", \"biases\": \"none\", \"unembedding\": \"tied\", \"decoder\": {\"layers\": 1, \"heads\": 2, \"head_dimension\": 4, \"positions\": \"learned\", \"position_count\": 4}}"

    @Test(
        arguments: [
            ("\"vocabulary\": 9, ", "", "unembedding: logits need a vocabulary"),
            (
                "\"vocabulary\": 9, \"context\": 4, \"norm\": \"none\", \"biases\": \"none\", \"unembedding\": \"tied\"",
                "\"context\": 4, \"norm\": \"none\", \"biases\": \"none\", \"unembedding\": \"none\", \"encoder\": {\"layers\": 1, \"heads\": 1, \"head_dimension\": 4, \"positions\": \"none\"}",
                "vocabulary is missing: an encoder and a decoder"
            ),
            (", \"position_count\": 4", "", "decoder.position_count is missing: learned positions need it"),
            (
                "\"learned\", \"position_count\": 4", "\"relative\", \"position_count\": 1",
                "relative positions need 2 buckets or more"
            ),
            ("\"layers\": 1", "\"layers\": 1048576", "decoder.layers: expected at most 4096, found 1048576"),
            (", \"decoder\": {", ", \"encoder\": null, \"audio\": {", "audio.layers is not a key")
        ]
    ) func `a preset that lacks something is refused by file and key`(old: String, new: String, word: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.preset.replacing(old, with: new), "preset.json")
        let found = message { _ = try CountableModel(Preset(contentsOf: path)) }
        #expect(found.hasPrefix("\(path): "), "\(found)")
        #expect(found.contains(word), "\(found)")
        _ = try CountableModel(Preset(contentsOf: folder.write(Self.preset, "whole.json")))
    }

    @Test func `a text in words that its own file lacks is a fault of the file`() throws {
        let folder = try TemporaryFolder()
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Examples/Creature")
        for name in ["creature.json", "creature.safetensors"] {
            try FileManager.default.copyItem(
                at: example.appending(path: name), to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let words = try String(contentsOf: example.appending(path: "creature.words.json"), encoding: .utf8)
        let path = try folder.write(words.replacing("\"fluffy\"", with: "\"fluffier\""), "creature.words.json")
        let graph = "\(folder.path)/creature.json"
        let found = message { _ = try ExplainedModel(graphFile: graph, text: nil) }
        #expect(found.hasPrefix("\(path): text: "), "\(found)")
        #expect(found.contains("\"fluffy\""), "\(found)")
        // Of a text that a person gave, it is that text's.
        #expect(throws: ExplanationError.self) { try ExplainedModel(graphFile: graph, text: "fluffy") }
    }

    @Test func `an index outside of its axis is an error where it moves nothing, too`() throws {
        let backend = try BackendRegistry.builtIn.backend(named: "simd")
        for operation in ["gather", "scatter_add"] {
            let builder = GraphBuilder("empty")
            let input = try builder.input("input", .float32, [0, 3])
            let indices = try builder.input("indices", .int64, [2])
            var inputs = ["input": input, "indices": indices]
            if operation == "scatter_add" { inputs["updates"] = try builder.input("updates", .float32, [0, 2]) }
            try builder.output("y", builder.apply(operation, inputs: inputs, attributes: ["axis": .integer(1)])[0])
            let graph = try builder.build()
            func run(_ index: Int64) throws {
                var tensors = [
                    "input": try Tensor(zeros: [0, 3]), "indices": try Tensor([1, index] as [Int64], shape: [2])
                ]
                if operation == "scatter_add" { tensors["updates"] = try Tensor(zeros: [0, 2]) }
                _ = try graph.run(tensors, on: backend)
            }
            try run(2)
            let found = message { try run(3) }
            #expect(found.contains("index 3 is out of range for an axis of size 3"), "\(operation): \(found)")
        }
    }

    @Test func `a NaN of any bits that a backend holds in a wider type counts as itself`() throws {
        let (simd, reference) = (
            try BackendRegistry.builtIn.backend(named: "simd"), try BackendRegistry.builtIn.backend(named: "reference")
        )
        let builder = GraphBuilder("narrow")
        let (left, right) = (try builder.input("left", .float16, [2]), try builder.input("right", .float16, [2]))
        try builder.output("y", left.less(right))
        let inputs = [
            "left": try Tensor(storage: .float16([0xFF80, 0x3C00]), shape: [2]),
            "right": try Tensor(storage: .float16([0x7C01, 0x4000]), shape: [2])
        ]
        let report = try GraphParity(builder.build(), on: simd, fallingBackTo: [reference]).report(on: inputs)
        #expect(report.passes, "\(report.table)")
    }
}
