import AttendCore

extension BERTConfiguration {
    /// Reads a Hugging Face `config.json` of a BERT-family encoder. Missing keys have the defaults of `transformers`' `BertConfig`;
    /// null is no default.
    ///
    /// Keys that change what the encoder computes are obeyed or refused; `BertModel` reads no other key.
    ///
    /// - Throws: ``ModelError`` that names the key, what was expected and what was found.
    public init(contentsOf path: String) throws {
        try self.init(ModelFile(path))
    }

    init(_ file: ModelFile) throws {
        self = try file.read { root in
            try BERTConfiguration.refuseOthers(root)
            let name = try root.present("hidden_act")?.string() ?? "gelu"
            guard let activation = Activation(transformersName: name) else {
                throw JSONError.type(
                    path: "hidden_act", expected: "one of \(Activation.transformersNames.joined(separator: ", "))",
                    found: "\"\(name)\"\(Nearest.hint(for: name, among: Activation.transformersNames))")
            }
            func size(_ key: String, default fallback: Int, atLeast least: Int = 1) throws(JSONError) -> Int {
                try root.present(key)?.integer(atLeast: least) ?? fallback
            }
            var configuration = BERTConfiguration(
                vocabularySize: try size("vocab_size", default: 30_522),
                modelDimension: try size("hidden_size", default: 768),
                layerCount: try size("num_hidden_layers", default: 12, atLeast: 0),
                headCount: try size("num_attention_heads", default: 12),
                feedForwardDimension: try size("intermediate_size", default: 3072),
                positionCount: try size("max_position_embeddings", default: 512),
                tokenTypeCount: try size("type_vocab_size", default: 2), activation: activation,
                layerNormEpsilon: try root.present("layer_norm_eps")?.number() ?? 1e-12)
            guard configuration.layerNormEpsilon >= 0, Float(configuration.layerNormEpsilon).isFinite else {
                throw try root.required("layer_norm_eps").unexpected("a number from 0 up that float32 can hold")
            }
            guard configuration.modelDimension % configuration.headCount == 0 else {
                throw ModelError(
                    path: file.path,
                    reason:
                        "hidden_size \(configuration.modelDimension) is not divisible by num_attention_heads \(configuration.headCount)"
                )
            }
            configuration.isCausal = try root.flag("is_decoder", default: false)
            return configuration
        }
    }

    /// Throws for other models, and for settings that change BERT's result and are not supported.
    private static func refuseOthers(_ root: JSONNode) throws(JSONError) {
        if let type = try root.optional("model_type") {
            guard try type.string() == "bert" else { throw type.unexpected("\"bert\"") }
        } else {
            let names = try root.optional("architectures")?.elements() ?? []
            guard let name = names.first, try name.string().hasPrefix("Bert") else {
                throw .type(
                    path: "model_type", expected: "\"bert\"",
                    found: "neither it nor an architecture that begins with Bert")
            }
        }
        if let positions = try root.optional("position_embedding_type"), try positions.string() != "absolute" {
            throw positions.unexpected("\"absolute\"")
        }
        let isDecoder = try root.flag("is_decoder", default: false)
        // It has no cross-attention unless it is given an encoder's states.
        let hasCrossAttention = try root.flag("add_cross_attention", default: false)
        guard isDecoder || !hasCrossAttention else {
            throw .type(path: "add_cross_attention", expected: "false without is_decoder", found: "true")
        }
        let isCausal = try root.optional("is_causal") == nil ? isDecoder : root.flag("is_causal", default: isDecoder)
        guard isCausal == isDecoder else {
            throw .type(
                path: "is_causal", expected: "the value of is_decoder, \(isDecoder)", found: "\(!isDecoder)")
        }
        for key in ["pruned_heads", "per_layer_config", "quantization_config", "transformers_weights"] {
            guard let node = try root.optional(key), node.value != .object([]) else { continue }
            throw node.unexpected("nothing: it is not known here")
        }
    }
}
