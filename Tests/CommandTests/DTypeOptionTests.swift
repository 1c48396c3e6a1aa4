import AttendRuntime
import Foundation
import ModelSupport
import PluginSupport
import TestSupport
import Testing

/// `--dtype`: the type that a model computes in.
@Suite struct DTypeOptionTests {
    private let test: VariantCase
    private let variant: TinyModel
    private let sentences: TinyModel
    private let place: TemporaryFolder

    init() throws {
        test = try #require(VariantCase.all.first { $0.name == "BERT" })
        (variant, sentences, place) = (try test.folder(), try TinyModel(), try TemporaryFolder())
    }

    private static func json(_ outcome: AttendProgram.Outcome) throws -> JSONNode {
        #expect(outcome.code == 0, "\(outcome.errors)")
        return JSONNode(try JSONValue(parsing: Array(outcome.output.utf8)))
    }

    // MARK: Runs

    @Test(arguments: ["float16", "bfloat16"]) func `outputs are written in the model's type`(dtype: String) throws {
        let (inputs, output) = ("\(place.path)/in.safetensors", "\(place.path)/out.safetensors")
        try SafetensorsFile.write(test.inputs, to: inputs)
        let report = try Self.json(
            AttendProgram.run([
                "run", "--model", variant.path, "--inputs", inputs, "--output", output, "--dtype", dtype, "--json"
            ]))
        #expect(try report.required("dtype").string() == dtype)
        let file = try SafetensorsFile(output)
        #expect(file.metadata["dtype"] == dtype)
        for entry in file.entries {
            let isPooled = ["mean_pooled", "sentence_embedding"].contains(entry.name)
            #expect(entry.dtype?.rawValue == (isPooled ? "float32" : dtype), "\(entry.name)")
        }
    }

    @Test func `embeddings in another type are near those in float32`() throws {
        func embedding(_ options: [String]) throws -> [Double] {
            let report = try Self.json(
                AttendProgram.run(["run", "--model", sentences.path, "the cat sat", "--json"] + options))
            #expect(try report.required("dtype").string() == options.last ?? "float32")
            return try report.required("embeddings").elements()[0].elements().map { try $0.number() }
        }
        let (plain, narrow) = (try embedding([]), try embedding(["--dtype", "bfloat16"]))
        #expect(plain != narrow)
        expectNear(narrow, plain, within: 0.05)
        let table = try AttendProgram.run(["run", "--model", sentences.path, "the cat sat", "--dtype", "float16"])
        #expect(table.output.contains("dtype    float16"), "\(table)")
    }

    @Test func `a preset is generated and counted in the type`() throws {
        func report(_ command: [String]) throws -> JSONNode { try Self.json(AttendProgram.run(command + ["--json"])) }
        let run = try report(["run", "--preset", "t5-small", "--tokens", "2", "--dtype", "bfloat16"])
        #expect(try run.required("dtype").string() == "bfloat16")
        let outputs = try run.required("outputs").elements()
        #expect(try outputs.allSatisfy { try $0.required("dtype").string() == "bfloat16" })
        let count = try report(["count", "t5-small", "--dtype", "bfloat16", "--context", "2"]).required("parameters")
        let (total, bytes) = (try count.required("total").integer(), try count.required("bytes").integer())
        #expect(bytes == 2 * total)
        #expect(try run.required("parameters").integer() == total)
        #expect(try (2 * bytes..<(2 * bytes + 10_000_000)).contains(run.required("counted_bytes").integer()))
    }

    @Test func `the commands that read a model take the type`() throws {
        let cross = try #require(CrossCase.all.first).folder()
        let commands: [[String]] = [
            ["parity", "--model", sentences.path, "a cat", "--backend", "simd"],
            ["explain", "--model", sentences.path, "the cat sat"], ["inspect", variant.path],
            ["inspect", variant.path, "--check"], ["count", variant.path], ["count", "gpt2"],
            ["rank", "--model", cross.path, "a cat", "a mole", "a mat"],
            ["bench", "model", "--shapes", "\(variant.path),1,4", "--seconds", "0.001"]
        ]
        for command in commands {
            let outcome = try AttendProgram.run(command + ["--dtype", "bfloat16"])
            #expect(outcome.code == 0, "\(command): \(outcome.errors)\(outcome.output)")
        }
        let graph = try AttendProgram.run(["inspect", variant.path, "--dtype", "float16"])
        #expect(graph.output.contains("float16["), "\(graph)")
        let report = try Self.json(AttendProgram.run(commands[0] + ["--dtype", "float16", "--json"]))
        #expect(try report.elements()[0].required("passes").bool())
    }

    // MARK: Refusals

    @Test func `an unknown type names the known ones`() throws {
        let commands: [[String]] = [
            ["run", "--model", "x", "a"], ["rank", "--model", "x", "a", "b"], ["explain", "--model", "x"],
            ["parity", "--model", "x", "a"], ["inspect", "x"], ["count", "gpt2"], ["bench", "model"]
        ]
        for command in commands {
            let outcome = try AttendProgram.run(command + ["--dtype", "bfloat61"])
            #expect(outcome.code == 64, "\(command)")
            #expect(outcome.errors.contains("did you mean \"bfloat16\"?"), "\(outcome.errors)")
            #expect(outcome.errors.contains("float32, float16, bfloat16"), "\(outcome.errors)")
        }
    }

    @Test func `what is no model has types of its own`() throws {
        let example = "Examples/CrossAttention/translate.json"
        let weights = "\(variant.path)/model.safetensors"
        let commands: [(words: [String], says: String)] = [
            (["explain"], "the handmade model"), (["explain", "--model", example], "the graph \(example)"),
            (["parity", "--graph", example], "the graph \(example)"), (["parity", "--quick"], "a case"),
            (["inspect", example], example), (["inspect", weights], weights),
            (["count", example], "the graph \(example)"),
            (["eval", example], "--dtype")
        ]
        for (words, says) in commands {
            let outcome = try AttendProgram.run(words + ["--dtype", "float16"])
            #expect(outcome.code == 64, "\(words): \(outcome)")
            #expect(outcome.errors.contains(says), "\(words): \(outcome.errors)")
        }
    }

    @Test(.compilesC) func `a backend without the type is told, and nothing falls back`() throws {
        let backend = ["--backend", "minimal", "--plugin", try ExamplePlugin.minimal.library()]
        for command in ["run", "parity"] {
            let words = [command, "--model", sentences.path, "the cat sat"] + backend
            let outcome = try AttendProgram.run(words + ["--dtype", "bfloat16"])
            #expect(outcome.code == 4, "\(outcome)")
            #expect(outcome.errors.contains("minimal can't run"), "\(outcome.errors)")
            #expect(outcome.errors.contains("only float32, int32, int64 and bool"), "\(outcome.errors)")
        }
    }

    @Test func `a weight beyond float16 is a bad file, found by a check too`() throws {
        var weights = test.weights
        let name = weights.entries[0].name
        weights.entries[0].numbers = [0, 0, 65520]
        try variant.write(weights, "model.safetensors")
        let (inputs, output) = ("\(place.path)/in.safetensors", "\(place.path)/out.safetensors")
        try SafetensorsFile.write(test.inputs, to: inputs)
        let run = ["run", "--model", variant.path, "--inputs", inputs, "--output", output]
        let bad = try AttendProgram.run(run + ["--dtype", "float16"])
        #expect(bad.code == 5, "\(bad)")
        #expect(bad.errors.contains("\"\(name)\": the element at [0, 2] is 65520.0"), "\(bad.errors)")
        #expect(bad.errors.contains("use bfloat16"), "\(bad.errors)")
        #expect(!FileManager.default.fileExists(atPath: output))
        #expect(try AttendProgram.run(run + ["--dtype", "bfloat16"]).code == 0)
        let check = try AttendProgram.run(["inspect", variant.path, "--check", "--dtype", "float16"])
        #expect(check.code == 5)
        #expect(check.output.contains("tensor \"\(name)\": 1 beyond float16, the first at [0, 2]"), "\(check)")
        #expect(check.output.hasSuffix("tensors are not finite in float16\n"), "\(check)")
        #expect(try AttendProgram.run(["inspect", variant.path, "--check"]).code == 0)
    }
}
