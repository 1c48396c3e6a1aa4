import AttendModels
import AttendRuntime
import ModelSupport
import TestSupport
import Testing

/// Folders of other families than BERT: what is refused, and what is said.
@Suite struct FamilyTests {
    /// A setting of GPT-2 that changes its result, and what the error names.
    struct Refusal: Sendable, CustomStringConvertible {
        var key: String
        var value: JSONValue
        var words: String

        var description: String { "\(key): \(value)" }
    }

    private static let refusals = [
        Refusal(key: "add_cross_attention", value: .bool(true), words: "add_cross_attention"),
        Refusal(key: "is_causal", value: .bool(false), words: "is_causal"),
        Refusal(key: "n_head", value: .integer(3), words: "a multiple of n_head, 3"),
        Refusal(key: "n_embd", value: .integer(0), words: "n_embd"),
        Refusal(key: "n_embd", value: .null, words: "n_embd"),
        Refusal(key: "n_inner", value: .integer(-1), words: "n_inner"),
        Refusal(key: "hidden_size", value: .integer(.max), words: "hidden_size"),
        Refusal(key: "activation_function", value: .string("gelu_nwe"), words: "did you mean \"gelu_new\"?"),
        Refusal(key: "layer_norm_epsilon", value: .number(-1), words: "layer_norm_epsilon"),
        Refusal(key: "scale_attn_weights", value: .string("yes"), words: "true or false"),
        Refusal(key: "quantization_config", value: .object([.init("bits", .integer(4))]), words: "quantization_config"),
        Refusal(key: "model_type", value: .string("gpt3"), words: "did you mean \"gpt2\"?")
    ]

    /// Settings of Llama and the decoders after it.
    private static let decoderRefusals: [(base: String, refusal: Refusal)] = [
        (
            "Llama",
            Refusal(key: "num_key_value_heads", value: .integer(3), words: "a multiple of num_key_value_heads, 3")
        ),
        ("Llama", Refusal(key: "head_dim", value: .integer(5), words: "an even number")),
        ("Llama", Refusal(key: "rope_theta", value: .number(0.5), words: "rope_theta")),
        ("Llama", Refusal(key: "partial_rotary_factor", value: .number(0.5), words: "partial_rotary_factor")),
        (
            "Llama",
            Refusal(
                key: "layer_types", value: .array([.string("full_attention"), .string("sliding_attention")]),
                words: "layer_types[1]")
        ),
        ("Llama", rope([("type", .string("yarm"))], words: "did you mean \"yarn\"?")),
        ("Llama", rope([("rope_type", .string("linear"))], words: "rope_scaling.factor is missing")),
        ("Llama", rope([("rope_type", .string("linear")), ("factor", .integer(0))], words: "a number above 0")),
        ("Llama", rope([("rope_type", .string("default")), ("fator", .integer(2))], words: "did you mean \"factor\"?")),
        (
            "Llama",
            rope(
                [
                    ("rope_type", .string("longrope")), ("short_factor", .array([.integer(1)])),
                    ("long_factor", .array([]))
                ],
                words: "2 numbers, half of the head dimension")
        ),
        (
            "Llama",
            rope(
                [
                    ("rope_type", .string("llama3")), ("factor", .integer(2)), ("low_freq_factor", .integer(4)),
                    ("high_freq_factor", .integer(4))
                ], words: "more than low_freq_factor")
        ),
        ("Mistral, a window", Refusal(key: "sliding_window", value: .integer(0), words: "sliding_window")),
        ("Qwen2", Refusal(key: "layer_types", value: .array([.string("full_attention")]), words: "2 kinds")),
        (
            "Qwen2",
            Refusal(
                key: "layer_types", value: .array([.string("full_attention"), .string("sliding_attention")]),
                words: "without use_sliding_window")
        ),
        (
            "Gemma",
            Refusal(key: "use_bidirectional_attention", value: .bool(true), words: "use_bidirectional_attention")
        ),
        ("Gemma 2", Refusal(key: "attn_logit_softcapping", value: .integer(0), words: "attn_logit_softcapping")),
        ("Gemma 2", Refusal(key: "sliding_window", value: .null, words: "a window for the local layers")),
        (
            "Gemma 3, transformers 5",
            Refusal(key: "attn_logit_softcapping", value: .integer(50), words: "does not cap its scores")
        ),
        (
            "Gemma 3, transformers 5",
            rope([("rope_type", .string("linear")), ("factor", .integer(2))], words: "rope_parameters.full_attention")
        )
    ]

    /// Settings of models with an encoder and a decoder.
    private static let pairRefusals: [(base: String, refusal: Refusal)] = [
        ("T5", Refusal(key: "feed_forward_proj", value: .string("gated-prelu"), words: "an activation, or \"gated-\"")),
        ("T5", Refusal(key: "relative_attention_max_distance", value: .integer(3), words: "half of the buckets")),
        ("T5", Refusal(key: "is_decoder", value: .bool(true), words: "is_decoder")),
        ("BART", Refusal(key: "normalize_before", value: .bool(true), words: "normalize_before")),
        ("BART", Refusal(key: "decoder_attention_heads", value: .integer(3), words: "decoder_attention_heads, 3")),
        (
            "Marian",
            Refusal(
                key: "share_encoder_decoder_embeddings", value: .bool(false), words: "share_encoder_decoder_embeddings")
        ),
        ("Marian", Refusal(key: "decoder_vocab_size", value: .integer(12), words: "vocab_size, 11")),
        ("Whisper", Refusal(key: "num_mel_bins", value: .integer(0), words: "num_mel_bins")),
        // Sizes that would overflow, or take all memory before a weight is looked at.
        ("Llama", Refusal(key: "head_dim", value: .integer(1 << 40), words: "at most 65536")),
        ("Llama", Refusal(key: "num_attention_heads", value: .integer(.max), words: "at most 65536")),
        ("Mistral, a window", Refusal(key: "num_hidden_layers", value: .integer(.max), words: "at most 4096")),
        ("Mistral, a window", Refusal(key: "sliding_window", value: .integer(.max), words: "sliding_window")),
        ("RoBERTa", Refusal(key: "pad_token_id", value: .integer(.max), words: "max_position_embeddings")),
        ("ALBERT", Refusal(key: "inner_group_num", value: .integer(.max), words: "at most 4096 layers")),
        ("T5", Refusal(key: "relative_attention_max_distance", value: .integer(1 << 40), words: "at most 1048576")),
        ("T5", Refusal(key: "d_kv", value: .integer(.max), words: "at most 65536")),
        ("BART", Refusal(key: "max_position_embeddings", value: .integer(.max), words: "at most 1048576")),
        ("Marian", Refusal(key: "max_position_embeddings", value: .integer(.max), words: "at most 1048576"))
    ]

    @Test func `copies of shared embeddings must be copies`() throws {
        let test = try #require(VariantCase.all.first { $0.name == "T5, copies of the embeddings" })
        let folder = try test.folder()
        var weights = test.weights
        for index in weights.entries.indices where weights.entries[index].name == "decoder.embed_tokens.weight" {
            weights.entries[index].source = "other"
        }
        try folder.write(weights, "model.safetensors")
        let complaint = try Self.complaint(folder)
        #expect(complaint.contains("decoder.embed_tokens.weight"), "\(complaint)")
        #expect(complaint.contains("expected a copy of shared.weight"), "\(complaint)")
    }

    @Test func `a model of two stacks names a missing input and too many tokens`() throws {
        let folder = try #require(VariantCase.all.first { $0.name == "BART" }).folder()
        let model = try LoadedModel(folder: folder.path)
        let graph = try model.graph([.logits])
        let ids = try Tensor([1, 2, 3, 4, 5, 6, 7] as [Int64], shape: [1, 7])
        let missing = try #require(throws: ModelError.self) { try model.inputs(["input_ids": ids], of: graph) }
        #expect(missing.reason == "decoder_input_ids is missing (given: input_ids)")
        let start = try Tensor([2] as [Int64], shape: [1, 1])
        let long = try #require(throws: ModelError.self) {
            try model.inputs(["input_ids": ids, "decoder_input_ids": start], of: graph)
        }
        #expect(long.reason == "input_ids has 7 tokens a sequence; the model has 6 positions")
    }

    private static func rope(_ members: [(String, JSONValue)], words: String) -> Refusal {
        Refusal(key: "rope_scaling", value: .object(members.map { .init($0, $1) }), words: words)
    }

    @Test(arguments: decoderRefusals + pairRefusals) func `a setting of a later family that isn't supported is named`(
        _ base: String, _ refusal: Refusal
    ) throws {
        let folder = try #require(VariantCase.all.first { $0.name == base }).folder()
        try folder.edit("config.json", [refusal.key: refusal.value])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix("\(folder.path)/config.json"), "\(complaint)")
        #expect(complaint.contains(refusal.words), "\(complaint)")
    }

    private static func plain() throws -> TinyModel {
        try #require(VariantCase.all.first { $0.name == "plain" }).folder()
    }

    private static func complaint(_ folder: TinyModel) throws -> String {
        let error = try #require(throws: (any Error).self) { try LoadedModel(folder: folder.path).graph() }
        return "\(error)"
    }

    @Test(arguments: refusals) func `a setting of GPT-2 that isn't supported is named`(_ refusal: Refusal) throws {
        let folder = try Self.plain()
        try folder.edit("config.json", [refusal.key: refusal.value])
        let complaint = try Self.complaint(folder)
        #expect(complaint.hasPrefix("\(folder.path)/config.json"), "\(complaint)")
        #expect(complaint.contains(refusal.words), "\(complaint)")
    }

    @Test func `a family is known by its architecture where model_type is missing`() throws {
        let folder = try Self.plain()
        let expected = try LoadedModel(folder: folder.path).graph()
        try folder.edit("config.json", ["model_type": nil])
        #expect(try LoadedModel(folder: folder.path).graph().nodes.count == expected.nodes.count)
        try folder.edit("config.json", ["architectures": .array([.string("MambaModel")])])
        #expect(try Self.complaint(folder).contains("an architecture that begins with Bert or Roberta or"))
    }

    @Test func `a weight that the family lacks is refused, and a missing one is named as in the checkpoint`() throws {
        let folder = try Self.plain()
        var weights = try #require(VariantCase.all.first { $0.name == "plain" }).weights
        weights.entries.append(.init(name: "transformer.h.1.attn.lora_A.weight", source: "x", shape: [2, 2]))
        try folder.write(weights, "model.safetensors")
        #expect(try Self.complaint(folder).contains("transformer.h.1.attn.lora_A.weight"))
        weights.entries.removeLast()
        weights.entries.removeAll { $0.name == "transformer.h.1.attn.c_attn.bias" }
        try folder.write(weights, "model.safetensors")
        #expect(try Self.complaint(folder).contains("there is no tensor \"h.1.attn.c_attn.bias\""))
        let other = try Self.plain()
        try other.edit("config.json", ["n_inner": .integer(12)])
        #expect(try Self.complaint(other).contains("h.0.mlp.c_fc.bias"))
    }

    @Test func `text for a model without a tokenizer names the missing file`() throws {
        let folder = try Self.plain()
        let error = try #require(throws: TokenizerError.self) { try SentenceModel(folder: folder.path) }
        #expect(error.path == "\(folder.path)/tokenizer.json")
        #expect(error.reason.contains("no such file"))
        #expect(error.reason.contains("--inputs"))
        try folder.write("{}", "tokenizer.json")
        let other = try #require(throws: TokenizerError.self) { try SentenceModel(folder: folder.path) }
        #expect(other.reason == "model is missing")
        try folder.edit("tokenizer_config.json", ["tokenizer_class": .string("MarianTokenizer")])
        let third = try #require(throws: TokenizerError.self) { try SentenceModel(folder: folder.path) }
        #expect(third.path == "\(folder.path)/source.spm")
        #expect(third.reason.contains("no such file") && third.reason.contains("--inputs"))
        try folder.edit("tokenizer_config.json", ["tokenizer_class": .string("NllbTokenizer")])
        let fourth = try #require(throws: TokenizerError.self) { try SentenceModel(folder: folder.path) }
        #expect(fourth.reason.contains("found \"NllbTokenizer\""))
    }

    @Test func `inputs that the model does not read are refused, and missing ones are filled in`() throws {
        let folder = try Self.plain()
        let model = try LoadedModel(folder: folder.path)
        let graph = try model.graph([.logits])
        let ids = try Tensor([1, 2, 3] as [Int64], shape: [1, 3])
        let inputs = try model.inputs(["input_ids": ids], of: graph)
        #expect(try inputs["attention_mask"]?.integers() == [1, 1, 1])
        #expect(Set(inputs.keys) == ["input_ids", "attention_mask"])
        let types = try #require(throws: ModelError.self) {
            try model.inputs(["input_ids": ids, "token_type_ids": ids], of: graph)
        }
        #expect(types.reason.contains("does not read token_type_ids"))
        let missing = try #require(throws: ModelError.self) { try model.inputs(["attention_mask": ids], of: graph) }
        #expect(missing.reason.hasPrefix("input_ids is missing"))
        let packed = try #require(throws: ModelError.self) {
            try model.inputs(
                ["input_ids": ids, "position_ids": Tensor([0, 1, 0] as [Int64], shape: [1, 3])],
                of: model.graph([.logits], positions: .given))
        }
        #expect(packed.reason.hasPrefix("position_ids [0, 2] is 0 after 1: without an attention_mask"))
        let pooler = try #require(throws: ModelError.self) { try model.graph([.poolerOutput]) }
        #expect(pooler.reason.contains("no output pooler_output"))
    }

    @Test func `a position beyond the table is an error`() throws {
        let folder = try Self.plain()
        let model = try LoadedModel(folder: folder.path)
        let graph = try model.graph([.logits])
        let ids = try Tensor(Array(repeating: 1 as Int64, count: 13), shape: [1, 13])
        let error = try #require(throws: ModelError.self) { try model.inputs(["input_ids": ids], of: graph) }
        #expect(error.reason == "input_ids has 13 tokens a sequence; the model has 12 positions")
        let positions = try Tensor(Array(1...13 as ClosedRange<Int64>), shape: [1, 13])
        let given = try #require(throws: ModelError.self) {
            try model.inputs(
                ["input_ids": ids, "position_ids": positions], of: model.graph([.logits], positions: .given))
        }
        #expect(given.reason == "position_ids: element 11 is 12; expected 0 to 11, the range of the positions")
    }

    @Test func `a head that an embedding does not use may have any shape, and is named where logits are asked for`()
        throws
    {
        var weights = try ModelCase.baseWeights
        let head = "cls.predictions."
        for (name, shape) in [
            ("transform.dense.weight", [8, 8]), ("transform.dense.bias", [8]), ("transform.LayerNorm.weight", [8]),
            ("transform.LayerNorm.bias", [8]), ("bias", [21]), ("decoder.weight", [99, 8])
        ] {
            weights.entries.append(.init(name: head + name, source: head + name, shape: shape))
        }
        let folder = try TinyModel(weights: ["model.safetensors": weights])
        #expect(try SentenceModel(folder: folder.path).graph.constants.allSatisfy { !$0.name.hasPrefix("cls") })
        let error = try #require(throws: SafetensorsError.self) {
            try LoadedModel(folder: folder.path).graph([.logits])
        }
        #expect("\(error)".contains("cls.predictions.decoder.weight"))
    }

    @Test func `without a prompt every real token is pooled`() throws {
        let folder = try TinyModel()
        try folder.edit("1_Pooling/config.json", ["include_prompt": .bool(false)])
        let model = try LoadedModel(folder: folder.path)
        let graph = try model.graph([.sentenceEmbedding])
        let ids = try Tensor([2, 5, 6, 3, 2, 5, 3, 0] as [Int64], shape: [2, 4])
        let mask = try Tensor([1, 1, 1, 1, 1, 1, 1, 0] as [Int64], shape: [2, 4])
        let inputs = try model.inputs(["input_ids": ids, "attention_mask": mask], of: graph)
        #expect(inputs["pooling_mask"] == mask)
        let found = try graph.run(inputs, on: backend("reference"))
        let other = try TinyModel()
        defer { withExtendedLifetime(other) {} }
        let plain = try LoadedModel(folder: other.path)
        let expected = try plain.graph([.sentenceEmbedding]).run(
            plain.inputs(["input_ids": ids, "attention_mask": mask], of: plain.graph([.sentenceEmbedding])),
            on: backend("reference"))
        #expect(found == expected)
    }

    @Test func `GPT-2's parameters are counted once, tied ones too, without reading a weight`() throws {
        let folder = try Self.plain()
        let model = try CountableModel(folder: folder.path)
        let count = ParameterCount(model.graph, declaredWeights: model.declaredWeights)
        // Tables of 11 and 12 rows, two blocks of 12 w² + 13 w and the last norm's 2 w, for the width w = 8.
        #expect(count.total == (11 + 12) * 8 + 2 * (12 * 64 + 13 * 8) + 2 * 8)
        #expect(count.total(of: .attention) == 2 * 4 * 64)
        #expect(count.total(of: .attentionBias) == 2 * 4 * 8)
        #expect(count.total(of: .feedForward) == 2 * (8 * 64 + 5 * 8))
        #expect(model.contextLimit == 12)
    }
}
