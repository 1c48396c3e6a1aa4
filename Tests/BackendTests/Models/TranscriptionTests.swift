import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

private let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/speech/whisper"

/// Transcripts of a random Whisper of 1,500 positions, as transformers gives them (Tests/Goldens/speech.py).
enum TranscriptionTests {
    private struct Golden {
        struct Segment {
            var start: Double
            var end: Double
            var ids: [Int]
            var times: [Double]
        }
        var name: String
        var seconds: Double
        var seed: Int
        var language: String?
        var translates: Bool
        var segments: [Segment]

        static func all() throws -> [Golden] {
            let text = try String(contentsOfFile: "\(folder)/expected.json", encoding: .utf8)
            return try JSONNode(JSONValue(parsing: text)).required("cases").elements().map { node in
                let options = try node.required("options")
                return Golden(
                    name: try node.required("name").string(), seconds: try node.required("seconds").number(),
                    seed: try node.required("seed").integer(),
                    language: try options.optional("language")?.string(),
                    translates: try options.optional("task")?.string() == "translate",
                    segments: try node.required("segments").elements().map { segment in
                        Segment(
                            start: try segment.required("start").number(), end: try segment.required("end").number(),
                            ids: try segment.required("ids").elements().map { try $0.integer() },
                            times: try segment.required("times").elements().map { try $0.number() })
                    })
            }
        }
    }

    static let checks: [BackendCheck] = [
        BackendCheck("transcripts are those of transformers") { backend in
            let program = try GenerationProgram(LoadedModel(folder: folder), on: backend)
            let transcriber = try Transcriber(program) { Program($0, on: backend) }
            let goldens = try Golden.all()
            #expect(goldens.count == 4)
            for golden in goldens {
                var options = Transcriber.Options()
                (options.language, options.translates, options.timesWords) = (
                    golden.language, golden.translates, true
                )
                var seen = 0
                let (language, segments) = try transcriber.transcribe(
                    TestSound.samples(golden.seconds, golden.seed), options
                ) {
                    _, seconds in
                    seen += 1
                    return seconds <= golden.seconds
                }
                #expect(language == golden.language || golden.language == nil)
                #expect(seen == segments.count)
                try #require(segments.count == golden.segments.count, "\(golden.name)")
                for (segment, goal) in zip(segments, golden.segments) {
                    #expect(segment.ids == goal.ids, "\(golden.name)")
                    #expect(abs(segment.start - goal.start) < 1e-9 && abs(segment.end - goal.end) < 1e-9)
                    // A token ends at its time; words are joined of them.
                    for word in segment.words {
                        #expect(
                            goal.times.contains { abs($0 - word.end) < 0.0051 },
                            "\(golden.name): \(word) in \(goal.times)")
                        #expect(word.start <= word.end)
                    }
                    #expect(segment.words.map(\.text).joined() == segment.text)
                }
                #expect(segments.contains { !$0.words.isEmpty })
            }
        },
        BackendCheck("what a speech model lacks is named") { backend in
            let model = try LoadedModel(folder: folder)
            let program = try GenerationProgram(model, on: backend)
            let transcriber = try Transcriber(program)
            var options = Transcriber.Options()
            options.language = "fr"
            expectError(GenerationError.self, saying: "\"fr\"", "de, en") {
                try transcriber.transcribe([0, 0, 0], options)
            }
            options.language = "en"
            options.timesWords = true
            expectError(GenerationError.self, saying: "alignment_heads") { try transcriber.transcribe([0], options) }
            expectError(GenerationError.self, saying: "no samples") { try transcriber.transcribe([]) }
            expectError(GenerationError.self, saying: "reads sound") { try TextGenerator(program) }
        },
        BackendCheck("the language and the task of the settings are obeyed") { backend in
            let sound = TestSound.samples(3, 5)
            func transcript(_ more: [String: JSONValue]) throws -> (language: String?, ids: [[Int]]) {
                let copy = try SpeechFolder(more)
                defer { withExtendedLifetime(copy) {} }
                let transcriber = try Transcriber(GenerationProgram(LoadedModel(folder: copy.path), on: backend))
                var options = Transcriber.Options()
                let plain = try transcriber.transcribe(sound, options)
                // What the caller names precedes.
                options.language = "en"
                #expect(try transcriber.transcribe(sound, options).language == "en")
                return (plain.language, plain.segments.map(\.ids))
            }
            let program = try GenerationProgram(LoadedModel(folder: folder), on: backend)
            var options = Transcriber.Options()
            (options.language, options.translates) = ("de", true)
            let goal = try Transcriber(program).transcribe(sound, options).segments.map(\.ids)
            for settings: [String: JSONValue] in [
                ["language": .string("de"), "task": .string("translate")],
                [
                    "forced_decoder_ids": .array([
                        .array([.integer(1), .integer(123)]), .array([.integer(2), .integer(124)]),
                        .array([.integer(3), .integer(128)])
                    ])
                ]
            ] {
                let found = try transcript(settings)
                #expect(found.language == "de" && found.ids == goal, "\(settings)")
            }
            for (settings, word): ([String: JSONValue], String) in [
                (["task": .string("sing")], "transcribe or translate"),
                (["forced_decoder_ids": .array([.array([.integer(1), .integer(5)])])], "the token of a language")
            ] {
                expectError(ModelError.self, saying: word) { try transcript(settings) }
            }
        }
    ]
}

/// A copy of the little Whisper with other settings of generation.
private final class SpeechFolder {
    let path: String
    private let folder: TemporaryFolder

    init(_ settings: [String: JSONValue]) throws {
        self.folder = try TemporaryFolder()
        path = self.folder.path
        let source = "\(Bundle.module.resourcePath ?? ".")/Fixtures/speech/whisper"
        for name in try FileManager.default.contentsOfDirectory(atPath: source) where name != "generation_config.json" {
            try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: "\(path)/\(name)")
        }
        let file = try JSONValue(parsing: InputFile.contents(of: "\(source)/generation_config.json"))
        guard case .object(let members) = file else { return }
        let changed = members.filter { settings[$0.key] == nil } + settings.map { .init($0.key, $0.value) }
        try OutputFile.write(Array(JSONValue.object(changed).serialized().utf8), to: "\(path)/generation_config.json")
    }
}
