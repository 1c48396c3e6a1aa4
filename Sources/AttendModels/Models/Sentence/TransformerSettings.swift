import AttendRuntime

/// The settings of a sentence-transformers' Transformer module: `sentence_bert_config.json`, or one of the file's older
/// names.
struct TransformerSettings {
    /// The transformer's output that the modules after it read.
    enum Output: Equatable {
        case lastHiddenState
        /// A state by its index as in Python: the embeddings are 0, the last block's states −1.
        case hiddenState(Int)
        case pooler
    }

    private(set) var lowercases = false
    /// The maximum number of tokens; nil if the tokenizer's setting applies.
    private(set) var length: SequenceLength.Setting?
    private(set) var sides = SequenceSides.Settings()
    /// Keys that take precedence over `config.json`.
    private(set) var configuration = JSONValue.object([])
    /// Keys that take precedence over `tokenizer_config.json`.
    private(set) var tokenizer = JSONValue.object([])
    private(set) var output = Output.lastHiddenState
    /// The feature name of the transformer's output.
    private(set) var outputName = SentenceFeatures.tokenEmbeddings

    static let fileNames = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"].map {
        "sentence_\($0)_config.json"
    }

    /// The defaults, without a file.
    init() {}

    /// Reads the first of the files that exists and is not empty.
    ///
    /// - Throws: ``ModelError`` that names the key.
    init(folder: String) throws {
        for name in TransformerSettings.fileNames {
            guard let file = try ModelFile.optional("\(folder)/\(name)"), file.root.value != .object([]) else {
                continue
            }
            try file.read { try read($0, file.path) }
            return
        }
    }

    private mutating func read(_ root: JSONNode, _ path: String) throws {
        try root.allowKeys([
            "max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name",
            "processing_kwargs", "unpad_inputs", "query_length", "document_length", "query_expansion", "model_args",
            "model_kwargs", "tokenizer_args", "processor_kwargs", "config_args", "config_kwargs",
            "tokenizer_name_or_path"
        ])
        lowercases = try root.flag("do_lower_case", default: false)
        if let task = try root.optional("transformer_task"), try task.string() != "feature-extraction" {
            throw task.unexpected("\"feature-extraction\"")
        }
        if let other = try root.optional("tokenizer_name_or_path"), other.value != .string("") {
            throw other.unexpected("no value: the tokenizer is read from the model's folder")
        }
        try readOutput(root)
        try readArguments(root, path)
    }

    /// Reads the transformer's output and its feature name from `modality_config` and `module_output_name`.
    private mutating func readOutput(_ root: JSONNode) throws(JSONError) {
        if let name = try root.optional("module_output_name") {
            outputName = try name.string()
            guard [SentenceFeatures.tokenEmbeddings, SentenceFeatures.sentenceEmbedding].contains(outputName) else {
                throw name.unexpected("token_embeddings or sentence_embedding")
            }
        }
        guard let modalities = try root.optional("modality_config") else { return }
        try modalities.allowKeys(["text"])
        let text = try modalities.required("text")
        try text.allowKeys(["method", "method_output_name"])
        let method = try text.required("method")
        guard try method.string() == "forward" else { throw method.unexpected("\"forward\"") }
        let node = try text.required("method_output_name")
        _ = try root.required("module_output_name")
        switch node.value {
        case .string("last_hidden_state"), .array([.string("last_hidden_state")]): output = .lastHiddenState
        case .string("pooler_output"), .array([.string("pooler_output")]): output = .pooler
        case .array(let path) where path.count == 2 && path[0] == .string("hidden_states"):
            guard case .integer(let index) = path[1] else { fallthrough }
            output = .hiddenState(index)
        default:
            throw node.unexpected("\"last_hidden_state\", \"pooler_output\" or [\"hidden_states\", number]")
        }
    }

    /// Reads arguments for Python's constructors: model arguments without effect on the result, tokenizer arguments for
    /// lengths, sides and normalization, and all configuration arguments.
    private mutating func readArguments(_ root: JSONNode, _ path: String) throws(JSONError) {
        func arguments(_ old: String, _ new: String) throws(JSONError) -> JSONNode? {
            // The old name takes precedence, as in sentence-transformers.
            if let node = try root.optional(old) { return node }
            return try root.optional(new)
        }
        try arguments("model_args", "model_kwargs")?.allowKeys([
            "torch_dtype", "dtype", "attn_implementation", "trust_remote_code", "low_cpu_mem_usage", "device_map",
            "add_pooling_layer"
        ])
        let configuration = try arguments("config_args", "config_kwargs")
        self.configuration = configuration.map { JSONNode.withoutTrust($0.value) } ?? .object([])
        if let configuration { _ = try configuration.members() }
        length = try root.optional("max_seq_length").map { node throws(JSONError) in
            try SequenceLength.Setting(node, path: path)
        }
        if let tokenizer = try arguments("tokenizer_args", "processor_kwargs") {
            let others: Set = [
                "do_lower_case", "strip_accents", "tokenize_chinese_chars", "clean_up_tokenization_spaces"
            ]
            try tokenizer.allowKeys(
                others.union([
                    "model_max_length", "truncation_side", "padding_side", "use_fast", "trust_remote_code"
                ]))
            sides = try SequenceSides.Settings(tokenizer)
            self.tokenizer = .object(
                try tokenizer.members().filter { others.contains($0.key) }.map {
                    JSONValue.Member($0.key, $0.node.value)
                })
            if let node = try tokenizer.optional("model_max_length") {
                length = try SequenceLength.Setting(node, path: path)
            }
        }
        if let processing = try root.optional("processing_kwargs") {
            try processing.allowKeys(["text", "common"])
            for key in ["common", "text"] {
                guard let part = try processing.optional(key) else { continue }
                try part.allowKeys(["max_length", "padding", "truncation", "return_tensors"])
                if let node = try part.optional("max_length") { length = try SequenceLength.Setting(node, path: path) }
                try TransformerSettings.expect(
                    part, "padding", [.bool(true), .string("longest"), .string("max_length")])
                try TransformerSettings.expect(
                    part, "truncation", [.bool(true), .string("longest_first"), .string("only_first")])
                try TransformerSettings.expect(part, "return_tensors", [.string("pt")])
            }
        }
    }

    /// Throws for values of a setting that would change the result.
    private static func expect(_ root: JSONNode, _ key: String, _ values: [JSONValue]) throws(JSONError) {
        guard let node = try root.present(key), !values.contains(node.value) else { return }
        throw node.unexpected("one of \(values.map(\.text).joined(separator: ", "))")
    }
}

extension JSONNode {
    /// The arguments without `trust_remote_code`, which has no effect here.
    fileprivate static func withoutTrust(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return value }
        return .object(members.filter { $0.key != "trust_remote_code" })
    }
}
