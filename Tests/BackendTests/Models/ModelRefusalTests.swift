import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// What a model's folder asks for and can't have is an error that names the file and the setting.
@Suite struct ModelRefusalTests {
    /// A change of one key, and words of the error beside the file and the key.
    struct Setting: Sendable, CustomTestStringConvertible {
        let file: String
        let key: String
        let value: JSONValue
        var words = ""

        init(_ file: String, _ key: String, _ value: JSONValue, _ words: String = "") {
            (self.file, self.key, self.value, self.words) = (file, key, value, words)
        }

        var testDescription: String { "\(file): \(key) = \((try? value.serialized()) ?? "")" }
    }

    private static func list(_ words: String...) -> JSONValue { .array(words.map { .string($0) }) }
    private static func object(_ key: String, _ value: JSONValue) -> JSONValue { .object([.init(key, value)]) }

    private static let pooling: [Setting] = [
        .init("1_Pooling/config.json", "pooling_mode", .string("cls+mean"), "one of cls, max, mean"),
        .init("1_Pooling/config.json", "pooling_mode", .string("CLS")),
        .init("1_Pooling/config.json", "pooling_mode", .array([])),
        .init("1_Pooling/config.json", "pooling_mode", .null),
        .init("1_Pooling/config.json", "pooling_mode", .array([.string("cls"), .integer(1)])),
        .init("1_Pooling/config.json", "pooling_mode_cls_token", .string("true"), "true or false"),
        .init("1_Pooling/config.json", "pooling_mode_cls_token", .integer(2), "true or false"),
        .init("1_Pooling/config.json", "include_prompt", .string("false")),
        .init("1_Pooling/config.json", "pooling_mode_first_tokens", .bool(false)),
        .init("1_Pooling/config.json", "word_embedding_dimension", .null),
        .init("1_Pooling/config.json", "word_embedding_dimension", .integer(0)),
        .init("2_Normalize/config.json", "p", .integer(1)),
        .init("2_Normalize/config.json", "module_input_name", .string("other"), "sentence_embedding, token_embeddings")
    ]
    private static let lengths: [Setting] =
        [
            JSONValue.integer(0), .integer(-1), .integer(.min), .integer(1), .number(16.5), .string("16"), .bool(true),
            .number(-1e30)
        ].map { .init("sentence_bert_config.json", "max_seq_length", $0) }
    private static let transformer: [Setting] = [
        .init("sentence_bert_config.json", "max_sequence_length", .integer(7), "max_seq_length"),
        .init("sentence_bert_config.json", "do_lower_case", .string("no")),
        .init("sentence_bert_config.json", "transformer_task", .string("fill-mask"), "feature-extraction"),
        .init("sentence_bert_config.json", "module_output_name", .string("scores")),
        .init("sentence_bert_config.json", "modality_config", object("message", .object([]))),
        .init("sentence_bert_config.json", "tokenizer_name_or_path", .string("another")),
        .init("sentence_bert_config.json", "model_args", object("adapter", .string("x"))),
        .init("sentence_bert_config.json", "processor_kwargs", object("vocab_file", .string("x"))),
        .init("sentence_bert_config.json", "processing_kwargs", object("text", object("stride", .integer(2)))),
        .init("sentence_bert_config.json", "processing_kwargs", object("text", object("truncation", .bool(false)))),
        .init("sentence_bert_config.json", "processing_kwargs", object("common", object("padding", .bool(false)))),
        .init("tokenizer_config.json", "model_input_names", list("input_ids", "token_type_ids"), "attention_mask"),
        .init("tokenizer_config.json", "truncation_side", .string("middle")),
        .init("tokenizer_config.json", "padding_side", .integer(1))
    ]
    private static let settings: [Setting] = [
        .init("config_sentence_transformers.json", "default_prompt_name", .string("question"), "document, query"),
        .init("config_sentence_transformers.json", "prompts", list("query: ")),
        .init("config_sentence_transformers.json", "prompts", object("query", .integer(5))),
        .init("config_sentence_transformers.json", "similarity_fn_name", .string("maxsim"), "cosine, dot"),
        .init("config_sentence_transformers.json", "truncate_dim", .integer(0)),
        .init("config_sentence_transformers.json", "truncate_dim", .integer(-2)),
        .init("config_sentence_transformers.json", "model_type", .string("SparseEncoder"), "SentenceTransformer"),
        .init("config_sentence_transformers.json", "temperature", .number(0.1))
    ]
    private static let configuration: [Setting] = [
        .init("config.json", "hidden_act", .string("prelu"), "gelu"),
        .init("config.json", "hidden_act", .string("gelu_tanh"), "did you mean"),
        .init("config.json", "model_type", .string("mamba"), "bert"),
        .init("config.json", "position_embedding_type", .string("relative_key"), "absolute"),
        .init("config.json", "add_cross_attention", .bool(true)),
        .init("config.json", "is_decoder", .string("false")),
        .init("config.json", "is_causal", .bool(true), "is_decoder"),
        .init("config.json", "pruned_heads", object("0", .array([.integer(1)]))),
        .init("config.json", "per_layer_config", object("0", object("hidden_act", .string("relu")))),
        .init("config.json", "quantization_config", object("load_in_8bit", .bool(true))),
        .init("config.json", "transformers_weights", .string("other.safetensors")),
        .init("config.json", "hidden_size", .number(8.5)), .init("config.json", "hidden_size", .integer(-8)),
        .init("config.json", "num_attention_heads", .integer(3), "not divisible"),
        .init("config.json", "num_attention_heads", .integer(0)),
        .init("config.json", "vocab_size", .bool(true)), .init("config.json", "layer_norm_eps", .number(-1e-5)),
        .init("config.json", "layer_norm_eps", .string("1e-12")),
        .init("config.json", "layer_norm_eps", .number(1e300), "float32"),
        .init("config.json", "num_hidden_layers", .integer(-1)),
        // The peer has no default for null either.
        .init("config.json", "hidden_act", .null), .init("config.json", "layer_norm_eps", .null),
        .init("config.json", "type_vocab_size", .null, "found null")
    ]

    /// The error of loading, as it is printed.
    private static func complaint(_ folder: TinyModel) throws -> String {
        "\(try #require(throws: (any Error).self) { try SentenceModel(folder: folder.path) })"
    }

    @Test(arguments: pooling + lengths + transformer + settings + configuration)
    func `a setting that is not known is refused by file and key`(_ setting: Setting) throws {
        let folder = try TinyModel()
        try folder.edit(setting.file, [setting.key: setting.value])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix("\(folder.path)/\(setting.file)"), "\(complaint)")
        #expect(complaint.contains(setting.key) || setting.key == "word_embedding_dimension", "\(complaint)")
        #expect(setting.words.isEmpty || complaint.contains(setting.words), "\(complaint)")
    }

    @Test func `a token that the table has no row for is refused where a text has it`() throws {
        let folder = try TinyModel()
        try folder.edit("tokenizer_config.json", ["mask_token": .string("qqq")])
        let model = try SentenceModel(folder: folder.path)
        _ = try model.inputs(for: [model.encode("a plain text")])
        let encodings = [model.encode("a plain text"), model.encode("here is qqq")]
        let error = try #require(throws: ModelError.self) { try model.inputs(for: encodings) }
        #expect("\(error)".contains("\"qqq\""), "\(error)")
        #expect("\(error)".contains("the model's embedding table ends at"), "\(error)")
    }

    // MARK: Modules

    private static func modules(_ entries: (type: String, path: String)...) -> JSONValue {
        .array(
            entries.enumerated().map { index, entry in
                .object([
                    .init("idx", .integer(index)), .init("name", .string("\(index)")),
                    .init("path", .string(entry.path)), .init("type", .string(entry.type))
                ])
            })
    }

    private static let models = "sentence_transformers.models"

    @Test(arguments: [
        ([("\(models).WeightedLayerPooling", "1_Pooling")], "WeightedLayerPooling"),
        ([("custom_st.Pooling", "1_Pooling")], "custom_st.Pooling"),
        ([("\(models).Normalize", "2_Normalize")], "sentence_embedding"),
        ([("\(models).Transformer", "")], "one Transformer as the first module"),
        ([("\(models).Pooling", "/1_Pooling")], "inside the model folder"),
        ([("\(models).Pooling", "../1_Pooling")], "inside the model folder"),
        ([("\(models).Pooling", "3_Pooling")], "3_Pooling/config.json"),
        ([("\(models).Dense", "3_Dense"), ("\(models).Pooling", "1_Pooling")], "3_Dense/config.json"),
        ([("\(models).Pooling", "1_Pooling"), ("\(models).LayerNorm", "3_Norm")], "3_Norm/config.json")
    ])
    func `modules that are not known, not there or in a wrong order are refused`(
        _ entries: [(type: String, path: String)], _ words: String
    ) throws {
        let first = (type: "\(Self.models).Transformer", path: "")
        let list: JSONValue
        switch entries.count {
        case 1: list = Self.modules(first, entries[0])
        default: list = Self.modules(first, entries[0], entries[1])
        }
        let folder = try TinyModel(files: ["modules.json": list])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix(folder.path), "\(complaint)")
        #expect(complaint.contains(words), "\(complaint)")
    }

    @Test func `a setting of a module's entry that is not known is refused`() throws {
        func list(_ key: String, _ value: JSONValue) throws -> JSONValue {
            guard
                case .array(var entries) = Self.modules(
                    (type: "\(Self.models).Transformer", path: ""),
                    (type: "\(Self.models).Pooling", path: "1_Pooling")),
                case .object(let members) = entries[0]
            else { throw JSONError.type(path: "", expected: "a list of objects", found: "another value") }
            entries[0] = .object(members + [.init(key, value)])
            return .array(entries)
        }
        let plain = try TinyModel(files: ["modules.json": try list("kwargs", .array([]))])
        _ = try SentenceModel(folder: plain.path)
        let folder = try TinyModel(files: ["modules.json": try list("dropout", .number(0.5))])
        #expect(try Self.complaint(folder).contains("modules.json: [0].dropout: expected one of the settings"))
    }

    @Test func `a list of no modules, or of two with one name, is refused`() throws {
        let empty = try TinyModel(files: ["modules.json": .array([])])
        #expect(try Self.complaint(empty).contains("modules.json: type: expected one Transformer"))
        let module = JSONValue.object([
            .init("name", .string("0")), .init("path", .string("")),
            .init("type", .string("\(Self.models).Transformer"))
        ])
        let twins = try TinyModel(files: ["modules.json": .array([module, module])])
        #expect(try Self.complaint(twins).contains("modules.json: [1].name: expected a unique module name"))
    }

    @Test(arguments: [
        ("in_features", JSONValue.integer(9), "in_features"), ("out_features", .integer(0), "out_features"),
        ("activation_function", .string("transformers.activations.GELUActivation"), "activation_function"),
        ("activation_function", .string("torch.nn.PReLU"), "activation_function"),
        ("module_input_name", .string("scores"), "scores"), ("use_residual", .string("yes"), "use_residual"),
        ("bias", .bool(false), "linear.bias"), ("out_features", .integer(7), "linear.weight"),
        ("dropout", .number(0.1), "dropout")
    ])
    func `a Dense that is not as its weights or its settings are unknown is refused`(
        _ key: String, _ value: JSONValue, _ words: String
    ) throws {
        let test = try #require(ModelCase.named("Dense of same size"))
        let folder = try test.folder()
        _ = try SentenceModel(folder: folder.path)
        try folder.edit("2_Dense/config.json", [key: value])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix("\(folder.path)/2_Dense/"), "\(complaint)")
        #expect(complaint.contains(words), "\(complaint)")
    }

    @Test func `a Dense in PyTorch's own format says what is read`() throws {
        let test = try #require(ModelCase.named("Dense of same size"))
        let folder = try test.folder()
        try folder.remove("2_Dense/model.safetensors")
        try folder.write("PK", "2_Dense/pytorch_model.bin")
        #expect(try Self.complaint(folder).contains("pytorch_model.bin exists, but only safetensors are supported"))
    }

    @Test func `a transformer alone with a template for chats is refused`() throws {
        let folder = try TinyModel()
        try folder.edit("tokenizer_config.json", ["chat_template": .string("{{ messages }}")])
        _ = try SentenceModel(folder: folder.path)
        try folder.remove("modules.json")
        #expect(try Self.complaint(folder).contains("tokenizer_config.json: chat_template"))
    }

    @Test func `settings of the tokenizer in another file are told`() throws {
        let folder = try TinyModel()
        try folder.edit("sentence_bert_config.json", ["processor_kwargs": Self.object("do_lower_case", .null)])
        let complaint = try Self.complaint(folder)
        #expect(complaint.contains("tokenizer_config.json (with processor_kwargs): do_lower_case"), "\(complaint)")
    }

    @Test func `positions must hold the special tokens`() throws {
        let folder = try TinyModel()
        var weights = try ModelCase.baseWeights
        let table = try #require(weights.entries.firstIndex { $0.name.contains("position_embeddings") })
        weights.entries[table].shape[0] = 1
        try folder.write(weights, "model.safetensors")
        try folder.edit("config.json", ["max_position_embeddings": .integer(1)])
        #expect(try Self.complaint(folder).contains("config.json: max_position_embeddings: expected at least 2"))
    }

    @Test func `a type beyond the table is refused where the model is told types`() throws {
        let folder = try TinyModel()
        try folder.edit("tokenizer_config.json", ["tokenizer_class": .string("PreTrainedTokenizerFast")])
        let template = #"""
            {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 2}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
             "special_tokens": {}}
            """#
        try folder.edit("tokenizer.json", ["post_processor": try JSONValue(parsing: Array(template.utf8))])
        _ = try SentenceModel(folder: folder.path)
        try folder.edit(
            "tokenizer_config.json",
            ["model_input_names": Self.list("input_ids", "token_type_ids", "attention_mask")])
        let complaint = try Self.complaint(folder)
        #expect(complaint.contains("tokenizer.json: post_processor"), "\(complaint)")
        #expect(complaint.contains("token type is 2"), "\(complaint)")
    }

    @Test func `no model_type needs an architecture of BERT`() throws {
        let folder = try TinyModel()
        try folder.edit("config.json", ["model_type": Optional<JSONValue>.none])
        _ = try SentenceModel(folder: folder.path)
        try folder.edit("config.json", ["architectures": Self.list("MambaModel")])
        #expect(try Self.complaint(folder).contains("config.json: model_type"))
    }
}
