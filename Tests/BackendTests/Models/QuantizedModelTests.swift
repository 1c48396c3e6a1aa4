import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// Folders of quantized weights: see Tests/Goldens/mlx_quantized.py.
@Suite struct QuantizedModelTests {
    private static let names = ["4-64", "8-32", "4-128"]

    private static func fixture(_ name: String) -> String {
        "\(Bundle.module.resourcePath ?? ".")/Fixtures/mlx/\(name)"
    }

    private static func logits(_ model: LoadedModel, _ expected: SafetensorsFile, on name: String) throws -> Tensor {
        let graph = try model.graph([.logits])
        let ids = try expected.tensor(named: "input_ids")
        let mask = try Tensor([Int64](repeating: 1, count: ids.elementCount), shape: ids.shape)
        let found = try graph.run(["input_ids": ids, "attention_mask": mask], on: backend(name))
        return try #require(found["logits"])
    }

    @Test(arguments: names, ["reference", "simd"])
    func `a folder as mlx-lm writes it runs`(name: String, backend: String) throws {
        let folder = Self.fixture(name)
        let expected = try SafetensorsFile("\(folder)/expected.safetensors")
        let found = try Self.logits(LoadedModel(folder: folder), expected, on: backend)
        try expectNear(
            found.floats(), expected.tensor(named: "logits").floats(), within: Float(2e-4), "\(name) on \(backend)")
    }

    @Test func `the integers reach the kernels`() throws {
        let graph = try LoadedModel(folder: Self.fixture("4-64")).graph([.logits])
        let optimized = try Optimizer.standard.optimize(graph).graph
        let operations = optimized.nodes.map(\.operation.name)
        // Four of attention, two of the MLP and the head; down_proj's rows of 64 are one group.
        #expect(operations.count { $0 == "quantized_linear" } == 8)
        #expect(operations.contains("quantized_embedding"))
        #expect(!operations.contains("dequantize"))
        #expect(!operations.contains("linear"))
        let floats = optimized.constants.filter { $0.content.dtype.isFloatingPoint && $0.content.shape.count == 2 }
        #expect(floats.allSatisfy { $0.content.elementCount <= 128 * 2 }, "a matrix of numbers is left")
    }

    @Test(arguments: names) func `counting knows the bytes of the file, and checking its numbers`(name: String) throws {
        let folder = Self.fixture(name)
        let model = try CountableModel(folder: folder)
        let file = try SafetensorsFile("\(folder)/model.safetensors")
        #expect(model.weightByteCount(.float32) == file.entries.map(\.byteCount).reduce(0, +))
        // Parameters are those of the matrices, whatever they are stored in.
        let original = try SafetensorsFile("\(folder)/original.safetensors")
        #expect(
            ParameterCount(model.graph, declaredWeights: model.declaredWeights).total == original.entries.map(
                \.byteCount
            ).reduce(0, +) / 4)
        let check = try WeightCheck(LoadedModel(folder: folder).weightFiles, dtype: .float32) { _, _ in }
        #expect(check.omitted.isEmpty && check.findings.isEmpty)
        #expect(check.checkedCount == file.entries.count { $0.dtypeName != "U32" })
    }

    @Test(arguments: names) func `quantizing gives the same bits as NumPy`(name: String) throws {
        let folder = Self.fixture(name)
        let (stored, original) = (
            try SafetensorsFile("\(folder)/model.safetensors"), try SafetensorsFile("\(folder)/original.safetensors")
        )
        let parts = name.split(separator: "-").compactMap { Int($0) }
        let form = try #require(QuantizedForm(bits: parts[0], group: parts[1]))
        var count = 0
        for entry in original.entries {
            let base = entry.name.replacingOccurrences(of: ".weight", with: "")
            guard stored.entry(named: "\(base).scales") != nil else { continue }
            let matrix = try original.tensor(named: entry.name)
            let made = try MatrixQuantizer(form: form, dtype: .float32, searches: false).quantized(matrix)
            let searched = try MatrixQuantizer(form: form, dtype: .float32).quantized(matrix)
            #expect(searched.total < made.total, "\(entry.name)")
            let words = try stored.words(named: entry.name, shape: made.words.shape)
            #expect(made.words == words, "\(entry.name)")
            #expect(try made.scales == stored.tensor(named: "\(base).scales"), "\(entry.name)")
            #expect(try made.offsets == stored.tensor(named: "\(base).biases"), "\(entry.name)")
            count += 1
        }
        #expect(count >= 7)
    }

    @Test func `a folder is quantized, runs, and is near the original`() throws {
        let source = try Folder(copying: Self.fixture("8-32"))
        try source.replace("model.safetensors", with: "original.safetensors")
        try source.removeQuantization()
        let model = try LoadedModel(folder: source.path)
        let form = try #require(QuantizedForm(bits: 8, group: 32))
        let quantizer = try ModelQuantizer(model, form: form)
        let output = "\(source.path)-8"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let report = try quantizer.write(to: output)
        #expect(report.matrices.count == 9)
        #expect(report.matrices.allSatisfy { $0.worst < 0.004 && $0.worst > 0 && $0.mean < $0.worst })
        #expect(report.byteCountAfter * 3 < report.byteCountBefore)
        let expected = try SafetensorsFile("\(Self.fixture("8-32"))/expected.safetensors")
        let (before, after) = (
            try Self.logits(model, expected, on: "simd"),
            try Self.logits(LoadedModel(folder: output), expected, on: "simd")
        )
        #expect(before != after)
        try expectNear(after.floats(), before.floats(), within: 0.05)
        let names = try FileManager.default.contentsOfDirectory(atPath: (output as NSString).deletingLastPathComponent)
        #expect(!names.contains { $0.hasPrefix((output as NSString).lastPathComponent + ".") })
        // Twice, and onto something.
        #expect(throws: QuantizationError.self) { try quantizer.write(to: output) }
        #expect(throws: QuantizationError.self) {
            try ModelQuantizer(LoadedModel(folder: output), form: form)
        }
    }

    @Test func `a folder that is a link is copied whole, and one without a tokenizer is not compared`() throws {
        let source = try Folder(copying: Self.fixture("8-32"))
        try source.replace("model.safetensors", with: "original.safetensors")
        try source.removeQuantization()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o444], ofItemAtPath: "\(source.path)/config.json")
        let link = "\(source.path)-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        let model = try LoadedModel(folder: link)
        let output = "\(source.path)-linked"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let form = try #require(QuantizedForm(bits: 8, group: 32))
        _ = try ModelQuantizer(model, form: form, dtype: .bfloat16).write(to: output)
        let names = try FileManager.default.contentsOfDirectory(atPath: output)
        #expect(names.sorted() == ["config.json", "expected.safetensors", "model.safetensors"])
        // Into the folder itself: the copy is not part of it.
        _ = try ModelQuantizer(model, form: form).write(to: "\(source.path)/inside")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(source.path)/inside").sorted() == names.sorted())
        let made = try LoadedModel(folder: output)
        let fidelity = try Fidelity.of(made, against: model, on: ["a"]) { try Program($0, on: backend("simd")) }
        guard case .unmeasured(let reason) = fidelity else {
            Issue.record("compared without a tokenizer")
            return
        }
        #expect(reason.contains("tokenizer"))
        // Scales and all that stays are of the type.
        let file = try SafetensorsFile("\(output)/model.safetensors")
        #expect(file.entries.allSatisfy { ["U32", "BF16"].contains($0.dtypeName) })
        let expected = try SafetensorsFile("\(Self.fixture("8-32"))/expected.safetensors")
        let (before, after) = (
            try Self.logits(model, expected, on: "simd"), try Self.logits(made, expected, on: "simd")
        )
        try expectNear(after.floats(), before.floats(), within: 0.1)
    }

    @Test func `what can't be quantized is told, and nothing is written`() throws {
        let source = try Folder(copying: Self.fixture("4-64"))
        try source.replace("model.safetensors", with: "original.safetensors")
        try source.removeQuantization()
        let model = try LoadedModel(folder: source.path)
        let form = try #require(QuantizedForm(bits: 4, group: 128))
        expectError(QuantizationError.self, saying: "down_proj.weight", "rows of 64") {
            try ModelQuantizer(model, form: form)
        }
        let kept = try ModelQuantizer(model, form: form, keepsIndivisible: true)
        #expect(kept.indivisible.map(\.width) == [64])
        // A weight that is not finite.
        let file = try SafetensorsFile("\(source.path)/model.safetensors")
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
        let name = "model.layers.0.self_attn.k_proj.weight"
        var values = try #require(tensors[name]).floats()
        values[300] = .nan
        tensors[name] = try Tensor(values, shape: try #require(tensors[name]).shape)
        try SafetensorsFile.write(tensors, to: "\(source.path)/model.safetensors")
        let output = "\(source.path)-bad"
        let other = try ModelQuantizer(LoadedModel(folder: source.path), form: form, keepsIndivisible: true)
        expectError(QuantizationError.self, saying: "k_proj.weight", "[2, 44]") { try other.write(to: output) }
        #expect(!FileManager.default.fileExists(atPath: output))
        let left = try FileManager.default.contentsOfDirectory(atPath: (output as NSString).deletingLastPathComponent)
        #expect(!left.contains { $0.hasPrefix((output as NSString).lastPathComponent) })
    }

    @Test(arguments: [
        (#""bits": 4"#, #""bits": 3"#, "expected 4 or 8"),
        (#""group_size": 64"#, #""group_size": 48"#, "expected 32, 64 or 128"),
        (#""bits": 4"#, #""bits": 8"#, "expected shape [48, 32]"),
        (#""group_size": 64"#, #""group_size": 32"#, "expected shape [48, 4]"),
        (#""bits": 4"#, #""mode": "mxfp4", "bits": 4"#, "affine")
    ]) func `settings that contradict the weights are errors`(old: String, new: String, message: String) throws {
        let source = try Folder(copying: Self.fixture("4-64"))
        try source.edit { $0.replacingOccurrences(of: old, with: new) }
        do {
            _ = try LoadedModel(folder: source.path).graph([.logits])
            Issue.record("\(new) is accepted")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test(arguments: [
        (#""quantization": {"#, #""quantization": {"model.layers.0.mlp.downproj": false,"#, "down_proj"),
        (#""quantization": {"#, #""quantization": {"zero_point": false,"#, "zero_point"),
        (
            #""quantization": {"#, #""quantization": {"lm_head": {"bits": 4, "group_size": 64, "zeros": 1},"#,
            "no such setting"
        ),
        (#""quantization": {"#, #""quantization": {"lm_head": 4,"#, "bits and group_size")
    ]) func `settings of modules are understood or refused`(old: String, new: String, message: String) throws {
        let source = try Folder(copying: Self.fixture("4-64"))
        try source.edit {
            // The second copy of the settings must not differ from the first.
            $0.replacingOccurrences(of: "quantization_config", with: "unread_config")
                .replacingOccurrences(of: old, with: new)
        }
        expectError(ModelError.self, saying: message) { try LoadedModel(folder: source.path) }
    }

    @Test func `settings without quantized weights are refused`() throws {
        let source = try Folder(copying: Self.fixture("4-64"))
        try source.replace("model.safetensors", with: "original.safetensors")
        expectError(ModelError.self, saying: "quantization", "scales") { try LoadedModel(folder: source.path) }
    }

    /// BART's and T5's folders may hold the table several times, and Llama's a head that is the table.
    @Test func `copies of a quantized table are left out`() throws {
        let whole = "\(Bundle.module.resourcePath ?? ".")/Fixtures"
        for (name, places) in [
            (
                "bart/forced-bos-eos",
                ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"]
            ),
            ("llama/tied-gqa", ["lm_head.weight"])
        ] {
            let source = try Folder(copying: "\(whole)/\(name)")
            let file = try SafetensorsFile("\(source.path)/model.safetensors")
            var tensors: [String: Tensor] = [:]
            for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
            let table = try #require(tensors["model.shared.weight"] ?? tensors["model.embed_tokens.weight"])
            for place in places { tensors[place] = table }
            try SafetensorsFile.write(tensors, to: "\(source.path)/model.safetensors")
            let output = "\(source.path)-8"
            defer { try? FileManager.default.removeItem(atPath: output) }
            let form = try #require(QuantizedForm(bits: 8, group: 32))
            _ = try ModelQuantizer(LoadedModel(folder: source.path), form: form, keepsIndivisible: true).write(
                to: output)
            let made = try SafetensorsFile("\(output)/model.safetensors")
            for place in places { #expect(made.entry(named: place) == nil, "\(place)") }
            let model = try LoadedModel(folder: output)
            let constants = try model.graph([.logits]).constants
            #expect(
                !constants.contains { $0.content.dtype.isFloatingPoint && $0.content.shape == table.shape }, "\(name)")
        }
    }

    @Test func `quantized weights without settings are an error`() throws {
        let source = try Folder(copying: Self.fixture("4-64"))
        try source.removeQuantization()
        expectError(SafetensorsError.self, saying: "is quantized", "quantization") {
            try LoadedModel(folder: source.path).graph([.logits])
        }
    }

    /// A copy of a folder that may be changed.
    private final class Folder {
        let path: String

        init(copying other: String) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "attend-\(UUID().uuidString)").path
            try FileManager.default.copyItem(atPath: other, toPath: path)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func replace(_ name: String, with other: String) throws {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            try FileManager.default.moveItem(atPath: "\(path)/\(other)", toPath: "\(path)/\(name)")
        }

        func edit(_ change: (String) -> String) throws {
            let text = try String(contentsOfFile: "\(path)/config.json", encoding: .utf8)
            try change(text).write(toFile: "\(path)/config.json", atomically: true, encoding: .utf8)
        }

        func removeQuantization() throws {
            guard case .object(let members) = try JSONValue(parsing: InputFile.contents(of: "\(path)/config.json"))
            else { return }
            let rest = JSONValue.object(members.filter { !$0.key.hasPrefix("quantization") })
            try rest.serialized().write(toFile: "\(path)/config.json", atomically: true, encoding: .utf8)
        }
    }
}
