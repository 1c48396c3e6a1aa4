import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// `attend run` with models that generate: a little decoder with random weights, and a little Whisper.
@Suite struct GenerationCommandTests {
    /// The sentence encoder of the model tests as a language model with tied embeddings.
    static func decoder(positions: Int = 64) throws -> TinyModel {
        let family = try #require(FamilyCase.all.first { $0.name == "qwen3" })
        let folder = try family.folder()
        for name in ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"] {
            try folder.remove(name)
        }
        try folder.edit(
            "config.json",
            [
                "architectures": .array([.string("Qwen3ForCausalLM")]), "tie_word_embeddings": .bool(true),
                "max_position_embeddings": .integer(positions)
            ])
        try folder.write(
            .object([.init("eos_token_id", .null), .init("pad_token_id", .integer(0))]), "generation_config.json")
        return folder
    }

    private static func result(_ arguments: [String]) throws -> JSONNode {
        let outcome = try AttendProgram.run(["run", "--json", "--backend", "simd"] + arguments)
        try #require(outcome.code == 0, "\(outcome.errors)")
        return JSONNode(try JSONValue(parsing: Array(outcome.output.utf8)))
    }

    private static func ids(_ root: JSONNode) throws -> [[Int]] {
        try root.required("results").elements().map { try $0.required("ids").elements().map { try $0.integer() } }
    }

    @Test func `a decoder continues`() throws {
        let folder = try Self.decoder()
        defer { withExtendedLifetime(folder) {} }
        let root = try Self.result(["--model", folder.path, "--generate", "6", "the cat"])
        let text = try root.required("outputs").elements()[0].string()
        #expect(try Self.ids(root)[0].count == 6)
        #expect(try root.required("results").elements()[0].required("end").string() == "length")
        let shown = try AttendProgram.run([
            "run", "--model", folder.path, "--backend", "simd", "--generate", "6", "the cat"
        ])
        #expect(shown.code == 0 && shown.output == text + "\n", "\(shown)")
        #expect(shown.errors.contains("tokens/s"))
        // Several at once are the same as alone, and the same on the naive backend.
        let texts = ["the cat", "take a biopsy of the mole", "a"]
        let both = try Self.ids(Self.result(["--model", folder.path, "--generate", "6"] + texts))
        #expect(try both[0] == Self.ids(root)[0])
        for (text, ids) in zip(texts, both) {
            #expect(try Self.ids(Self.result(["--model", folder.path, "--generate", "6", text]))[0] == ids)
            #expect(
                try Self.ids(Self.result(["--model", folder.path, "--generate", "6", "--backend", "naive", text]))[0]
                    == ids)
        }
        // An end, and a text to stop before.
        let first = both[0][2]
        try folder.write(.object([.init("eos_token_id", .integer(first))]), "generation_config.json")
        let ended = try Self.result(["--model", folder.path, "--generate", "6", "the cat"])
        #expect(try Self.ids(ended)[0] == Array(both[0][...(both[0].firstIndex(of: first) ?? 0)]))
        #expect(try ended.required("results").elements()[0].required("end").string() == "end")
        let stop = String(text.dropFirst(1).prefix(2))
        let stopped = try Self.result(["--model", folder.path, "--generate", "6", "--stop", stop, "the cat"])
        #expect(
            try stopped.required("outputs").elements()[0].string()
                == String(text.prefix(upTo: text.range(of: stop)!.lowerBound)))
    }

    @Test func `tokens are drawn by a seed`() throws {
        let folder = try Self.decoder()
        defer { withExtendedLifetime(folder) {} }
        func drawn(_ more: [String]) throws -> [Int] {
            try Self.ids(Self.result(["--model", folder.path, "--generate", "12", "the cat"] + more))[0]
        }
        let greedy = try drawn([])
        #expect(try drawn(["--temperature", "5", "--seed", "1"]) == drawn(["--temperature", "5", "--seed", "1"]))
        #expect(try drawn(["--temperature", "5", "--seed", "1"]) != drawn(["--temperature", "5", "--seed", "2"]))
        #expect(try drawn(["--top-k", "1"]) == greedy)
        #expect(try drawn(["--beams", "1"]) == greedy)
        #expect(try drawn(["--repetition-penalty", "1.0"]) == greedy)
    }

    @Test func `what can't be generated says why`() throws {
        let folder = try Self.decoder(positions: 16)
        defer { withExtendedLifetime(folder) {} }
        func fails(_ arguments: [String], _ code: Int32, _ words: String...) throws {
            let outcome = try AttendProgram.run(["run", "--model", folder.path, "--backend", "simd"] + arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome)")
            for word in words { #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)") }
        }
        try fails(["--generate", "20", "the cat"], 64, "beyond the model's 16 positions", "at most")
        try fails([String(repeating: "the cat ", count: 20)], 64, "16 positions")
        try fails(["--chat", "hello"], 64, "--chat is not supported", "Jinja")
        try fails(["--temperature", "0", "a"], 64, "temperature must be above 0")
        try fails(["--top-p", "1.5", "a"], 64, "top-p")
        try fails(["--beams", "4", "--temperature", "1", "a"], 64, "can't be combined")
        try fails(["--beams", "0", "a"], 64, "--beams")
        try fails(["--generate=-1", "a"], 64, "--generate")
        try fails(["--from", "en", "a"], 64, "--from needs --to")
        try fails(["--to", "de", "a"], 64, "no choice of languages")
        try fails(["--sample", "a"], 64, "does not ask for sampling")
        try fails(["--srt", "a"], 64, "read speech")
        try fails(["--stop", "", "a"], 64, "--stop needs a text")
        try fails(["--seed", "1", "a"], 64, "--seed is for drawn tokens")
        for option in [["--shadow", "reference"], ["--profile"], ["--trace", "t.json"], ["--placements"]] {
            try fails(option + ["a"], 64, option[0], "parity --model")
        }
        try fails(
            ["--capture", "layers.0.hidden", "--output", "o.safetensors", "--generate", "2", "a"], 64, "--capture")
        try fails(["--prompt", "q", "a"], 64, "--prompt is for sentence encoders")
        let encoder = try AttendProgram.run(["run", "--model", try TinyModel().path, "--generate", "3", "a"])
        #expect(encoder.code == 64 || encoder.code == 5, "\(encoder)")
        for (key, value, word) in [
            ("eos_token_id", JSONValue.integer(1_000_000), "those of the vocabulary"),
            ("eos_token_id", .integer(-1), "those of the vocabulary"), ("early_stopping", .string("maybe"), "never"),
            ("max_time", .number(1), "max_time"), ("bad_words_ids", .array([.array([])]), "at least one id"),
            ("typical_p", .number(0.5), "typical_p"), ("num_beams", .integer(0), "num_beams"),
            ("repetition_penalty", .number(-1), "repetition_penalty"),
            ("no_such_setting", .integer(1), "no_such_setting"),
            ("bad_words_ids", .array([.array([.integer(-7)])]), "vocabulary")
        ] {
            try folder.write(.object([.init(key, value)]), "generation_config.json")
            try fails(["--generate", "2", "the cat"], 5, "generation_config.json", word)
        }
        // In config.json, where the other file is missing.
        try folder.remove("generation_config.json")
        try folder.edit("config.json", ["typical_p": .number(0.5)])
        try fails(["--generate", "2", "the cat"], 5, "config.json", "typical_p")
        try folder.edit("config.json", ["typical_p": nil])
        // Every token is forbidden.
        try folder.write(
            .object([.init("suppress_tokens", .array((0..<420).map { .integer($0) }))]), "generation_config.json")
        try fails(["--generate", "2", "the cat"], 5, "generation_config.json", "every token is forbidden")
    }

    @Test func `ids are continued into a file`() throws {
        let folder = try Self.decoder()
        defer { withExtendedLifetime(folder) {} }
        let place = try TemporaryFolder()
        defer { withExtendedLifetime(place) {} }
        let (inputs, output) = ("\(place.path)/in.safetensors", "\(place.path)/out.safetensors")
        let ids: [Int64] = [5, 6, 7, 8, 0, 0, 9, 10]
        try SafetensorsFile.write(
            [
                "input_ids": Tensor(ids, shape: [2, 4]),
                "attention_mask": Tensor([1, 1, 1, 1, 0, 0, 1, 1] as [Int64], shape: [2, 4])
            ], to: inputs)
        let run = ["run", "--model", folder.path, "--inputs", inputs, "--output", output, "--generate", "5"]
        let first = try AttendProgram.run(run)
        #expect(first.code == 0, "\(first)")
        let found = try SafetensorsFile(output).tensor(named: "sequences")
        #expect(found.shape == [2, 9])
        #expect(try Array(found.integers()[..<4]) == [5, 6, 7, 8])
        #expect(try Array(found.integers()[9..<13]) == [0, 0, 9, 10])
        try SafetensorsFile.write(
            [
                "input_ids": Tensor(ids, shape: [2, 4]),
                "attention_mask": Tensor([1, 1, 1, 0, 0, 0, 1, 1] as [Int64], shape: [2, 4])
            ], to: inputs)
        let padded = try AttendProgram.run(run)
        #expect(padded.code == 5 && padded.errors.contains("padded at the start"), "\(padded)")
        try SafetensorsFile.write(["ids": Tensor(ids, shape: [2, 4])], to: inputs)
        #expect(try AttendProgram.run(run).code == 5)
        try SafetensorsFile.write(["input_ids": Tensor([1, 2_000] as [Int64], shape: [1, 2])], to: inputs)
        #expect(try AttendProgram.run(run).errors.contains("outside of the vocabulary"))
    }

    @Test func `an interrupt keeps what was generated`() throws {
        let folder = try Self.decoder(positions: 1 << 20)
        defer { withExtendedLifetime(folder) {} }
        let process = try AttendProgram.process(
            ["run", "--model", folder.path, "--backend", "simd", "--generate", "1000000", "the cat"], [:])
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        var text = output.fileHandleForReading.availableData
        process.interrupt()
        text += output.fileHandleForReading.readDataToEndOfFile()
        let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 130, "\(told)")
        #expect(text.count > 1 && text.last == UInt8(ascii: "\n"))
        #expect(told.contains("tokens/s"), "\(told)")
    }

    @Test func `prompts and decode steps are checked`() throws {
        let folder = try Self.decoder()
        defer { withExtendedLifetime(folder) {} }
        let outcome = try AttendProgram.run(
            ["parity", "--model", folder.path, "--backend", "simd", "the cat", "a mole"])
        #expect(outcome.code == 0, "\(outcome)")
        for word in ["prompt", "decode step 1", "decode step 3"] {
            #expect(outcome.output.contains(word), "\(outcome)")
        }
    }

    @Test func `a search of beams is interrupted, and ids are written`() throws {
        let folder = try Self.decoder(positions: 1 << 16)
        defer { withExtendedLifetime(folder) {} }
        let place = try TemporaryFolder()
        defer { withExtendedLifetime(place) {} }
        let (inputs, output) = ("\(place.path)/in.safetensors", "\(place.path)/out.safetensors")
        try SafetensorsFile.write(["input_ids": Tensor([5, 6, 7] as [Int64], shape: [1, 3])], to: inputs)
        for more in [[], ["--beams", "3"]] {
            let process = try AttendProgram.process(
                [
                    "run", "--model", folder.path, "--backend", "simd", "--generate", "60000", "--inputs", inputs,
                    "--output", output
                ]
                    + more, [:])
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            Thread.sleep(forTimeInterval: 2)
            process.interrupt()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            let found = try SafetensorsFile(output).tensor(named: "sequences")
            #expect(found.shape[1] > 4 && found.shape[1] < 60_003, "\(found.shape)")
            try FileManager.default.removeItem(atPath: output)
        }
    }

    @Test func `ids without a token have no text`() throws {
        let folder = try Self.decoder()
        defer { withExtendedLifetime(folder) {} }
        // The tokenizer keeps its first words; the model has rows for more.
        let all = try Self.result(["--model", folder.path, "--generate", "20", "the cat"])
        #expect(try all.required("outputs").elements().count == 1)
        try folder.write(
            .object([.init("stop_strings", .array([.string("zzzz")]))]), "generation_config.json")
        #expect(try Self.ids(Self.result(["--model", folder.path, "--generate", "20", "the cat"])) == Self.ids(all))
        let text = try all.required("outputs").elements()[0].string()
        let stop = String(text.dropFirst(2).prefix(2))
        try folder.write(.object([.init("stop_strings", .string(stop))]), "generation_config.json")
        let stopped = try Self.result(["--model", folder.path, "--generate", "20", "the cat"])
        #expect(try stopped.required("results").elements()[0].required("end").string() == "stop")
    }

    // MARK: Speech

    private static let whisper = AttendProgram.root.appending(path: "Tests/BackendTests/Fixtures/speech/whisper").path

    private static func wave(_ samples: [Int16], _ path: String) throws {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let data = samples.flatMap { number(Int($0), 2) }
        let body =
            Array("WAVEfmt ".utf8) + number(16, 4) + number(1, 2) + number(1, 2) + number(16_000, 4) + number(32_000, 4)
            + number(2, 2) + number(16, 2) + Array("data".utf8) + number(data.count, 4) + data
        try OutputFile.write(Array("RIFF".utf8) + number(body.count, 4) + body, to: path)
    }

    @Test func `speech is transcribed`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = "\(folder.path)/a.wav"
        try Self.wave((0..<160_000).map { Int16($0 * 220 % 16_000 - 8_000) }, path)
        func run(_ more: [String]) throws -> AttendProgram.Outcome {
            try AttendProgram.run(
                ["run", "--model", Self.whisper, "--backend", "simd", "--language", "en", path] + more)
        }
        let plain = try run([])
        #expect(plain.code == 0, "\(plain.errors)")
        #expect(plain.errors.contains("10.0 s of sound"))
        let subtitles = try run(["--srt"]).output
        #expect(subtitles.hasPrefix("1\n00:00:0"), "\(subtitles)")
        #expect(subtitles.contains(" --> 00:00:"))
        #expect(try run(["--vtt"]).output.hasPrefix("WEBVTT\n\n00:00:0"))
        let root = JSONNode(try JSONValue(parsing: Array(try run(["--json", "--words"]).output.utf8)))
        let transcript = try root.required("transcripts").elements()[0]
        let segments = try transcript.required("segments").elements()
        #expect(try transcript.required("language").string() == "en" && !segments.isEmpty)
        #expect(try segments.contains { try !$0.required("words").elements().isEmpty })
        #expect(try run(["--json", "--srt"]).code == 64)
        #expect(try run(["--words", "--srt"]).code == 64)
        #expect(try run(["--srt", path]).code == 64)
        #expect(try run(["--to", "de"]).code == 64)
        #expect(try run(["--generate", "500"]).errors.contains("64 positions"))
        let other = try AttendProgram.run(["run", "--model", Self.whisper, "--language", "fr", path])
        #expect(other.code == 64 && other.errors.contains("de, en"), "\(other)")
        for (bytes, word) in [([], "empty"), (Array("ID3".utf8), "ffmpeg"), (Array("RIFF    WAVEfmt ".utf8), "no")] {
            try OutputFile.write(bytes, to: path)
            let outcome = try run([])
            #expect(outcome.code == 5 && outcome.errors.contains(word), "\(outcome)")
        }
        let missing = try AttendProgram.run(["run", "--model", Self.whisper, "\(folder.path)/none.wav"])
        #expect(missing.code == 5)
    }
}
