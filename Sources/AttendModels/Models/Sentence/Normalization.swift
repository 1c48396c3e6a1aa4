import AttendRuntime

/// Scales vectors to Euclidean length 1.
struct Normalization: SentenceModule {
    private let input: String
    private let output: String
    private let path: String

    /// - Parameter file: The module's `config.json`, which is optional.
    init(_ file: ModelFile?, path: String) throws {
        self.path = file?.path ?? path
        (input, output) =
            try file?.read { root in
                try root.allowKeys(["module_input_name", "module_output_name"])
                let input = try root.optional("module_input_name")?.string() ?? SentenceFeatures.sentenceEmbedding
                return (input, try root.optional("module_output_name")?.string() ?? input)
            } ?? (SentenceFeatures.sentenceEmbedding, SentenceFeatures.sentenceEmbedding)
    }

    var summary: String { "normalized" }

    func apply(to features: inout SentenceFeatures) throws {
        features.values[output] = try Normalization.unitLength(
            features.value(input, for: path, key: "module_input_name"))
    }

    /// `vectors / max(|vectors|, 10⁻¹²)` along the last axis, in float32: the sum of squares may be beyond float16.
    static func unitLength(_ vectors: Value) throws(GraphError) -> Value {
        let vectors = try vectors.cast(to: .float32)
        let length = try (vectors * vectors).sum(axes: [-1], keepDimensions: true).sqrt()
        return try vectors / length.maximum(vectors.graph.scalar(1e-12, dtype: vectors.dtype))
    }
}
