import AttendParity

/// Small WordPiece tokenizers in all common forms.
enum TokenizerSeeds {
    static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    static let vocabulary =
        specials + "abcdehlopst.,'!?".map { String($0) } + "adelost".map { "##\($0)" }
        + ["the", "cat", "sat", "apple", "##ing", "Paris", "paris", "é", "東", "½", "query", ":"]

    static func vocabularyObject(_ tokens: [String] = vocabulary) -> DraftValue {
        .object(tokens.enumerated().map { .init($1, .number($0)) })
    }

    /// A complete `tokenizer.json`.
    static func file(lowercase: Bool = true, tokens: [String] = vocabulary) throws -> DraftValue {
        var root = try DraftValue(
            parsing: """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                 "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                                "strip_accents": null, "lowercase": \(lowercase)},
                 "pre_tokenizer": {"type": "BertPreTokenizer"},
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                   "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
                   "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                                      "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                           "max_input_chars_per_word": 100, "vocab": {}}}
                """)
        root["added_tokens"] = .array(specials.enumerated().map { added($1, $0) })
        root["model"]?["vocab"] = vocabularyObject(tokens)
        return root
    }

    static func added(_ content: String, _ id: Int, normalized: Bool = false, word: Bool = false, strips: Bool = false)
        -> DraftValue
    {
        .object([
            .init("id", .number(id)), .init("content", .string(content)), .init("single_word", .bool(word)),
            .init("lstrip", .bool(strips)), .init("rstrip", .bool(strips)), .init("normalized", .bool(normalized)),
            .init("special", .bool(!normalized))
        ])
    }

    static func drafts() throws -> [Draft] {
        let plain = try file()
        var cased = try file(lowercase: false)
        cased["normalizer"]?["strip_accents"] = .bool(false)
        var older = plain
        older["post_processor"] = try DraftValue(
            parsing: "{\"type\": \"BertProcessing\", \"sep\": [\"[SEP]\", 3], \"cls\": [\"[CLS]\", 2]}")
        older["truncation"] = try DraftValue(
            parsing: """
                {"direction": "Right", "max_length": 12, "strategy": "LongestFirst", "stride": 0}
                """)
        older["padding"] = try DraftValue(
            parsing: """
                {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, \
                "pad_type_id": 0,
                 "pad_token": "[PAD]"}
                """)
        var added = plain
        if case .array(let tokens)? = plain["added_tokens"] {
            let count = vocabulary.count
            added["added_tokens"] = .array(
                tokens + [
                    self.added("New York", count, normalized: true), self.added("<word>", count + 1, word: true),
                    self.added("<strip>", count + 2, strips: true),
                    self.added("ÉTÉ", count + 3, normalized: true, word: true)
                ])
        }
        return [plain, cased, older, added].map { Draft([DraftFile("tokenizer.json", .json($0))]) }
    }
}
