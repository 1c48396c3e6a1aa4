import AttendRuntime

/// Layer normalization of the embedding (Ba et al. 2016), with PyTorch's epsilon of 10⁻⁵.
struct LayerNormalization: SentenceModule {
    let dimension: Int
    private let path: String
    private let weights: ModuleWeights

    /// - Parameter index: The module's index in its list.
    /// - Throws: ``ModelError`` or ``AttendGraph/SafetensorsError`` that names the file.
    init(folder: String, index: Int) throws {
        let file = try ModelFile("\(folder)/config.json")
        path = file.path
        dimension = try file.read { root in
            try root.allowKeys(["dimension"])
            return try root.required("dimension").integer(atLeast: 1)
        }
        weights = try ModuleWeights(folder: folder, index: index, names: ["norm.weight", "norm.bias"])
    }

    var summary: String { "layer norm" }

    func apply(to features: inout SentenceFeatures) throws {
        let value = try features.value(
            SentenceFeatures.sentenceEmbedding, width: dimension, setting: "dimension", for: path
        ).cast(to: features.dtype)
        let weight = weights.source(in: features)
        features.values[SentenceFeatures.sentenceEmbedding] = try value.layerNorm(
            scale: weight("norm.weight", [dimension]), bias: weight("norm.bias", [dimension]), epsilon: 1e-5)
    }
}
