import AttendRuntime
import Foundation
import ModelSupport
import Testing

/// `attend run` and `attend explain` on little models: what they read, and what they say of it.
@Suite struct ModelCommandTests {
    private static func run(_ folder: TinyModel, _ arguments: String...) throws -> AttendProgram.Outcome {
        try AttendProgram.run(["run", "--model", folder.path, "--backend", "simd"] + arguments)
    }

    private static func folder(_ name: String) throws -> TinyModel {
        let test = try #require(ModelCase.named(name))
        return try test.folder()
    }

    @Test(arguments: [[], ["--json"]]) func `an embedding that is not finite is a bad file`(_ more: [String]) throws {
        var weights = try ModelCase.baseWeights
        for index in weights.entries.indices where weights.entries[index].name.hasSuffix("layer.0.output.dense.bias") {
            weights.entries[index].numbers = [.nan]
        }
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        let outcome = try AttendProgram.run(["run", "--model", folder.path] + more + ["the cat", "a mole"])
        #expect(outcome.code == 5, "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
        for words in [folder.path, "text 1 (\"the cat\")", "encoder.layer.0.output.dense.bias"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
    }

    @Test func `what is cut off is told, with the file that says so`() throws {
        let text = "the cat sat on a mat the cat sat on a mat"
        let folder = try Self.folder("max_seq_length")
        let run = try Self.run(folder, text)
        #expect(
            run.code == 0
                && run.errors.contains(
                    "the text has 14 tokens and the model reads 7 (max_seq_length in \(folder.path)/sentence_bert_config.json): the end is left out"
                ), "\(run)")
        try folder.edit("tokenizer_config.json", ["truncation_side": .string("left")])
        #expect(try Self.run(folder, text).errors.contains("the start is left out"))
        // explain reads whatever the transformer has positions for.
        #expect(try AttendProgram.run(["explain", "--model", folder.path, text]).errors.contains("left out") == false)
        let long = try AttendProgram.run([
            "explain", "--model", folder.path, Array(repeating: "cat", count: 40).joined(separator: " ")
        ])
        #expect(
            long.code == 0
                && long.errors.contains(
                    "has 42 tokens and the model reads 24 (max_position_embeddings in \(folder.path)/config.json): the start is left out"
                ), "\(long)")
    }

    @Test func `prompts are the model's, or given`() throws {
        let folder = try Self.folder("default prompt")
        func ids(_ arguments: String...) throws -> (ids: [JSONValue], prompt: String) {
            let outcome = try AttendProgram.run(["run", "--model", folder.path, "--json"] + arguments + ["cat"])
            try #require(outcome.code == 0, "\(outcome)")
            let root = try JSONNode(JSONValue(parsing: outcome.output))
            return (
                try root.required("token_ids").elements()[0].elements().map(\.value),
                try root.required("prompt").string()
            )
        }
        let standard = try ids()
        #expect(standard.prompt == "query : ")
        #expect(try ids("--prompt-name", "query") == standard)
        #expect(try ids("--prompt", "query : ") == standard)
        let (none, big) = (try ids("--prompt", ""), try ids("--prompt-name", "big"))
        #expect(none.ids.count == 3)
        #expect(big.ids.count == 4)
        #expect(standard.ids.count == 5)
        let unknown = try Self.run(folder, "--prompt-name", "question", "cat")
        #expect(unknown.code == 64, "\(unknown)")
        #expect(unknown.errors.contains("there are big, document, query"), "\(unknown)")
        #expect(try Self.run(folder, "--prompt", "a", "--prompt-name", "big", "cat").code == 64)
        #expect(try Self.run(folder, "cat").output.contains("prompt   \"query : \" before each text"))
    }

    @Test func `the table says which similarity it shows`() throws {
        let dot = try Self.run(Self.folder("similarity dot"), "the cat", "a mole")
        #expect(dot.output.hasPrefix("dot "))
        #expect(dot.output.contains("dot products, the similarity that the model was trained for"))
        let cosine = try Self.run(Self.folder("similarity cosine"), "the cat", "a mole")
        #expect(cosine.output.hasPrefix("similarity  "))
        #expect(!cosine.output.contains("trained for"))
        let json = try Self.run(Self.folder("similarity manhattan"), "--json", "the cat", "a mole")
        let root = try JSONNode(JSONValue(parsing: json.output))
        #expect(try root.required("similarity_function").string() == "manhattan")
        #expect(try root.required("similarity").elements()[0].elements()[1].number() < 0)
    }

    @Test func `an empty text has the embedding of its special tokens, which is said`() throws {
        let outcome = try Self.run(TinyModel(), "--json", "the cat", "", " \n")
        let root = try JSONNode(JSONValue(parsing: outcome.output))
        #expect(try root.required("token_ids").elements()[1].elements().map { try $0.integer() } == [2, 3])
        #expect(outcome.errors.contains("text 2 is empty"))
        #expect(outcome.errors.contains("text 3 is empty"))
        #expect(!outcome.errors.contains("text 1"))
    }

    @Test func `explain tells how a model pools`() throws {
        let model = try TinyModel()
        let plain = try AttendProgram.run(["explain", "--model", model.path, "--step", "prediction", "the cat"])
        let text = plain.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(text.contains("the mean of its last vectors"), "\(plain)")
        let folder = try Self.folder("pooling elsewhere")
        let other = try AttendProgram.run(["explain", "--model", folder.path, "--step", "prediction", "the cat"])
        let words = other.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("cls, normalized"), "\(other)")
    }

    @Test func `count counts the weights of all modules`() throws {
        func total(_ name: String) throws -> Int {
            let folder = try Self.folder(name)
            let outcome = try AttendProgram.run(["count", folder.path + "/", "--json"])
            try #require(outcome.code == 0, "\(outcome)")
            return try JSONNode(JSONValue(parsing: outcome.output)).required("parameters").required("total").integer()
        }
        #expect(try total("Dense of smaller") == total("base") + 8 * 3 + 3)
        #expect(try total("LayerNorm") == total("base") + 16)
        #expect(try total("transformer in 0_Transformer") == total("base"))
    }

    @Test("layers that config.json leaves out are told")
    func surplusLayers() throws {
        let folder = try TinyModel()
        try folder.edit("config.json", ["num_hidden_layers": .integer(1)])
        let outcome = try Self.run(folder, "the cat")
        #expect(outcome.code == 0)
        #expect(
            outcome.errors.contains(
                "attend: warning: \(folder.path)/config.json says 1 layer, and the weights have 2: the model ends after 1"
            ))
        for arguments in [
            ["inspect", folder.path], ["inspect", folder.path, "--check"], ["count", folder.path],
            ["explain", "--model", folder.path, "the cat"], ["parity", "--model", folder.path, "the cat"]
        ] {
            let told = try AttendProgram.run(arguments)
            #expect(told.errors.contains("says 1 layer, and the weights have 2"), "\(arguments)")
        }
        #expect(!(try Self.run(TinyModel(), "the cat")).errors.contains("warning"))
    }
}
