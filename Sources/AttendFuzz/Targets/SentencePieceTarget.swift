import AttendModels
import AttendParity
import AttendRuntime

/// Folders of Marian's tokenizers: a file of SentencePiece with `vocab.json`.
struct SentencePieceTarget: FuzzTarget {
    func seeds() throws -> [Draft] { try [false, true].map { try SentencePieceSeeds.draft(fallsBackToBytes: $0) } }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 20, nudge: 20, consistent: 6, structure: 6, boundary: 8, bytes: 6, file: 1, sound: 60)
        mutator.sound = [PieceChanges(), PieceChanges(), SpellingChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let tokenizer = try trial.read { try TextTokenizer(model: trial.folder) }
        let exam = TokenizerExam(tokenizer: tokenizer, trial: trial)
        for text in [">>fr<< the cats  sat, été </s> x", ""] { try exam.check(text) }
        for _ in 0..<2 { try exam.check(TextMutations.text(&trial.numbers)) }
    }
}

/// A tokenizer of Marian with a dozen pieces.
enum SentencePieceSeeds {
    private static let texts = ["▁", "▁the", "t", "h", "e", "s", "▁c", "a", "▁sat", ",", "é"]

    static func draft(fallsBackToBytes: Bool) throws -> Draft {
        var model: [UInt8] = []
        func add(_ text: String, _ score: Float, kind: UInt8) {
            let bits = score.bitPattern
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
            let piece = [0x0A, UInt8(text.utf8.count)] + Array(text.utf8) + [0x15] + bytes + [0x18, kind]
            model += [0x0A, UInt8(piece.count)] + piece
        }
        add("</s>", 0, kind: 3)
        add("<unk>", 0, kind: 2)
        for (index, text) in texts.enumerated() { add(text, -1 - Float(index) / 4, kind: 1) }
        add("<mark>", 0, kind: 4)
        let bytes = fallsBackToBytes ? (0..<256).map { String($0, radix: 16, uppercase: true) } : []
        let tokens = bytes.map { "<0x\($0.count < 2 ? "0" : "")\($0)>" }
        for token in tokens { add(token, 0, kind: 6) }
        // trainer_spec: a unigram model, with or without byte fallback; normalizer_spec: no table.
        model += [0x12, 5, 0x18, 1, 0x98, 0x02, fallsBackToBytes ? 1 : 0]
        model += [0x1A, 6, 0x18, 1, 0x20, 1, 0x28, 1]
        let vocabulary = ["</s>", "<unk>", ">>fr<<"] + texts.dropLast() + ["<mark>", "<pad>"] + tokens
        let members = vocabulary.enumerated().map { DraftValue.Member($1, .number($0)) }
        return Draft([
            DraftFile("source.spm", .bytes(model)), DraftFile("vocab.json", .json(.object(members))),
            DraftFile(
                "tokenizer_config.json",
                .json(
                    try DraftValue(
                        parsing: """
                            {"tokenizer_class": "MarianTokenizer", "eos_token": "</s>", "unk_token": "<unk>",
                             "pad_token": "<pad>", "model_max_length": 512, "separate_vocabs": false,
                             "sp_model_kwargs": {}, "backend": "custom"}
                            """)))
        ])
    }
}
