import AttendRuntime

/// DistilBERT: half of BERT's layers, without token types (Sanh et al. 2019).
struct DistilBERTFamily: ModelFamily {
    let name = "distilbert"
    let modelTypes: Set<String> = ["distilbert"]
    let architecturePrefix = "DistilBert"
    let tokenizerClass = "DistilBertTokenizer"

    /// Missing keys have the defaults of transformers' `DistilBertConfig`. Its sinusoidal positions are stored like
    /// learned ones.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration {
        try root.refuseUnknownParts()
        // If a size has both names, transformers uses the first.
        let width = try root.size("hidden_size", "dim", default: 768)
        let heads = try root.size("num_attention_heads", "n_heads", default: 12)
        var configuration = TransformerConfiguration(
            modelDimension: width, vocabularySize: try root.size("vocab_size", default: 30_522))
        configuration.encoder = TransformerConfiguration.Stack(
            layerCount: try root.size(
                "num_hidden_layers", "n_layers", default: 6, atLeast: 0, atMost: JSONNode.mostLayers), headCount: heads,
            headDimension: try root.headDimension(
                width, heads: heads, root.given("hidden_size", "dim"), root.given("num_attention_heads", "n_heads")),
            feedForwardDimension: try root.size("hidden_dim", default: 3072), positions: .learned,
            positionCount: try root.size("max_position_embeddings", default: 512))
        configuration.normalizesEmbeddings = true
        configuration.normPlacement = .after
        configuration.normEpsilon = 1e-12
        configuration.activation = try root.activation("activation", default: "gelu")
        configuration.unembedding = try root.flag("tie_word_embeddings", default: true) ? .tied : .own
        configuration.prediction = .init(configuration.activation)
        configuration.hasUnembeddingBias = true
        return configuration
    }

    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? {
        .init(labelCount: labelCount, activation: .relu)
    }

    func weights(of configuration: TransformerConfiguration) -> WeightMap {
        var map = WeightMap.bert(
            configuration, prefix: "distilbert",
            head: ("vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"))
        map.outside["classifier/dense"] = "pre_classifier"
        map.outside["classifier/output"] = "classifier"
        map.changeLayers {
            $0.prefix = "transformer.layer."
            $0.places = [
                "attention/query": "attention.q_lin", "attention/key": "attention.k_lin",
                "attention/value": "attention.v_lin", "attention/output": "attention.out_lin",
                "attention_norm": "sa_layer_norm", "feed_forward/up": "ffn.lin1", "feed_forward/down": "ffn.lin2",
                "feed_forward_norm": "output_layer_norm"
            ]
        }
        return map
    }

    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool { contains("vocab_transform.weight") }
}
