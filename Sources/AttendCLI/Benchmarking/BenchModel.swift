import AttendModels
import AttendRuntime

/// A model or preset of `attend bench model`, with random ids.
struct BenchModel {
    let shape: BenchShape
    let graph: Graph
    let inputs: [String: Tensor]

    /// Reads a model's folder, or makes a preset with random weights.
    ///
    /// - Parameter dtype: The floating-point type to compute in.
    /// - Throws: `ValidationError` or `ModelError` for more tokens than there are positions, `BackendError` or
    ///   ``RunFailure`` where the host lacks memory; the errors of reading the model.
    init(_ shape: BenchShape, _ dtype: DType) throws {
        self.shape = shape
        let (name, batch, tokens) = (shape.name ?? "", shape.sizes[0], shape.sizes[1])
        // Ids, a mask and token types, each as numbers and as a tensor.
        try BenchShape.requireRoom(for: shape, byteCount: 6 * 8 * batch * tokens)
        if let preset = try Preset.builtIn(name) {
            try PresetExpectation(preset, dtype, batch: batch, tokens: tokens, option: "--shapes \(shape.text)")
                .requireMemory()
            graph = try preset.graph(dtype: dtype, weights: .random(seed: 1))
            inputs = try preset.inputs(of: graph, batch: batch, tokens: tokens, seed: 1)
        } else {
            let model = try ModelPlace.load(name, dtype: dtype)
            graph = try model.graph([.lastHiddenState])
            let rows = model.configuration.vocabularySize ?? 1
            let ids = (0..<batch * tokens).map { Int64($0 * 7919 % rows) }
            inputs = try model.inputs(["input_ids": try Tensor(ids, shape: [batch, tokens])], of: graph)
        }
    }
}
