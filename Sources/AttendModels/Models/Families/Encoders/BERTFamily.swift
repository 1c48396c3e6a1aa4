import AttendRuntime

/// BERT and encoders of the same architecture, such as MiniLM, BGE and GTE (Devlin et al. 2019).
struct BERTFamily: ModelFamily {
    let name = "bert"
    let modelTypes: Set<String> = ["bert"]
    let architecturePrefix = "Bert"
    let tokenizerClass = "BertTokenizer"

    /// Missing keys have the defaults of transformers' `BertConfig`; `BertModel` reads no other key.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try EncoderSettings(root)
        settings.configuration.prediction = .init(settings.configuration.activation)
        return try settings.finished()
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .tanh)
    }

    /// A classifier reads the pooler's result.
    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        let predictions = "cls.predictions"
        var map = WeightMap.bert(
            configuration, prefix: "bert",
            head: (
                WeightMap.Place("\(predictions).transform.dense"),
                WeightMap.Place("\(predictions).transform.LayerNorm"), WeightMap.Place("\(predictions).decoder"),
                "\(predictions).bias"
            ))
        map.outside["classifier/dense"] = "pooler.dense"
        map.outside["classifier/output"] = "classifier"
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool {
        contains("cls.predictions.transform.dense.weight")
    }
}
