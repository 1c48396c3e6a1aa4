import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// The files of a model's folder: what is absent, what can't be read, and what is something else.
@Suite struct ModelFileTests {
    private static func complaint(_ folder: TinyModel) throws -> String {
        "\(try #require(throws: (any Error).self) { try SentenceModel(folder: folder.path) })"
    }

    /// Files that may be absent: in their place is a folder, or a link to nothing.
    @Test(
        arguments: [
            "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json",
            "2_Normalize/config.json", "adapter_config.json", "model.safetensors", "sentence_roberta_config.json"
        ], [true, false])
    func `what can't be read is not absent`(_ name: String, _ isFolder: Bool) throws {
        let folder = try TinyModel()
        let place = "\(folder.path)/\(name)"
        // The older name is looked for where the newer one is not there.
        if name.contains("roberta") { try folder.remove("sentence_bert_config.json") }
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if isFolder {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        } else {
            try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "\(folder.path)/gone")
        }
        let complaint = try Self.complaint(folder)
        let words = isFolder ? "is a folder" : "is a link whose target does not exist"
        #expect(complaint.hasPrefix(place), "\(complaint)")
        #expect(complaint.contains(words), "\(complaint)")
    }

    @Test func `a link to a folder that is not there is not absence either`() throws {
        let folder = try TinyModel()
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/2_Normalize", withDestinationPath: "\(folder.path)/gone")
        #expect(try Self.complaint(folder).contains("2_Normalize: is a link whose target does not exist"))
    }

    @Test func `what modules name must be there`() throws {
        let bare = try TinyModel()
        try bare.remove("tokenizer.json")
        #expect(try Self.complaint(bare).contains("neither tokenizer.json nor vocab.txt"))
        for name in ["1_Pooling/config.json", "config.json"] {
            let folder = try TinyModel()
            try folder.remove(name)
            #expect(try Self.complaint(folder).contains("\(folder.path)/\(name): can't open it"))
        }
    }

    private static let pointer = """
        version https://git-lfs.github.com/spec/v1
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
        size 90868376

        """

    @Test(arguments: ["model.safetensors", "tokenizer.json", "config.json", "modules.json"])
    func `a git-LFS pointer, a web page and a server's answer are named`(_ name: String) throws {
        for (text, words) in [
            (Self.pointer, "git-LFS pointer"), ("<!DOCTYPE html>\n<html></html>", "web page"),
            ("  <HTML lang=en>", "web page"), ("Entry not found", "Entry not found")
        ] {
            let folder = try TinyModel()
            try folder.write(text, name)
            let complaint = try Self.complaint(folder)
            #expect(complaint.hasPrefix("\(folder.path)/\(name)"), "\(complaint)")
            #expect(complaint.contains(words), "\(complaint)")
        }
    }

    @Test func `weights in PyTorch's own format are told`() throws {
        let folder = try TinyModel()
        try folder.remove("model.safetensors")
        #expect(try Self.complaint(folder).contains("no such file, and no model.safetensors.index.json"))
        try folder.write("PK", "pytorch_model.bin")
        #expect(try Self.complaint(folder).contains("found pytorch_model.bin"))
        try folder.write("PK\u{3}\u{4}zip", "model.safetensors")
        #expect(try Self.complaint(folder).contains("zip archive"))
    }

    // MARK: Names of weights

    @Test(arguments: [
        "model.", "module.", "0.auto_model.", "0.model.", "auto_model.", "module.bert.", "model.bert.",
        "0.auto_model.bert.", "module.0.auto_model.", "_orig_mod.module.model."
    ])
    func `prefixes are taken off`(_ prefix: String) throws {
        let weights = try ModelCase.baseWeights.renamed { name in
            prefix + name.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
        }
        let (plain, wrapped) = (try TinyModel(), try TinyModel(weights: ["model.safetensors": weights]))
        let results = try [plain, wrapped].map { folder in
            let encoder = try SentenceModel(folder: folder.path)
            let session = try Program(encoder.graph, on: backend("simd")).makeSession()
            return try encoder.embeddings(["the cat sat"], session: session)
        }
        #expect(results[0] == results[1])
    }

    @Test func `one weight under two names is refused`() throws {
        var weights = try ModelCase.baseWeights
        var other = weights.entries[3]
        other.name = "bert.embeddings.LayerNorm.gamma"
        weights.entries.append(other)
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        let complaint = try Self.complaint(folder)
        #expect(
            complaint.contains("bert.embeddings.LayerNorm.gamma") && complaint.contains("same weight"), "\(complaint)")
    }

    @Test(arguments: [
        "encoder.layer.1.attention.self.distance_embedding.weight", "encoder.layer.0.output.adapters.up.weight",
        "encoder.layer.0.attention.self.query.lora_A.weight", "embeddings.adapter.weight"
    ])
    func `a weight inside of a block that BERT has no use for is refused`(_ name: String) throws {
        var weights = try ModelCase.baseWeights
        weights.entries.append(TinyWeights.Entry(name: "bert." + name, source: name, shape: [2, 2]))
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix("\(folder.path)/model.safetensors"), "\(complaint)")
        #expect(complaint.contains(name), "\(complaint)")
    }

    @Test func `a misspelled weight is named with the family's name of it`() throws {
        for (old, new) in [("self.query", "self.qeury"), ("layer.1.output.dense", "layer.1.output.denze")] {
            var weights = try ModelCase.baseWeights
            let index = try #require(weights.entries.firstIndex { $0.name.contains("\(old).weight") })
            let right = weights.entries[index].name
            weights.entries[index].name = right.replacing(old, with: new)
            let complaint = try Self.complaint(TinyModel(weights: ["model.safetensors": weights]))
            #expect(complaint.contains(weights.entries[index].name), "\(complaint)")
            #expect(complaint.hasSuffix("did you mean \"\(right.replacing("bert.", with: ""))\"?"), "\(complaint)")
        }
    }

    @Test func `a missing weight is named, and one that is no float`() throws {
        var weights = try ModelCase.baseWeights
        weights.entries.removeAll { $0.name.hasSuffix("layer.1.output.dense.bias") }
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        #expect(try Self.complaint(folder).contains("there is no tensor \"encoder.layer.1.output.dense.bias\""))
        try SafetensorsFile.write(
            ["embeddings.word_embeddings.weight": Tensor(zeros: [23, 8], dtype: .int32)],
            to: "\(folder.path)/model.safetensors")
        #expect(try Self.complaint(folder).contains("a floating-point type"))
    }

    @Test func `a float64 beyond float32 is refused by its place`() throws {
        var weights = try ModelCase.baseWeights
        weights.dtype = "F64"
        weights.entries[1].numbers = [1, 1e300]
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        #expect(try Self.complaint(folder).contains("element 1 is 1e+300, beyond the range of float32"))
    }

    @Test func `an adapter beside the model is refused`() throws {
        let folder = try TinyModel(files: ["adapter_config.json": .object([.init("peft_type", .string("LORA"))])])
        #expect(try Self.complaint(folder).contains("adapter_config.json: adapters are not supported"))
    }

    @Test func `an index names what is in its shards`() throws {
        let test = try #require(ModelCase.named("weights in shards"))
        let folder = try test.folder()
        _ = try SentenceModel(folder: folder.path)
        try folder.edit(
            "model.safetensors.index.json",
            ["weight_map": .object([.init("nobody.has.it", .string("model-00001-of-00002.safetensors"))])])
        let complaint = try Self.complaint(folder)
        #expect(complaint.contains("index.json"), "\(complaint)")
        #expect(complaint.contains("nobody.has.it"), "\(complaint)")
        try folder.edit(
            "model.safetensors.index.json", ["weight_map": .object([.init("x", .string("missing.safetensors"))])])
        #expect(try Self.complaint(folder).contains("missing.safetensors: can't open it"))
        try folder.edit("model.safetensors.index.json", ["weight_map": .object([])])
        #expect(try Self.complaint(folder).contains("weight_map lists no files"))
    }

    // MARK: Numbers that are not finite

    @Test(arguments: ["reference", "simd"]) func `the first tensor that is not finite is named`(_ name: String) throws {
        func complaint(_ edit: (inout TinyWeights.Entry) -> Void) throws -> String {
            var weights = try ModelCase.baseWeights
            for index in weights.entries.indices { edit(&weights.entries[index]) }
            let folder = try TinyModel(weights: ["model.safetensors": weights])
            let encoder = try SentenceModel(folder: folder.path)
            let session = try Program(encoder.graph, on: backend(name)).makeSession()
            let error = try #require(throws: ModelError.self) {
                try encoder.embeddings(["the cat", "the big cat"], session: session)
            }
            #expect(error.path == folder.path)
            return error.reason
        }
        let bias = try complaint { if $0.name == "encoder.layer.0.output.dense.bias" { $0.numbers = [1, .nan] } }
        #expect(
            bias.hasPrefix("the embedding of text 1 (\"the cat\") is not finite: component 0 is nan")
                && bias.contains("the weight encoder.layer.0.output.dense.bias, with nan at [1]"), "\(bias)")
        // Row 16 is "big".
        let row = try complaint {
            if $0.name == "embeddings.word_embeddings.weight" {
                $0.numbers = Array(repeating: 0.5, count: 8 * 16) + [.infinity]
            }
        }
        #expect(
            row.hasPrefix("the embedding of text 2") && row.contains("word_embeddings.weight, with inf at [16, 0]"),
            "\(row)")
        // The numbers are finite, and their product is not.
        let product = try complaint {
            if $0.name == "encoder.layer.1.intermediate.dense.weight" { $0.numbers = Array(repeating: 3e38, count: 96) }
            if $0.name == "encoder.layer.1.output.dense.weight" { $0.numbers = Array(repeating: 3e38, count: 96) }
        }
        #expect(product.contains("the first tensor that is not finite is layers.1.feed_forward"), "\(product)")
    }
}
