import AttendModels
import AttendRuntime
import Foundation
import Testing

/// What each Unicode scalar is to the `tokenizers` library, against digests of the library's own answers for blocks of 4,096 scalars
/// (`Tests/Goldens/characters.py`).
@Suite struct TokenizerCharacterTests {
    private static let digests = Result {
        let path = "\(Bundle.module.resourcePath ?? ".")/Fixtures/tokenizers/characters.json"
        return JSONNode(try JSONValue(parsing: InputFile.contents(of: path)))
    }

    private static func joined(_ words: [[Unicode.Scalar]]) -> [Unicode.Scalar] {
        Array(words.joined(separator: ["|"]))
    }

    private static let answers: [(name: String, answer: @Sendable (Unicode.Scalar) -> [Unicode.Scalar])] = [
        ("normalized", { BERTNormalizer().normalized(["a", $0, "b"]) }),
        ("lowercased", { TextNormalizer.lowercase.normalized([$0]) }),
        ("decomposed", { CanonicalDecomposition.decomposed(["a", "\u{345}", $0, "\u{334}"]) }),
        ("without accents", { TextNormalizer.accentRemoval.normalized(["a", $0, "b"]) }),
        ("bert words", { joined(WordSplitter.bert.words(["a", $0, "b"])) }),
        ("words", { joined(WordSplitter.words.words(["a", $0, "b"])) })
    ]

    @Test(arguments: answers.indices) func `each scalar is what the peer takes it for`(index: Int) throws {
        let (name, answer) = Self.answers[index]
        let expected = try Self.digests.get().required(name).elements().map { try $0.string() }
        var found: [(block: UInt32, digest: UInt64)] = []
        for value in UInt32(0)..<0x110000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if found.last?.block != value / 0x1000 { found.append((value / 0x1000, 0xCBF2_9CE4_8422_2325)) }
            for scalar in answer(scalar) + ["\n"] {
                for byte in UTF8.encode(scalar)! {
                    // FNV-1a.
                    found[found.count - 1].digest = (found[found.count - 1].digest ^ UInt64(byte)) &* 0x100_0000_01B3
                }
            }
        }
        try #require(found.count == expected.count)
        for (block, digest) in zip(found, expected) {
            let hexadecimal = String(block.digest, radix: 16)
            let padded = String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
            #expect(padded == digest, "\(name): scalars from U+\(String(block.block * 0x1000, radix: 16))")
        }
    }
}
