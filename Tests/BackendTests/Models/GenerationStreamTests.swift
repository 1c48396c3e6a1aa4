import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// Text that is awaited token by token.
@Suite struct GenerationStreamTests {
    private static func model() throws -> (TinyModel, GenerationProgram) {
        let family = try #require(FamilyCase.all.first { $0.name == "qwen3" })
        let folder = try family.folder()
        try folder.remove("modules.json")
        try folder.edit(
            "config.json",
            [
                "architectures": .array([.string("Qwen3ForCausalLM")]), "tie_word_embeddings": .bool(true),
                "max_position_embeddings": .integer(1 << 20)
            ])
        return (folder, try GenerationProgram(LoadedModel(folder: folder.path), on: backend("simd")))
    }

    @Test func `tokens come one by one, with their text`() async throws {
        let (folder, program) = try Self.model()
        defer { withExtendedLifetime(folder) {} }
        let settings = GenerationSettings(maximumNewTokens: 12)
        let whole = try TextGenerator(program).generate(["the cat"], settings)[0]
        var (ids, text) = ([Int](), "")
        for try await token in try program.stream("the cat", settings) {
            if ids.count < 12 { ids.append(token.id) }
            text += token.text
        }
        #expect(ids == whole.ids && text == whole.text)
    }

    @Test(arguments: [1, 3]) func `a reader that leaves ends the work`(beams: Int) async throws {
        let (folder, program) = try Self.model()
        defer { withExtendedLifetime(folder) {} }
        var settings = GenerationSettings(maximumNewTokens: 1_000_000)
        settings.beamCount = beams
        let task = Task { [settings] in
            var count = 0
            for try await _ in try program.stream("the cat", settings) { count += 1 }
            return count
        }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        // A search of beams gives nothing before its end.
        #expect(try await task.value < 1_000_000)
    }

    @Test func `beams do not continue a session`() throws {
        let (folder, program) = try Self.model()
        defer { withExtendedLifetime(folder) {} }
        var settings = GenerationSettings(maximumNewTokens: 3)
        settings.beamCount = 2
        let generator = try Generator(program, settings)
        expectError(GenerationError.self, saying: "beams", "session") {
            try generator.generate([[5, 6]], continuing: program.makeSession())
        }
    }
}
