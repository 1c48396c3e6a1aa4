import AttendParity

/// Folders of tiny sentence encoders in all common forms.
enum ModelSeeds {
    static let (width, inner, positions) = (8, 12, 16)

    static func config() throws -> DraftValue {
        try DraftValue(
            parsing: """
                {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": \(width),
                 "intermediate_size": \(inner), "layer_norm_eps": 1e-12, "max_position_embeddings": \(positions),
                 "num_attention_heads": 2, "num_hidden_layers": 1, "type_vocab_size": 2, "pad_token_id": 0,
                 "vocab_size": \(TokenizerSeeds.vocabulary.count), "initializer_range": 0.02,
                 "attention_probs_dropout_prob": 0.1, "hidden_dropout_prob": 0.1, "position_embedding_type": "absolute"}
                """)
    }

    // MARK: Weights

    /// A tensor with seeded numbers.
    static func entry(_ name: String, _ shape: [Int], seed: Int) -> DraftTensors.Entry {
        var numbers = SeededNumbers(seed, name)
        let values = (0..<shape.reduce(1, *)).map { _ in numbers.uniform(-0.5, 0.5) }
        return .init(name: name, dtype: "F32", shape: shape, bytes: values.bytes("F32"))
    }

    static func weights(prefix: String = "", dtype: String = "F32") -> [DraftTensors.Entry] {
        var numbers = SeededNumbers(1, "weights")
        func entry(_ name: String, _ shape: [Int], center: Float = 0) -> DraftTensors.Entry {
            let values = (0..<shape.reduce(1, *)).map { _ in center + numbers.uniform(-0.5, 0.5) }
            return .init(name: prefix + name, dtype: dtype, shape: shape, bytes: values.bytes(dtype))
        }
        var entries = [
            entry("embeddings.word_embeddings.weight", [TokenizerSeeds.vocabulary.count, width]),
            entry("embeddings.position_embeddings.weight", [positions, width]),
            entry("embeddings.token_type_embeddings.weight", [2, width]),
            entry("embeddings.LayerNorm.weight", [width], center: 1), entry("embeddings.LayerNorm.bias", [width])
        ]
        let layer = "encoder.layer.0"
        for (name, rows, columns) in [
            ("attention.self.query", width, width), ("attention.self.key", width, width),
            ("attention.self.value", width, width), ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width), ("output.dense", width, inner)
        ] {
            entries += [entry("\(layer).\(name).weight", [rows, columns]), entry("\(layer).\(name).bias", [rows])]
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            entries += [entry("\(layer).\(name).weight", [width], center: 1), entry("\(layer).\(name).bias", [width])]
        }
        return entries
    }

    // MARK: Folders

    static func plain(weights: [DraftTensors.Entry] = weights()) throws -> Draft {
        let json: [(String, String)] = [
            (
                "tokenizer_config.json",
                """
                {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": \(positions), \
                "strip_accents": null,
                 "tokenize_chinese_chars": true, "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                 "cls_token": "[CLS]", "mask_token": "[MASK]"}
                """
            ),
            (
                "modules.json",
                """
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                 {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
                """
            ),
            (
                "1_Pooling/config.json",
                """
                {"word_embedding_dimension": \(width), "pooling_mode_cls_token": false, \
                "pooling_mode_mean_tokens": true,
                 "pooling_mode_max_tokens": false, "pooling_mode_mean_sqrt_len_tokens": false}
                """
            ),
            ("sentence_bert_config.json", "{\"max_seq_length\": \(positions - 4), \"do_lower_case\": false}"),
            (
                "config_sentence_transformers.json",
                """
                {"__version__": {"sentence_transformers": "2.0.0", "transformers": "4.6.1", "pytorch": "1.8.1"}}
                """
            )
        ]
        var files = try json.map { DraftFile($0, .json(try DraftValue(parsing: $1))) }
        files.append(DraftFile("config.json", .json(try config())))
        files.append(DraftFile("tokenizer.json", .json(try TokenizerSeeds.file())))
        files.append(DraftFile("model.safetensors", .tensors(DraftTensors(weights))))
        return Draft(files)
    }

    static func drafts() throws -> [Draft] {
        var bare = try plain(weights: weights(prefix: "bert.", dtype: "BF16"))
        for path in [
            "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json"
        ] {
            bare[path] = nil
        }
        return try [plain(), plain(weights: weights(dtype: "F16")), bare, sharded()] + forms()
    }

    /// A folder with weights in two files and an index.
    static func sharded() throws -> Draft {
        var draft = try plain()
        draft["model.safetensors"] = nil
        for file in shards() { draft[file.path] = file }
        return draft
    }

    static func shards() -> [DraftFile] {
        let all = weights()
        let halves = [Array(all[..<8]), Array(all[8...])]
        var (files, map) = ([DraftFile](), [DraftValue.Member]())
        for (index, entries) in halves.enumerated() {
            let name = "model-0000\(index + 1)-of-00002.safetensors"
            files.append(DraftFile(name, .tensors(DraftTensors(entries))))
            map += entries.map { .init($0.name, .string(name)) }
        }
        let total = all.reduce(0) { $0 + $1.bytes.count }
        files.append(
            DraftFile(
                "model.safetensors.index.json",
                .json(
                    .object([
                        .init("metadata", .object([.init("total_size", .number(total))])),
                        .init("weight_map", .object(map))
                    ]))))
        return files
    }
}
