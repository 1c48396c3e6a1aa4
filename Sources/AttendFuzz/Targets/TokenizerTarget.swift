import AttendModels
import AttendParity
import AttendRuntime

/// Mutated tokenizer files, on ordinary and hostile texts.
struct TokenizerTarget: FuzzTarget {
    func seeds() throws -> [Draft] { try TokenizerSeeds.drafts() + TokenizerSeeds.models() }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 20, nudge: 20, consistent: 14, structure: 10, boundary: 11, bytes: 3, file: 1, sound: 30)
        mutator.sound = [TokenizerChanges(), TokenizerChanges(), SpellingChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let tokenizer = try trial.read { try TextTokenizer(contentsOf: trial.path("tokenizer.json")) }
        let exam = TokenizerExam(tokenizer: tokenizer, trial: trial)
        for text in ["the cats sat in New York, été <word> <strip> [MASK]!", ""] { try exam.check(text) }
        for _ in 0..<3 { try exam.check(TextMutations.text(&trial.numbers)) }
    }
}

/// Hostile texts for valid tokenizers.
struct TextTarget: FuzzTarget {
    private static let texts = [
        "the cat sat.", "New York isn't Paris: apple's queries", "İstanbul ½ ﬁ été ΑΣ 東京 한국 กำ",
        "[CLS] [MASK] ##s [UNK]", "a\u{301}\u{345}\u{315}b",
        "👩‍👩‍👧 🏳️‍🌈 \u{200D}", "\u{F0000} \u{E000} \u{1D15E}", "word word\tword\r\nword"
    ]

    func seeds() throws -> [Draft] {
        try TokenizerSeeds.drafts().flatMap { draft in
            TextTarget.texts.map { Draft(draft.files + [DraftFile("text.txt", .text($0))]) }
        }
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.onlyFavored = true
        mutator.favored = ["text.txt"]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let bytes = try InputFile.contents(of: trial.path("text.txt"), limit: 1 << 22)
        let text = try trial.read { String(decoding: bytes, as: UTF8.self) }
        let tokenizer = try TextTokenizer(contentsOf: trial.path("tokenizer.json"))
        let exam = TokenizerExam(tokenizer: tokenizer, trial: trial)
        try exam.check(text)
        try exam.checkJoining(text)
    }
}

/// The properties of any tokenizer.
struct TokenizerExam {
    let tokenizer: TextTokenizer
    let trial: FuzzTrial

    func check(_ text: String) throws {
        let encoding = tokenizer.encode(text)
        let size = tokenizer.vocabularySize
        // Tokens that settings name and files lack get ids beyond the vocabulary.
        let unknown = encoding.ids.first { tokenizer.token(of: $0) == nil }
        try trial.require(
            unknown == nil, "the id \(unknown ?? 0) of \"\(shown(text))\" is beyond the vocabulary of \(size)")
        try trial.require(encoding.ids.count == encoding.typeIDs.count, "the numbers of types and ids differ")
        try trial.require(
            tokenizer.tokens(of: text).count == encoding.ids.count, "the numbers of tokens and ids differ")
        try trial.require(
            tokenizer.encode(text) == encoding, "\"\(shown(text))\" is encoded differently the second time")
        let bare = tokenizer.encode(text, addingSpecialTokens: false)
        let specials = encoding.ids.count - bare.ids.count
        for limit in text.utf8.count > 20_000 ? [3] : [0, 1, 2, 3, 7, Int.max] {
            let cut = tokenizer.encode(text, maximumLength: limit)
            try trial.require(
                cut.ids.count <= max(limit, specials),
                "\(cut.ids.count) ids of \"\(shown(text))\", the limit is \(limit)")
            try trial.require(
                cut.ids.count + cut.omittedCount == encoding.ids.count,
                "of \(encoding.ids.count) tokens \(cut.ids.count) are kept and \(cut.omittedCount) left out")
        }
        _ = tokenizer.encode(text, pair: "the cat", maximumLength: 9)
        for skips in [true, false] {
            _ = try trial.must("its own ids can't be decoded") {
                try tokenizer.decode(encoding.ids, skippingSpecialTokens: skips)
            }
            guard encoding.ids.count < 2_000 else { continue }
            let whole = try tokenizer.decode(encoding.ids, skippingSpecialTokens: skips)
            var stream = StreamingDecoder(tokenizer, skippingSpecialTokens: skips)
            var parts: [Unicode.Scalar] = []
            for id in encoding.ids { parts += try stream.append(id).unicodeScalars }
            parts += try stream.finish().unicodeScalars
            try trial.require(
                parts == Array(whole.unicodeScalars), "streamed text of \"\(shown(text))\" differs from the decoded one"
            )
        }
    }

    /// Checks that the parts of a text before and after a space are encoded as if alone, unless an added token contains
    /// a space.
    func checkJoining(_ text: String) throws {
        guard !text.unicodeScalars.contains("<"), !text.lowercased().contains("new") else { return }
        let words = "the cat "
        let joined = tokenizer.encode(words + " " + text, addingSpecialTokens: false).ids
        let parts =
            tokenizer.encode(words, addingSpecialTokens: false).ids
            + tokenizer.encode(text, addingSpecialTokens: false).ids
        try trial.require(joined == parts, "\"\(shown(text))\" is encoded differently after a space")
    }

    private func shown(_ text: String) -> String {
        text.unicodeScalars.prefix(24).map {
            $0.isASCII && $0.value >= 32 ? String($0) : "\\u{\(String($0.value, radix: 16))}"
        }.joined()
    }
}
