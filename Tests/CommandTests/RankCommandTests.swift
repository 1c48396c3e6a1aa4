import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// `attend rank`, with the little cross-encoder of the model tests.
@Suite struct RankCommandTests {
    private static func test() throws -> CrossCase {
        try #require(CrossCase.all.first { $0.name == "the identity" })
    }

    @Test func `texts are ranked, the best first`() throws {
        let test = try Self.test()
        let folder = try test.folder()
        defer { withExtendedLifetime(folder) {} }
        let order = test.texts.indices.sorted { test.scores[$0] > test.scores[$1] }
        let shown = try AttendProgram.run(
            ["rank", "--model", folder.path, "--backend", "simd", test.query] + test.texts)
        #expect(shown.code == 0, "\(shown.errors)")
        let lines = shown.output.split(separator: "\n")
        try #require(lines.count == test.texts.count)
        for (line, index) in zip(lines, order) { #expect(line.hasSuffix("  \(test.texts[index])")) }
        let listed = try AttendProgram.run(
            ["rank", "--model", folder.path, "--backend", "reference", "--json", "--texts", "-", test.query],
            input: test.texts.joined(separator: "\n"))
        #expect(listed.code == 0, "\(listed.errors)")
        let root = JSONNode(try JSONValue(parsing: Array(listed.output.utf8)))
        #expect(try root.required("version").integer() == 1)
        let results = try root.required("results").elements()
        #expect(try results.map { try $0.required("index").integer() } == order)
        for (result, index) in zip(results, order) {
            #expect(abs(try result.required("score").number() - test.scores[index]) < 2e-6)
        }
    }

    @Test func `a model that does not rank says why`() throws {
        let folder = try TinyModel()
        defer { withExtendedLifetime(folder) {} }
        let outcome = try AttendProgram.run(["rank", "--model", folder.path, "a", "b"])
        #expect(outcome.code == 5, "\(outcome.errors)")
        #expect(outcome.errors.contains("config.json: architectures: expected an encoder for sequence classification"))
        let two = try Self.test().folder()
        defer { withExtendedLifetime(two) {} }
        try two.edit("config.json", ["id2label": nil])
        let labels = try AttendProgram.run(["rank", "--model", two.path, "a", "b"])
        #expect(labels.code == 5)
        #expect(labels.errors.contains("expected one label"), "\(labels.errors)")
        let none = try AttendProgram.run(["rank", "--model", two.path, "a"])
        #expect(none.code == 64)
    }
}
