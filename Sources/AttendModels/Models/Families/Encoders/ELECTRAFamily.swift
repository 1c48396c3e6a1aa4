import AttendRuntime

/// ELECTRA: BERT with narrow embeddings and a projection (Clark et al. 2020).
struct ELECTRAFamily: ModelFamily {
    let name = "electra"
    let modelTypes: Set<String> = ["electra"]
    let architecturePrefix = "Electra"
    let tokenizerClass = "ElectraTokenizer"

    /// Missing keys have the defaults of transformers' `ElectraConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try EncoderSettings(root, .init(width: 256, heads: 4, inner: 1024))
        let narrow = try root.size("embedding_size", default: 128)
        if narrow != settings.configuration.modelDimension { settings.configuration.embeddingDimension = narrow }
        return try settings.encoder()
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .gelu)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bert(
            configuration, prefix: "electra",
            head: (
                "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head",
                "generator_lm_head.bias"
            ))
        map.outside["pooler"] = nil
        map.outside["embedding/projection"] = "embeddings_project"
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        contains("generator_predictions.dense.weight")
    }
}
