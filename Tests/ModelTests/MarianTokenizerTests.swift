import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Marian's tokenizers, a SentencePiece model beside a `vocab.json`, against transformers and sentencepiece.
@Suite struct MarianTokenizerTests {
    private static let cases: [JSONNode] = {
        let path = "\(Bundle.module.resourcePath ?? ".")/Fixtures/tokenizers/marian.json"
        return (try? JSONNode(JSONValue(parsing: InputFile.contents(of: path))).elements()) ?? []
    }()

    /// The folder of a case.
    private static func folder(_ node: JSONNode) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, content) in try node.required("files").members() {
            try folder.write(Array(#require(Data(base64Encoded: content.string()))), name)
        }
        return folder
    }

    @Test(arguments: 0..<8) func `ids, tokens and texts are those of transformers`(_ index: Int) throws {
        try #require(Self.cases.count == 8)
        let node = Self.cases[index]
        let folder = try Self.folder(node)
        let tokenizer = try TextTokenizer(model: folder.path)
        for row in try node.required("texts").elements() {
            let text = try row.required("text").string()
            func ids(_ key: String) throws -> [Int] { try row.required(key).elements().map { try $0.integer() } }
            let label = "\(try node.required("name").string()): \(text.debugDescription)"
            let found = tokenizer.encode(text).ids
            #expect(try found == ids("ids"), "\(label)")
            #expect(try tokenizer.encode(text, addingSpecialTokens: false).ids == ids("bare"), "\(label)")
            #expect(tokenizer.tokens(of: text).count == found.count, "\(label)")
            for (key, skips) in [("decoded", false), ("skipped", true)] {
                let decoded = try tokenizer.decode(ids("ids"), skippingSpecialTokens: skips)
                // Scalars: canonically equivalent texts are equal strings.
                #expect(
                    try Array(decoded.unicodeScalars) == Array(row.required(key).string().unicodeScalars), "\(label)")
            }
        }
    }

    @Test func `damaged files are errors that name the file`() throws {
        let node = Self.cases[1]
        let intact = try Self.folder(node)
        let whole = try InputFile.contents(of: "\(intact.path)/source.spm")
        func complaint(_ bytes: [UInt8]) throws -> String {
            let folder = try Self.folder(node)
            try folder.write(bytes, "source.spm")
            let error = #expect(throws: TokenizerError.self) { try TextTokenizer(model: folder.path) }
            let text = "\(try #require(error))"
            #expect(text.hasPrefix("\(folder.path)/source.spm: "), "\(text)")
            return text
        }
        #expect(try complaint([]).contains("no unknown piece"))
        #expect(try complaint(Array(whole.dropLast(3))).contains("is no SentencePiece model"))
        // A piece with an infinite score, and one of an unknown type.
        #expect(try complaint(whole + [0x0A, 8, 0x0A, 1, 97, 0x15, 0, 0, 0x80, 0x7F]).contains("not finite"))
        #expect(try complaint(whole + [0x0A, 5, 0x0A, 1, 97, 0x18, 9]).contains("unknown type"))
        // model_type BPE.
        #expect(try complaint(whole + [0x12, 2, 0x18, 2]).contains("expected UNIGRAM, found BPE"))
        // A field of 2⁶³ bytes, a number without an end, a group.
        #expect(
            try complaint([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]).contains("bytes, 0 are left"))
        #expect(try complaint([0xFF]).contains("without an end"))
        #expect(try complaint([0x0B]).contains("wire type 3"))
        let folder = try Self.folder(node)
        try FileManager.default.removeItem(atPath: "\(folder.path)/vocab.json")
        expectError(TokenizerError.self, saying: "\(folder.path)/vocab.json") { try TextTokenizer(model: folder.path) }
    }

    @Test func `separate vocabularies are refused`() throws {
        let folder = try Self.folder(Self.cases[1])
        let path = "\(folder.path)/tokenizer_config.json"
        let text = String(decoding: try InputFile.contents(of: path), as: UTF8.self)
        try folder.write(
            text.replacing("\"separate_vocabs\": false", with: "\"separate_vocabs\": true"), "tokenizer_config.json")
        expectError(TokenizerError.self, saying: path, "separate_vocabs", "found true") {
            try TextTokenizer(model: folder.path)
        }
    }
}
