import AttendParity

/// Small tokenizers with byte-pair encoding and unigram models.
extension TokenizerSeeds {
    static func models() throws -> [Draft] {
        let byteLevel = try DraftValue(
            parsing: #"""
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [{"id": 12, "content": "<|end|>", "single_word": false, "lstrip": false,
                                   "rstrip": false, "normalized": false, "special": true}],
                 "normalizer": {"type": "NFC"},
                 "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                                   "use_regex": true},
                 "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false,
                                    "use_regex": true},
                 "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
                 "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                           "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                           "ignore_merges": false,
                           "vocab": {"t": 0, "h": 1, "e": 2, "Ġ": 3, "c": 4, "a": 5, "Ã": 6, "©": 7, "th": 8, "the": 9,
                                     "Ġc": 10, "Ã©": 11},
                           "merges": [["t", "h"], ["th", "e"], "Ġ c", ["Ã", "©"]]}}
                """#)
        let fallback = try DraftValue(
            parsing: #"""
                {"version": "1.0", "added_tokens": [],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                   {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                 "pre_tokenizer": null,
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                   "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                   "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
                 "decoder": {"type": "Sequence", "decoders": [
                   {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                   {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                 "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                           "vocab": {"<unk>": 0, "<s>": 1, "<0xC3>": 2, "<0xA9>": 3, "▁": 4, "c": 5, "a": 6, "▁c": 7,
                                     "▁ca": 8},
                           "merges": ["▁ c", "▁c a"]}}
                """#)
        let unigram = try DraftValue(
            parsing: #"""
                {"version": "1.0", "added_tokens": [],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"},
                   {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                   {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}]},
                 "post_processor": null,
                 "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
                 "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
                           "vocab": [["<unk>", 0.0], ["▁", -2.5], ["▁the", -3.25], ["c", -4.0], ["a", -4.5],
                                     ["ca", -5.0], ["é", -7.125]]}}
                """#)
        var digits = byteLevel
        digits["pre_tokenizer"] = try DraftValue(
            parsing: #"""
                {"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated", "invert": false,
                   "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
                  {"type": "Digits", "individual_digits": true},
                  {"type": "ByteLevel", "add_prefix_space": true, "use_regex": false}]}
                """#)
        return [byteLevel, fallback, unigram, digits].map { Draft([DraftFile("tokenizer.json", .json($0))]) }
    }
}
