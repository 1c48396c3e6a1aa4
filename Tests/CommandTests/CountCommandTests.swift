import AttendRuntime
import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// `attend count` as a user meets it.
@Suite struct CountCommandTests {
    @Test(arguments: ["count", "explain"]) func `a picture does not replace the model`(command: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("{}", "model.json")
        let outcome = try AttendProgram.run(
            command == "count" ? ["count", path, "--svg", path] : ["explain", "--model", path, "--svg", path])
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("--svg \(path) would replace"), "\(outcome.errors)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}")
    }

    private static let presets = AttendProgram.root.appending(path: "Sources/AttendModels/Presets/Files").path

    @Test func `count gpt3 tells the film's numbers`() throws {
        let outcome = try AttendProgram.run(["count", "gpt3"])
        #expect(outcome.code == 0)
        #expect(outcome.errors.isEmpty)
        let lines = outcome.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        for line in [
            "query [128, 12288] 1,572,864", "key [128, 12288] 1,572,864", "value down [128, 12288] 1,572,864",
            "value up [12288, 128] 1,572,864", "one head 6,291,456 the four together",
            "one block 96 heads 603,979,776 and 49,152 of biases",
            "all self-attention 96 blocks 57,982,058,496 33 % of 175 billion",
            "a square value map [12288, 12288] 150,994,944 instead of", "value down and up 3,145,728 48 times fewer",
            "2,048 4,194,304 16 MiB 144 GiB 18 GiB 735 TFLOP"
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(lines.contains { $0.hasPrefix("tokens") && $0.contains("all 9,216") })
    }

    @Test(.tags(.slow), .unlessFast) func `a changed preset gives other numbers`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let text = try String(contentsOfFile: "\(Self.presets)/gpt3.json", encoding: .utf8)
        let changed = text.replacing("\"layers\": 96, \"heads\": 96", with: "\"layers\": 48, \"heads\": 95")
        #expect(changed != text)
        try changed.write(toFile: "\(folder)/mine.json", atomically: true, encoding: .utf8)
        let report = try json("\(folder)/mine.json").required("attention").elements()[0]
        #expect(try report.required("head").required("parameters").integer() == 6_291_456)
        #expect(try report.required("block_parameters").integer() == 95 * 6_291_456)
        #expect(try report.required("all_blocks_parameters").integer() == 48 * 95 * 6_291_456)
        // The built-in presets are these files.
        try text.write(toFile: "\(folder)/gpt3.json", atomically: true, encoding: .utf8)
        #expect(
            try AttendProgram.run(["count", "\(folder)/gpt3.json"]).output
                == AttendProgram.run(["count", "gpt3"]).output)
    }

    private func json(_ arguments: String...) throws -> JSONNode {
        try JSONNode(JSONValue(parsing: AttendProgram.run(["count", "--json"] + arguments).output))
    }

    @Test func `a model's folder and a graph file are counted as presets are`() throws {
        let fixture = AttendProgram.root.appending(path: "Tests/BackendTests/Fixtures/bert/minilm-tiny").path
        let model = try json(fixture)
        // What is counted is what stands in the file, but for what no output needs.
        let file = try SafetensorsFile("\(fixture)/model.safetensors")
        let stored = file.entries.filter { $0.dtypeName.hasPrefix("F") }.reduce(0) { $0 + $1.shape.reduce(1, *) }
        #expect(try model.required("parameters").required("total").integer() == stored)
        let example = AttendProgram.root.appending(path: "Examples/CrossAttention/translate.json").path
        let graph = try json(example, "--context", "10", "--symbol", "source=7")
        let attention = try graph.required("attention").elements()[0]
        #expect(try attention.required("kind").string() == "cross-attention")
        let cost = try graph.required("context").elements()[0]
        #expect(try cost.required("pattern_cells").integer() == 70)
    }

    @Test func `the chart is a picture that says its numbers, the same each time`() throws {
        let folder = try AttendProgram.temporaryFolder()
        for file in ["a.svg", "b.svg"] {
            #expect(try AttendProgram.run(["count", "gpt3", "--svg", "\(folder)/\(file)"]).code == 0)
        }
        let picture = try String(contentsOfFile: "\(folder)/a.svg", encoding: .utf8)
        #expect(try picture == String(contentsOfFile: "\(folder)/b.svg", encoding: .utf8))
        #expect(picture.contains("2,048 tokens: 4,194,304 cells, 16 MiB"))
        #expect(picture.contains("144 GiB"))
        // Half of the tokens is half of the side.
        #expect(picture.contains("width=\"360\" height=\"360\""))
        #expect(picture.contains("width=\"180\" height=\"180\""))
        let parser = XMLParser(data: Data(picture.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }

    @Test func `what is asked wrongly says how to ask`() throws {
        let unknown = try AttendProgram.run(["count", "gtp3"])
        #expect(unknown.code == 64)
        #expect(unknown.errors.contains("did you mean \"gpt3\"?"))
        #expect(try AttendProgram.run(["count"]).code == 64)
        #expect(try AttendProgram.run(["count", "gpt3", "--context", "0"]).code == 64)
        #expect(try AttendProgram.run(["count", "gpt3", "--context", "many"]).code == 64)
        #expect(try AttendProgram.run(["count", "gpt3", "--dtype", "int32"]).code == 64)
        let symbol = try AttendProgram.run(["count", "gpt3", "--symbol", "token=1"])
        #expect(symbol.code == 64)
        #expect(symbol.errors.contains("did you mean \"tokens\"?"))
        let long = try AttendProgram.run(["count", "gpt3", "--context", "4096"])
        #expect(long.code == 64)
        #expect(long.errors.contains("2048"))
        #expect(!long.errors.contains("Fatal"))
        let missing = try AttendProgram.run(["count", "/nowhere/at-all"])
        #expect(missing.code == 5)
        #expect(missing.errors.contains("/nowhere/at-all/config.json"))
    }

    @Test(arguments: [
        (#""width": 12288"#, #""width": "wide""#, "width: expected an integer"),
        (#""width": 12288"#, #""width": 0"#, "width: expected a size from 1"),
        (#""width": 12288"#, #""widht": 12288"#, "did you mean \"width\"?"),
        (#""tied""#, #""knotted""#, "unembedding: expected one of tied, own, none"),
        (#""heads": 96"#, #""heads": 96, "key_value_heads": 7"#, "decoder: 96 heads are not a multiple of 7"),
        (#""attend_preset": 1"#, #""attend_preset": 2"#, "expected version 1, found 2"),
        (#""decoder":"#, #""decoder":: "#, "line"), (#", "position_count": 2048"#, "", "learned positions need it")
    ]) func `a bad preset is a bad file that names the place`(old: String, new: String, complaint: String) throws {
        let folder = try AttendProgram.temporaryFolder()
        let text = try String(contentsOfFile: "\(Self.presets)/gpt3.json", encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: "\(folder)/bad.json", atomically: true, encoding: .utf8)
        let outcome = try AttendProgram.run(["count", "\(folder)/bad.json"])
        #expect(outcome.code == 5, "\(outcome)")
        #expect(outcome.errors.contains(complaint), "\(outcome)")
        #expect(outcome.errors.contains("bad"))
    }
}
