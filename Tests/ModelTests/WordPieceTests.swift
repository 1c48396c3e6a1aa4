import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

private let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/tokenizers"

/// Ids, texts and pairs as the `tokenizers` library gives them.
@Suite struct WordPieceTests {
    private struct Case {
        let text: String
        let ids: [Int]
        let bareIDs: [Int]
        let decoded: String
        let decodedWhole: String
        /// What sentencepiece itself gives, where that differs.
        let sentencePieceIDs: [Int]?
        /// Code points about which libraries disagree: told, not failed.
        let isExotic: Bool
    }

    private func cases(_ path: String) throws -> [Case] {
        try JSONNode(JSONValue(parsing: InputFile.contents(of: path))).elements().map { node in
            func ids(_ key: String) throws -> [Int] { try node.required(key).elements().map { try $0.integer() } }
            return Case(
                text: try node.required("text").string(), ids: try ids("ids"),
                bareIDs: try ids("ids_without_special_tokens"),
                decoded: try node.required("decoded").string(),
                decodedWhole: try node.required("decoded_with_special_tokens").string(),
                sentencePieceIDs: try node.optional("sentencepiece_ids").map {
                    try $0.elements().map { try $0.integer() }
                },
                isExotic: try node.optional("exotic")?.bool() ?? false)
        }
    }

    private func check(_ tokenizer: TextTokenizer, _ name: String, count: Int) throws {
        let cases = try cases("\(folder)/\(name)/cases.json")
        #expect(cases.count == count)
        for test in cases {
            let found = tokenizer.encode(test.text).ids
            if found == test.sentencePieceIDs, found != test.ids { continue }
            if test.isExotic, found != test.ids {
                print("\(name): exotic text differs: \(test.text.debugDescription)")
                continue
            }
            #expect(found == test.ids, "\(test.text.debugDescription)")
            #expect(
                tokenizer.encode(test.text, addingSpecialTokens: false).ids == test.bareIDs,
                "\(test.text.debugDescription)")
            // Compared by bytes: == would take canonical equivalents for the same.
            #expect(
                Array(try tokenizer.decode(test.ids).utf8) == Array(test.decoded.utf8), "\(test.text.debugDescription)")
            let whole = try tokenizer.decode(test.ids, skippingSpecialTokens: false)
            #expect(Array(whole.utf8) == Array(test.decodedWhole.utf8), "\(test.text.debugDescription)")
        }
        let pairs = try JSONNode(JSONValue(parsing: InputFile.contents(of: "\(folder)/\(name)/pairs.json"))).required(
            "pairs"
        ).elements()
        #expect(pairs.count == 3)
        for pair in pairs {
            let found = tokenizer.encode(try pair.required("text").string(), pair: try pair.required("pair").string())
            #expect(found.ids == (try pair.required("ids").elements().map { try $0.integer() }))
            #expect(found.typeIDs == (try pair.required("type_ids").elements().map { try $0.integer() }))
        }
    }

    @Test(arguments: [
        ("gpt2", 88), ("llama-legacy", 90), ("llama-metaspace", 90), ("llama3", 92), ("qwen", 90),
        ("unigram-nfkc", 99), ("unigram-sentencepiece", 99)
    ]) func `byte-pair encoding and unigram models give the peer's ids`(_ name: String, _ count: Int) throws {
        try check(TextTokenizer(contentsOf: "\(folder)/\(name)/tokenizer.json"), name, count: count)
    }

    @Test(arguments: ["cased", "uncased"]) func `a trained vocabulary gives the peer's ids`(name: String) throws {
        try check(TextTokenizer(contentsOf: "\(folder)/\(name)/tokenizer.json"), name, count: 92)
    }

    @Test(.miniLM)
    func `MiniLM's own vocabulary gives the peer's ids`() throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(try #require(miniLMFolder))/tokenizer.json")
        #expect(tokenizer.fileMaximumLength == 128)
        try check(tokenizer, "minilm", count: 92)
    }

    @Test func `truncation keeps the special tokens and shortens the longer text`() throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(folder)/uncased/tokenizer.json")
        let whole = tokenizer.encode("the quick brown fox jumps over the lazy dog").ids
        let cut = tokenizer.encode("the quick brown fox jumps over the lazy dog", maximumLength: 6)
        #expect(cut.ids == Array(whole[..<5]) + [whole[whole.count - 1]])
        #expect(cut.omittedCount == whole.count - 6)
        let pair = tokenizer.encode("the quick brown fox jumps", pair: "the", maximumLength: 7)
        #expect(pair.ids.count == 7)
        #expect(pair.typeIDs.filter { $0 == 1 }.count == 2)
        #expect(tokenizer.encode("the quick", maximumLength: 0).ids.count == 2)
    }

    @Test func `an id outside of the vocabulary is an error`() throws {
        let tokenizer = try TextTokenizer(contentsOf: "\(folder)/uncased/tokenizer.json")
        for id in [-1, 2200, .max] {
            expectError(TokenizerError.self, saying: "\(id)") { try tokenizer.decode([5, id]) }
        }
    }

    private static let bad: [(String, String)] = [
        ("{", "line 1"), ("{}", "model is missing"), (#"{"model": {"type": "BPE"}}"#, "model.vocab is missing"),
        (#"{"model": {"type": "WordLevel", "vocab": {}}}"#, "WordLevel"),
        (
            #"{"model": {"vocab": {"[UNK]": 0}}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": ["#
                + Array(repeating: #"{"type": "ByteLevel"}"#, count: 40).joined(separator: ",") + "]}}",
            "could make a text"
        ),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}}}"#, "model.merges is missing"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#, #""b" is none"#),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}}"#, #""ab" is none"#),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a  a"]}}"#, "one blank between them"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}}"#, "dropout"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}}"#, "</w>"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "b"}}"#, #""b" is not in the"#),
        (#"{"model": {"type": "Unigram", "vocab": [["a", 0]]}}"#, "unk_id is missing"),
        (#"{"model": {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}}"#, "below 1"),
        (#"{"model": {"type": "Unigram", "vocab": [["a"]], "unk_id": 0}}"#, "a token and its score"),
        (#"{"model": {"vocab": {"a": 0}}}"#, "[UNK]"), (#"{"model": {"vocab": {"a": 0, "b": 0}}}"#, "share the id 0"),
        (#"{"model": {"vocab": {"[UNK]": -1}}}"#, "-1"),
        (#"{"model": {"vocab": {"[UNK]": "x"}}}"#, "model.vocab.[UNK]"),
        (#"{"model": {"vocab": {"[UNK]": 0}}, "normalizer": {"type": "Nmt"}}"#, "Nmt"),
        (
            #"{"model": {"vocab": {"[UNK]": 0}}, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}"#,
            "a table of SentencePiece"
        ),
        (#"{"model": {"vocab": {"[UNK]": 0}}, "pre_tokenizer": {"type": "UnicodeScripts"}}"#, "UnicodeScripts"),
        (#"{"model": {"vocab": {"[UNK]": 0}}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a+"}}}"#, "a+"),
        (#"{"model": {"vocab": {"[UNK]": 0}}, "decoder": {"type": "CTC"}}"#, "CTC"),
        (#"{"model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "BartProcessing"}}"#, "BartProcessing")
    ]

    @Test(arguments: 0..<bad.count) func `a file of another kind says what it holds`(index: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.bad[index].0, "tokenizer.json")
        let error = #expect(throws: TokenizerError.self) { try TextTokenizer(contentsOf: path) }
        let text = "\(try #require(error))"
        #expect(text.contains(Self.bad[index].1), "\(text)")
        #expect(text.contains(path), "\(text)")
    }
}
