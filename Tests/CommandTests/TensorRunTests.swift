import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// `attend run --inputs`, and the commands that need no tokenizer.
@Suite struct TensorRunTests {
    private let test: VariantCase
    private let model: TinyModel
    private let place: TemporaryFolder

    init() throws {
        test = try #require(VariantCase.all.first { $0.name == "padded on the left" })
        (model, place) = (try test.folder(), try TemporaryFolder())
    }

    private var output: String { "\(place.path)/out.safetensors" }

    /// Runs the model on the case's inputs.
    private func run(_ inputs: [String: Tensor]? = nil, _ options: [String] = []) throws -> AttendProgram.Outcome {
        let path = "\(place.path)/in.safetensors"
        try SafetensorsFile.write(inputs ?? test.inputs, to: path)
        return try AttendProgram.run(
            ["run", "--model", model.path, "--inputs", path, "--output", output] + options)
    }

    @Test func `outputs have the names and the values of transformers`() throws {
        let outcome = try run()
        #expect(outcome.code == 0, "\(outcome.errors)")
        let file = try SafetensorsFile(output)
        let expected = Set(test.outputs.keys.map { $0.replacingOccurrences(of: "s_", with: "s.") })
        #expect(expected.contains("hidden_states.2"))
        #expect(expected.contains("attentions.1"))
        #expect(Set(file.entries.map(\.name)) == expected)
        let (found, goal) = (try file.tensor(named: "logits"), try #require(test.outputs["logits"]))
        // The first sequence has no padding.
        let count = goal.elementCount / 2
        try expectNear(found.floats().prefix(count), goal.floats().prefix(count), within: 1e-4)
        for name in expected { #expect(outcome.output.contains("\(name)  float32["), "\(name)") }
    }

    @Test func `the outputs asked for are written, beside captures`() throws {
        let capture = "layers.1.attention.heads.0.queries"
        let outcome = try run(nil, ["--outputs", "logits", "--outputs", "attentions", "--capture", capture, "--json"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            Set(try SafetensorsFile(output).entries.map(\.name)) == ["logits", "attentions.0", "attentions.1", capture])
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        #expect(try report.required("version").integer() == 1)
        #expect(try report.required("outputs").elements().count == 4)
    }

    @Test(arguments: [
        ("token_type_ids", "the model does not read token_type_ids"), ("inputs_ids", "did you mean \"input_ids\"?")
    ])
    func `an input that the model does not read is an error of the file`(name: String, words: String) throws {
        var inputs = test.inputs
        inputs[name] = inputs["input_ids"]
        let outcome = try run(inputs)
        #expect(outcome.code == 5)
        #expect(outcome.errors.contains("in.safetensors"))
        #expect(outcome.errors.contains(words))
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func `ids of another type or shape, and ids beyond the table, are errors`() throws {
        var inputs = test.inputs
        inputs["input_ids"] = try Tensor([1, 2, 3, 4, 5] as [Float], shape: [1, 5])
        let type = try run(inputs)
        #expect(type.code == 5, "\(type.errors)")
        #expect(type.errors.contains("input_ids"), "\(type.errors)")
        #expect(type.errors.contains("int64"), "\(type.errors)")
        inputs["input_ids"] = try Tensor([1, 2, 3] as [Int64], shape: [1, 3])
        #expect(try run(inputs).code == 5)
        inputs = test.inputs
        inputs["input_ids"] = try Tensor(Array(repeating: 11 as Int64, count: 10), shape: [2, 5])
        let beyond = try run(inputs)
        #expect(beyond.code == 5, "\(beyond.errors)")
        #expect(beyond.errors.contains("element 0 is 11"), "\(beyond.errors)")
        inputs["input_ids"] = try Tensor([1, -1, 1, 1, 1, 1, 1, 1, 1, 1] as [Int64], shape: [2, 5])
        let negative = try run(inputs)
        #expect(negative.code == 5, "\(negative.errors)")
        #expect(negative.errors.contains("element 1 is -1"), "\(negative.errors)")
    }

    @Test func `what is read is not replaced`() throws {
        let inputs = "\(place.path)/in.safetensors"
        try SafetensorsFile.write(test.inputs, to: inputs)
        let weights = "\(model.path)/model.safetensors"
        let before = try InputFile.contents(of: weights)
        for output in [inputs, "\(place.path)/./in.safetensors", weights, "-"] {
            let outcome = try AttendProgram.run(
                ["run", "--model", model.path, "--inputs", inputs, "--output", output])
            #expect(outcome.code == 64, "\(outcome.errors)")
            #expect(outcome.errors.contains("--output \(output)"), "\(outcome.errors)")
        }
        #expect(try InputFile.contents(of: weights) == before)
        #expect(try SafetensorsFile(inputs).entries.count == test.inputs.count)
    }

    @Test func `a write-protected file is not replaced`() throws {
        try SafetensorsFile.write(test.inputs, to: output)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: output)
        let outcome = try run()
        #expect(outcome.code == 5, "\(outcome.errors)")
        #expect(outcome.errors.contains("write-protected"), "\(outcome.errors)")
    }

    @Test func `options that do not go together are refused`() throws {
        let inputs = "\(place.path)/in.safetensors"
        for (options, words) in [
            (["--model", model.path, "--inputs", inputs], "--output"),
            (["--model", model.path, "--inputs", inputs, "--output", output, "a text"], "replaces the texts"),
            (["--preset", "gpt2", "--inputs", inputs, "--output", output], "--inputs needs --model"),
            (["--model", model.path, "--outputs", "logits", "a text"], "--outputs needs --inputs"),
            (["--model", model.path, "--inputs", inputs, "--output", output, "--outputs", "logit"], "did you mean")
        ] {
            let outcome = try AttendProgram.run(["run"] + options)
            #expect(outcome.code == 64, "\(options): \(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(options): \(outcome.errors)")
        }
    }

    @Test func `a folder without a tokenizer can be inspected, counted and checked; text names the missing file`()
        throws
    {
        let inspected = try AttendProgram.run(["inspect", model.path])
        #expect(inspected.code == 0, "\(inspected.errors)")
        #expect(inspected.output.contains("logits: "), "\(inspected.errors)")
        let counted = try AttendProgram.run(["count", model.path])
        #expect(counted.code == 0, "\(counted.errors)")
        #expect(counted.output.contains("h/*/attn/c_attn/weight/query"), "\(counted.errors)")
        let path = "\(place.path)/ids.safetensors"
        try SafetensorsFile.write(test.inputs, to: path)
        let checked = try AttendProgram.run(
            ["parity", "--backend", "simd", "--model", model.path, "--inputs", path])
        #expect(checked.code == 0, "\(checked.errors)")
        #expect(checked.output.contains("gpt2 on simd passes"), "\(checked.errors)")
        for command in [["run", "--model", model.path, "a text"], ["explain", "--model", model.path, "a text"]] {
            let outcome = try AttendProgram.run(command)
            #expect(outcome.code == 5, "\(outcome.errors)")
            #expect(outcome.errors.contains("\(model.path)/tokenizer.json"), "\(outcome.errors)")
        }
    }
}
