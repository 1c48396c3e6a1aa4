import AttendRuntime

/// ALBERT: narrow embeddings with a projection, and layers that share their weights (Lan et al. 2020).
struct ALBERTFamily: ModelFamily {
    let name = "albert"
    let modelTypes: Set<String> = ["albert"]
    let architecturePrefix = "Albert"
    let tokenizerClass = "AlbertTokenizer"

    /// Missing keys have the defaults of transformers' `AlbertConfig`.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        var settings = try EncoderSettings(
            root, .init(vocabulary: 30_000, width: 4096, heads: 64, inner: 16_384, activation: "gelu_new"))
        settings.configuration.embeddingDimension = try root.size("embedding_size", default: 128)
        settings.configuration.prediction = .init(settings.configuration.activation)
        let layers = settings.stack.layerCount
        let groups = try root.size("num_hidden_groups", default: 1)
        let inner = try root.size("inner_group_num", default: 1)
        let (count, overflow) = layers.multipliedReportingOverflow(by: inner)
        guard !overflow, count <= JSONNode.mostLayers else {
            throw .type(
                path: "inner_group_num", expected: "at most \(JSONNode.mostLayers) layers in all",
                found: "\(layers) times \(inner)")
        }
        guard groups <= max(layers, 1) else {
            throw .type(
                path: "num_hidden_groups", expected: "at most num_hidden_layers, \(layers)", found: "\(groups)")
        }
        settings.stack.layerCount = count
        settings.stack.weightPaths = (0..<layers).flatMap { layer in
            let group = Int(Double(layer) / (Double(layers) / Double(groups)))
            return (0..<inner).map { "\(group)/\($0)" }
        }
        return try settings.encoder()
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .tanh)
    }

    /// A classifier reads the pooler's result.
    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bert(
            configuration, prefix: "albert",
            head: ("predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias"))
        map.outside["pooler"] = "pooler"
        map.outside["classifier/dense"] = "pooler"
        map.outside["classifier/output"] = "classifier"
        map.outside["embedding/projection"] = "encoder.embedding_hidden_mapping_in"
        let layer = [
            "attention/query": "attention.query", "attention/key": "attention.key",
            "attention/value": "attention.value", "attention/output": "attention.dense",
            "attention_norm": "attention.LayerNorm", "feed_forward/up": "ffn", "feed_forward/down": "ffn_output",
            "feed_forward_norm": "full_layer_layer_norm"
        ]
        let paths = configuration.encoder?.weightPaths ?? []
        var places: [String: WeightMap.Place] = [:]
        for inner in Set(paths.compactMap { $0.split(separator: "/").last }) {
            for (name, place) in layer {
                places["\(inner)/\(name)"] = WeightMap.Place("albert_layers.\(inner).\(place)")
            }
        }
        map.changeLayers {
            $0.prefix = "encoder.albert_layer_groups."
            $0.places = places
        }
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("predictions.dense.weight") }
}
