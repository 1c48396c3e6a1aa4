import AttendRuntime
import Foundation
import TestSupport
import Testing

/// `attend tokenize`, with the files of the tokenizer tests.
@Suite struct TokenizeCommandTests {
    private static let fixtures = AttendProgram.root.appending(path: "Tests/ModelTests/Fixtures/tokenizers").path

    private func cases(_ name: String) throws -> [JSONNode] {
        try JSONNode(JSONValue(parsing: InputFile.contents(of: "\(Self.fixtures)/\(name)/cases.json"))).elements()
            .filter { try $0.optional("exotic") == nil && $0.optional("sentencepiece_ids") == nil }
    }

    @Test(arguments: [
        "gpt2", "llama-legacy", "llama-metaspace", "llama3", "qwen", "unigram-nfkc", "unigram-sentencepiece", "cased"
    ]) func `a JSON array in, ids, tokens and texts out`(name: String) throws {
        let cases = try cases(name)
        let texts = try JSONValue.array(cases.map { try $0.required("text").value }).serialized()
        for (options, key) in [([String](), "ids"), (["--no-special"], "ids_without_special_tokens")] {
            let outcome = try AttendProgram.run(
                ["tokenize", "--model", "\(Self.fixtures)/\(name)/tokenizer.json", "--json"] + options, input: texts)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let found = try JSONNode(JSONValue(parsing: Array(outcome.output.utf8))).elements()
            try #require(found.count == cases.count)
            for (found, expected) in zip(found, cases) {
                #expect(try found.required("ids").value == expected.required(key).value)
                guard options.isEmpty else { continue }
                #expect(try found.required("decoded").value == expected.required("decoded").value)
                #expect(try found.required("tokens").value == expected.required("tokens").value)
            }
        }
    }

    @Test func `texts on the command line are shown with their tokens`() throws {
        let outcome = try AttendProgram.run(
            ["tokenize", "--model", "\(Self.fixtures)/cased/tokenizer.json", "the license"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "the license")
        #expect(lines.dropFirst().first == "  2\t[CLS]")
        #expect(lines.last == "  3\t[SEP]")
    }

    @Test func `what can't be read is named`() throws {
        let file = "\(Self.fixtures)/cased/tokenizer.json"
        let bad = try AttendProgram.run(["tokenize", "--model", file, "--json"], input: "{\"a\": 1}")
        #expect(bad.code == 5)
        #expect(bad.errors.contains("standard input: expected a JSON array of texts"), "\(bad.errors)")
        let missing = try AttendProgram.run(["tokenize", "--model", "\(Self.fixtures)/none.json", "a"])
        #expect(missing.code == 5)
        #expect(missing.errors.contains("none.json"), "\(missing.errors)")
        let nothing = try AttendProgram.run(["tokenize", "--model", file])
        #expect(nothing.code == 64)
    }
}
