/// Other forms of a folder: modules, poolings, prompts, tokenizers, names and types of weights.
extension ModelSeeds {
    static func forms() throws -> [Draft] {
        try poolings() + [
            modules(activation: "activation.Tanh", hasResidual: false),
            modules(activation: "linear.Identity", hasResidual: true), prompts(), transformerFolder(),
            vocabularyAlone(),
            tokenizerFile(), plain(weights: tensorFlowNames()), plain(weights: weights(prefix: "model.", dtype: "F64"))
        ]
    }

    /// A `modules.json` with modules by their class, the first one in the folder `first`.
    private static func list(_ names: [String], first: String = "") -> DraftValue {
        .array(
            names.enumerated().map { index, name in
                .object([
                    .init("idx", .number(index)), .init("name", .string("\(index)")),
                    .init("path", .string(index == 0 ? first : "\(index)_\(name)")),
                    .init("type", .string("sentence_transformers.models.\(name)"))
                ])
            })
    }

    private static func json(_ path: String, _ text: String) throws -> DraftFile {
        DraftFile(path, .json(try DraftValue(parsing: text)))
    }

    private static func add(_ path: String, _ text: String, to draft: inout Draft) throws {
        draft[path] = try json(path, text)
    }

    // MARK: Modules

    /// Each mode in the new or old spelling, and two of them concatenated.
    private static func poolings() throws -> [Draft] {
        let settings = [
            "\"pooling_mode\": \"cls\"", "\"pooling_mode\": [\"mean\", \"max\"]", "\"pooling_mode\": \"weightedmean\"",
            "\"pooling_mode\": \"lasttoken\"", "\"pooling_mode\": \"mean_sqrt_len_tokens\"",
            "\"pooling_mode_cls_token\": true", "\"pooling_mode_max_tokens\": true, \"pooling_mode_mean_tokens\": true",
            "\"pooling_mode_weightedmean_tokens\": true, \"pooling_mode_lasttoken\": false"
        ]
        return try settings.map { setting in
            var draft = try plain()
            try add("1_Pooling/config.json", "{\"word_embedding_dimension\": \(width), \(setting)}", to: &draft)
            return draft
        }
    }

    /// A linear layer and a layer norm after the pooling.
    private static func modules(activation: String, hasResidual: Bool) throws -> Draft {
        let narrow = 6
        var draft = try plain()
        draft["modules.json"] = DraftFile(
            "modules.json", .json(list(["Transformer", "Pooling", "Dense", "LayerNorm", "Normalize"])))
        try add(
            "2_Dense/config.json",
            """
            {"in_features": \(width), "out_features": \(narrow), "bias": true, "use_residual": \(hasResidual),
             "activation_function": "torch.nn.modules.\(activation)"}
            """, to: &draft)
        var dense = [entry("linear.weight", [narrow, width], seed: 2), entry("linear.bias", [narrow], seed: 3)]
        if hasResidual { dense.append(entry("residual.weight", [narrow, width], seed: 4)) }
        draft["2_Dense/model.safetensors"] = DraftFile("2_Dense/model.safetensors", .tensors(DraftTensors(dense)))
        try add("3_LayerNorm/config.json", "{\"dimension\": \(narrow)}", to: &draft)
        let norm = [entry("norm.weight", [narrow], seed: 5), entry("norm.bias", [narrow], seed: 6)]
        draft["3_LayerNorm/model.safetensors"] = DraftFile(
            "3_LayerNorm/model.safetensors", .tensors(DraftTensors(norm)))
        return draft
    }

    private static func prompts() throws -> Draft {
        var draft = try plain()
        try add(
            "config_sentence_transformers.json",
            """
            {"__version__": {"sentence_transformers": "5.4.0"}, "model_type": "SentenceTransformer",
             "prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "query",
             "similarity_fn_name": "dot", "truncate_dim": 5}
            """, to: &draft)
        try add(
            "1_Pooling/config.json",
            "{\"embedding_dimension\": \(width), \"pooling_mode\": \"mean\", \"include_prompt\": false}", to: &draft)
        return draft
    }

    // MARK: Files

    /// The transformer's files in a separate folder, as in the oldest models.
    private static func transformerFolder() throws -> Draft {
        let folder = "0_Transformer"
        let own = [
            "config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json", "model.safetensors"
        ]
        var draft = try plain()
        for index in draft.files.indices where own.contains(draft.files[index].path) {
            draft.files[index].path = "\(folder)/\(draft.files[index].path)"
        }
        draft["modules.json"] = DraftFile("modules.json", .json(list(["Transformer", "Pooling"], first: folder)))
        return draft
    }

    /// A tokenizer with `vocab.txt` and its other files.
    private static func vocabularyAlone() throws -> Draft {
        var draft = try plain()
        draft["tokenizer.json"] = nil
        draft["vocab.txt"] = DraftFile(
            "vocab.txt", .text(TokenizerSeeds.vocabulary.map { $0 + "\n" }.joined()))
        try add("tokenizer_config.json", "{\"do_lower_case\": false, \"max_len\": \(positions)}", to: &draft)
        try add(
            "special_tokens_map.json",
            """
            {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
             "mask_token": {"content": "[MASK]", "lstrip": true, "rstrip": false, "normalized": false, \
            "single_word": false}}
            """, to: &draft)
        let apple = TokenizerSeeds.vocabulary.firstIndex(of: "apple") ?? 0
        try add("added_tokens.json", "{\"apple\": \(apple)}", to: &draft)
        return draft
    }

    /// A `tokenizer.json` that is used as is, with its added tokens repeated in another file.
    private static func tokenizerFile() throws -> Draft {
        var draft = try plain()
        let added = TokenizerSeeds.specials.enumerated().map { id, content in
            """
            "\(id)": {"content": "\(content)", "lstrip": false, "normalized": false, "rstrip": false, \
            "single_word": false, "special": true}
            """
        }
        try add(
            "tokenizer_config.json",
            """
            {"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {\(added.joined(separator: ", "))},
             "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", \
            "mask_token": "[MASK]",
             "model_max_length": \(positions), "truncation_side": "left", "padding_side": "right"}
            """, to: &draft)
        try add("sentence_bert_config.json", "{\"max_seq_length\": null}", to: &draft)
        return draft
    }

    /// The names of norms as written by converters from TensorFlow.
    private static func tensorFlowNames() -> [DraftTensors.Entry] {
        weights(prefix: "bert.").map { entry in
            var entry = entry
            entry.name = entry.name.replacing("LayerNorm.weight", with: "LayerNorm.gamma")
                .replacing("LayerNorm.bias", with: "LayerNorm.beta")
            return entry
        }
    }
}
