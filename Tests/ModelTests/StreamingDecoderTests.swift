import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Text that appears token by token, against the decoding of all tokens.
@Suite struct StreamingDecoderTests {
    private static let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/tokenizers"
    private static let names = [
        "cased", "gpt2", "llama-legacy", "llama-metaspace", "llama3", "qwen", "uncased", "unigram-nfkc",
        "unigram-sentencepiece"
    ]

    private static func text(_ parts: [String]) -> [Unicode.Scalar] { parts.flatMap { Array($0.unicodeScalars) } }

    /// The parts of ids, the end included.
    private static func parts(_ ids: [Int], _ tokenizer: TextTokenizer, skips: Bool) throws -> [String] {
        var decoder = StreamingDecoder(tokenizer, skippingSpecialTokens: skips)
        let parts = try ids.map { try decoder.append($0) }
        return try parts + [decoder.finish()]
    }

    @Test(arguments: names) func `the parts of any ids are the text of all`(name: String) throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(Self.folder)/\(name)/tokenizer.json")
        let known = (0..<tokenizer.vocabularySize).filter { tokenizer.token(of: $0) != nil }
        var numbers = SystemRandomNumberGenerator()
        for round in 0..<60 {
            let ids = (0..<(round < 50 ? round : 400)).map { _ in known.randomElement(using: &numbers) ?? 0 }
            for skips in [false, true] {
                let parts = try Self.parts(ids, tokenizer, skips: skips)
                let whole = try tokenizer.decode(ids, skippingSpecialTokens: skips)
                #expect(Self.text(parts) == Array(whole.unicodeScalars), "\(ids)")
            }
        }
    }

    @Test(arguments: names) func `no part of a text ends within a character`(name: String) throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(Self.folder)/\(name)/tokenizer.json")
        let text = "Ein naïver Satz: 日本語 🦊👩‍👩‍👧 and then some more words, 12,345 of them!\n\tEnd\u{301}. "
        let ids = tokenizer.encode(String(repeating: text, count: 4)).ids
        let parts = try Self.parts(ids, tokenizer, skips: true)
        let whole = try tokenizer.decode(ids, skippingSpecialTokens: true)
        #expect(Self.text(parts) == Array(whole.unicodeScalars))
        // Unknown parts of a text are no replacement characters either.
        #expect(!parts.contains { $0.unicodeScalars.contains("\u{FFFD}") })
        #expect(parts.count { !$0.isEmpty } > 40)
    }

    @Test func `text appears with the token that completes it`() throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(Self.folder)/gpt2/tokenizer.json")
        let ids = tokenizer.encode("a🦊b", addingSpecialTokens: false).ids
        try #require(ids.count == 6)
        let parts = try Self.parts(ids, tokenizer, skips: true)
        #expect(parts == ["a", "", "", "", "🦊", "b", ""])
        // The end of a text within a character shows what came of it.
        var decoder = StreamingDecoder(tokenizer)
        for id in ids.prefix(3) { _ = try decoder.append(id) }
        #expect(try decoder.finish() == tokenizer.decode([ids[1], ids[2]]))
        #expect(try decoder.append(ids[0]) == "a")
    }

    /// A blank of several bytes at the end of a long run of bytes: its text waits for what follows.
    @Test func `a run of bytes that is longer than the context keeps the blank at its end`() throws {
        let path = "\(Self.folder)/marian.json"
        let cases = try JSONNode(JSONValue(parsing: InputFile.contents(of: path))).elements()
        let node = try #require(cases.first { try $0.required("name").string() == "bytes" })
        let folder = try TemporaryFolder()
        for (name, content) in try node.required("files").members() {
            try folder.write(Array(#require(Data(base64Encoded: content.string()))), name)
        }
        let tokenizer = try TextTokenizer(model: folder.path)
        for count in 0..<24 {
            // The context's last ids begin within a character of three bytes.
            let run = String(repeating: "京", count: count) + "ж\u{2028}"
            let text = String(repeating: "the water ", count: 8) + run + " 京 the"
            let ids = tokenizer.encode(text).ids
            let whole = try tokenizer.decode(ids, skippingSpecialTokens: true)
            #expect(whole.unicodeScalars.contains("\u{2028}"))
            #expect(try Self.text(Self.parts(ids, tokenizer, skips: true)) == Array(whole.unicodeScalars), "\(count)")
        }
    }

    @Test func `an unknown id is an error, and is left out`() throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(Self.folder)/gpt2/tokenizer.json")
        let ids = tokenizer.encode("word", addingSpecialTokens: false).ids
        var decoder = StreamingDecoder(tokenizer)
        expectError(TokenizerError.self, saying: "the id 9999999 is not in the vocabulary") {
            try decoder.append(9_999_999)
        }
        var text = ""
        for id in ids { text += try decoder.append(id) }
        #expect(try text + decoder.finish() == "word")
    }
}
