import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

private let fixture = "\(Bundle.module.resourcePath ?? ".")/Fixtures/tokenizers/folders.json"

/// Tokenizers of whole folders, each setting in each of its files, against transformers and tokenizers
/// (`Tests/Goldens/wordpiece.py`).
@Suite struct TokenizerFolderTests {
    /// A folder with the files of a case.
    private static func folder(_ node: JSONNode, base: JSONValue) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, content) in try node.required("files").members() {
            if case .string(let text) = content.value {
                try folder.write(text, name)
            } else {
                try folder.write(content.value.serialized(), name)
            }
        }
        if let over = try node.optional("tokenizer"), case .object(var members) = base {
            for (key, value) in try over.members() {
                members.removeAll { $0.key == key }
                members.append(.init(key, value.value))
            }
            try folder.write(JSONValue.object(members).serialized(), "tokenizer.json")
        }
        return folder
    }

    @Test func `every setting means what the peer makes of it`() throws {
        let root = JSONNode(try JSONValue(parsing: InputFile.contents(of: fixture)))
        let base = try root.required("base").value
        let cases = try root.required("cases").elements()
        try #require(cases.count == 68)
        for node in cases {
            let name = try node.required("name").string()
            let folder = try Self.folder(node, base: base)
            let lowercases = try node.required("lowercases").bool()
            let tokenizer = try TextTokenizer(folder: folder.path, lowercases: lowercases)
            let texts = try node.required("texts").elements().map { try $0.string() }
            let ids = try node.required("ids").elements().map { try $0.elements().map { try $0.integer() } }
            try #require(texts.count == ids.count)
            for (text, expected) in zip(texts, ids) {
                #expect(tokenizer.encode(text).ids == expected, "\(name): \(text.debugDescription)")
            }
        }
    }

    private static let vocabulary =
        #"{"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "cat": 5}"#

    /// Files, and what the error says.
    private static let refused: [(files: [String: String], words: [String])] = [
        ([:], ["tokenizer.json", "vocab.txt"]),
        (["vocab.txt": "cat\n"], ["[UNK]"]),
        (["tokenizer_config.json": #"{"do_lower_case": 0}"#], ["tokenizer_config.json", "do_lower_case"]),
        (["tokenizer_config.json": #"{"do_lower_case": null}"#], ["do_lower_case"]),
        (["tokenizer_config.json": #"{"strip_accents": "yes"}"#], ["strip_accents"]),
        (["tokenizer_config.json": #"{"tokenizer_class": "XLNetTokenizer"}"#], ["tokenizer_class", "XLNetTokenizer"]),
        (["tokenizer_config.json": #"{"never_split": ["cat"]}"#], ["never_split"]),
        (["tokenizer_config.json": #"{"do_basic_tokenize": false}"#], ["do_basic_tokenize"]),
        (["tokenizer_config.json": #"{"do_lowercase": true}"#], ["do_lowercase", "do_lower_case"]),
        (["tokenizer_config.json": #"{"added_tokens_decoder": {"x": {"content": "a"}}}"#], ["added_tokens_decoder.x"]),
        (["tokenizer_config.json": #"{"added_tokens_decoder": {"99": {"content": "<a>"}}}"#], ["<a>", "99", "6"]),
        (["added_tokens.json": #"{"<a>": 9223372036854775807}"#], ["added_tokens.json", "<a>"]),
        (["tokenizer_config.json": #"{"model_input_names": ["input_ids"]}"#], ["model_input_names", "attention_mask"]),
        (["special_tokens_map.json": #"{"mask": "cat"}"#], ["special_tokens_map.json", "mask"]),
        (
            ["special_tokens_map.json": #"{"additional_special_tokens": [{"content": "cat"}]}"#],
            ["additional_special_tokens[0]"]
        ),
        (["tokenizer_config.json": "{"], ["tokenizer_config.json: line 1"]),
        (["config.json": #"{"tokenizer_class": "CTRLTokenizer"}"#], ["CTRLTokenizer"]),
        (
            [
                "tokenizer_config.json":
                    #"{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "cat"}"#
            ],
            ["add_bos_token: expected false, as the post_processor of"]
        ),
        (
            [
                "tokenizer_config.json": #"{"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": true}"#,
                "tokenizer.json":
                    #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}"#
            ], ["add_prefix_space: expected false, as the pre_tokenizer of"]
        ),
        (
            ["tokenizer.json": #"{"model": {"vocab": {"[UNK]": 9223372036854775807}}}"#],
            ["[UNK]", "9223372036854775807"]
        ),
        (["tokenizer.json": #"{"model": {"vocab": {"[UNK]": 4294967296}}}"#], ["4294967296"]),
        (["tokenizer.json": #"{"model": {"vocab": {"[UNK]": -1}}}"#], ["-1"]),
        (["tokenizer.json": #"{"model": {"type": "Unigram", "vocab": {}}}"#], ["model.type", "Unigram"]),
        (["tokenizer.json": #"{"model": {"vocab": {"[UNK]": 0}}, "ignored": 1}"#], ["ignored"])
    ]

    @Test(arguments: refused.indices) func `what is not understood is an error that names it`(index: Int) throws {
        let (files, words) = Self.refused[index]
        let folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(text, name) }
        if index > 1, files["tokenizer.json"] == nil {
            try folder.write(#"{"model": {"type": "WordPiece", "vocab": \#(Self.vocabulary)}}"#, "tokenizer.json")
        }
        let error = #expect(throws: TokenizerError.self) { try TextTokenizer(folder: folder.path) }
        let text = "\(try #require(error))"
        for word in words + [folder.path] { #expect(text.contains(word), "\(text)") }
        #expect(text.components(separatedBy: folder.path).count == 2, "the file stands there once: \(text)")
    }

    private static let fileRefused: [(text: String, words: String)] = [
        (#""model": {"vocab": {"[UNK]": 0}, "unk_token": null}"#, "model.unk_token"),
        (#""model": {"vocab": {"[UNK]": 0}, "max_input_chars_per_word": -1}"#, "max_input_chars_per_word"),
        (#""model": {"vocab": {"[UNK]": 0}, "dropout": 0.1}"#, "model.dropout"),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "normalizer": {"type": "BertNormalizer", "lowercase": null}"#,
            "normalizer.lowercase"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}]}"#,
            "normalizers[0]"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "normalizer": {"type": "Replace", "pattern": {"Regex": "a"}, "content": ""}"#,
            "Regex"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "pre_tokenizer": {"type": "Punctuation", "behavior": "Removed"}"#,
            "behavior"
        ),
        (#""model": {"vocab": {"[UNK]": 0}}, "added_tokens": [{"id": 7, "content": "a"}]"#, "id 7"),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "added_tokens": [{"id": 1, "content": "A", "normalized": true}, {"id": 2, "content": "a", "normalized": true}], "normalizer": {"type": "Lowercase"}"#,
            "after normalization"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "BertProcessing", "cls": ["a", 9223372036854775807], "sep": ["a", 0]}"#,
            "post_processor.cls[1]"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "BertProcessing", "cls": ["a", 512], "sep": ["a", 0]}"#,
            "512"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "Sequence", "processors": [{"type": "BertProcessing"}, {"type": "BertProcessing"}]}"#,
            "post_processor.processors"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": [], "special_tokens": {}}"#,
            "post_processor.single"
        ),
        (
            #""model": {"vocab": {"[UNK]": 0}}, "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {}}"#,
            "post_processor.pair"
        ),
        (#""model": {"vocab": {"[UNK]": 0}}, "truncation": {"max_length": -5}"#, "truncation.max_length")
    ]

    @Test(arguments: fileRefused.indices) func `a tokenizer file's settings are read or refused`(index: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("{\(Self.fileRefused[index].text)}", "tokenizer.json")
        let error = #expect(throws: TokenizerError.self) { try TextTokenizer(contentsOf: path) }
        let text = "\(try #require(error))"
        #expect(text.contains(Self.fileRefused[index].words), "\(text)")
        #expect(text.contains(path), "\(text)")
    }

    @Test func `long texts lose their start where they are to`() throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"model": {"type": "WordPiece", "vocab": \#(Self.vocabulary)}}"#, "tokenizer.json")
        let text = "cat [MASK] cat cat"
        #expect(
            try TextTokenizer(folder: folder.path).encode(text, maximumLength: 4).ids == [2, 5, 4, 3])
        #expect(
            try TextTokenizer(folder: folder.path, cutsStart: true).encode(text, maximumLength: 5).ids == [
                2, 4, 5, 5, 3
            ])
    }
}
