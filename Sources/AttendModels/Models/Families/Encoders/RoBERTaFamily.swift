import AttendRuntime

/// RoBERTa and XLM-RoBERTa: BERT with positions that skip padding (Liu et al. 2019; Conneau et al. 2020).
struct RoBERTaFamily: ModelFamily {
    let name = "roberta"
    let modelTypes: Set<String> = ["roberta", "xlm-roberta"]
    let architecturePrefix = "Roberta"
    let tokenizerClass = "RobertaTokenizer"

    /// Missing keys have the defaults of transformers' `RobertaConfig` and `XLMRobertaConfig`, which differ in the
    /// vocabulary.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        let isMultilingual = try root.optional("model_type")?.string() == "xlm-roberta"
        var settings = try EncoderSettings(root, .init(vocabulary: isMultilingual ? 30_522 : 50_265))
        try settings.skipPadding(root.size("pad_token_id", default: 1, atLeast: 0))
        return try settings.finished()
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .tanh)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        .bert(
            configuration, prefix: "roberta",
            head: ("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"))
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("lm_head.dense.weight") }

    func isNamed(by architecture: String) -> Bool {
        ["Roberta", "XLMRoberta"].contains { architecture.hasPrefix("\($0)For") || architecture == "\($0)Model" }
    }
}

/// MPNet: RoBERTa with a bias on the scores by distance, without token types (Song et al. 2020).
struct MPNetFamily: ModelFamily {
    let name = "mpnet"
    let modelTypes: Set<String> = ["mpnet"]
    let architecturePrefix = "MPNet"
    let tokenizerClass = "MPNetTokenizer"

    /// Missing keys have the defaults of transformers' `MPNetConfig`. Its positions skip the id 1 whatever
    /// `pad_token_id` is.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try EncoderSettings(root, .init(vocabulary: 30_527, tokenTypes: nil))
        try settings.skipPadding(1)
        settings.stack.relativeBuckets = try root.size("relative_attention_num_buckets", default: 32)
        // transformers computes buckets for 32 of them whatever the setting is.
        guard settings.stack.relativeBuckets == 32 else {
            throw try root.required("relative_attention_num_buckets").unexpected("32")
        }
        return try settings.encoder()
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .tanh)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bert(
            configuration, prefix: "mpnet",
            head: ("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"))
        map.outside["relative"] = "encoder.relative_attention_bias"
        map.changeLayers {
            $0.places.merge([
                "attention/query": "attention.attn.q", "attention/key": "attention.attn.k",
                "attention/value": "attention.attn.v", "attention/output": "attention.attn.o",
                "attention_norm": "attention.LayerNorm"
            ]) { $1 }
        }
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("lm_head.dense.weight") }
}
