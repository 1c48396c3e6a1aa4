import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// `attend run` with masks in texts, on the little masked language model of the model tests.
@Suite struct MaskedRunTests {
    @Test func `masks are filled, and texts without are embedded`() throws {
        let test = MaskCase.only
        let folder = try test.folder()
        defer { withExtendedLifetime(folder) {} }
        let shown = try AttendProgram.run(["run", "--model", folder.path, "--backend", "simd", test.text])
        #expect(shown.code == 0, "\(shown.errors)")
        let lines = shown.output.split(separator: "\n")
        #expect(lines.first.map(String.init) == test.text)
        #expect(lines.dropFirst().map { $0.prefix(10) } == test.masks.map { "  token \($0.position):".prefix(10) })
        let listed = try AttendProgram.run(
            ["run", "--model", folder.path, "--backend", "reference", "--json", test.text])
        #expect(listed.code == 0, "\(listed.errors)")
        let root = JSONNode(try JSONValue(parsing: Array(listed.output.utf8)))
        let masks = try root.required("texts").elements()[0].required("masks").elements()
        #expect(try masks.map { try $0.required("position").integer() } == test.masks.map(\.position))
        let ids = try masks.map { mask in
            try mask.required("predictions").elements().map { try $0.required("id").integer() }
        }
        #expect(ids == test.masks.map(\.ids))
        let plain = try AttendProgram.run(["run", "--model", folder.path, "--backend", "simd", "--json", "the cat"])
        #expect(plain.code == 0, "\(plain.errors)")
        #expect(plain.output.contains("\"embeddings\""))
    }
}
