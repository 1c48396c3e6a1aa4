import ArgumentParser
import AttendModels
import AttendRuntime

/// A model or preset of `attend bench model`, with random ids.
struct BenchModel {
    let shape: BenchShape
    let graph: Graph
    let inputs: [String: Tensor]

    /// Reads a model's folder, or makes a preset with random weights.
    ///
    /// - Throws: `ValidationError` for sizes that the model does not have; the errors of reading it.
    init(_ shape: BenchShape) throws {
        self.shape = shape
        let (name, batch, tokens) = (shape.name ?? "", shape.sizes[0], shape.sizes[1])
        let preset = try Preset.builtIn(name)
        let rows: Int
        if let preset {
            graph = try preset.graph(weights: .random(seed: 1))
            rows = preset.configuration.vocabularySize ?? 1
        } else {
            let model = try LoadedModel(folder: ModelPlace.folder(name))
            graph = try model.graph([.lastHiddenState])
            rows = model.configuration.vocabularySize ?? 1
        }
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs {
            let input = graph.values[id].name
            var symbols = ["batch": batch]
            for symbol in graph.symbols where symbol != "batch" { symbols[symbol] = tokens }
            let type = try graph.type(of: id).bound(to: symbols)
            inputs[input] = try BenchModel.tensor(input, type, rows: rows, seed: inputs.count + 1)
        }
        self.inputs = inputs
    }

    /// Ids of the vocabulary, a mask that keeps all, positions in order, and numbers in [-1, 1].
    private static func tensor(_ name: String, _ type: TensorType, rows: Int, seed: Int) throws -> Tensor {
        let shape = type.concreteShape ?? []
        let count = shape.reduce(1, *)
        guard type.dtype.isInteger else { return try Tensor(uniform: shape, in: -1...1, seed: seed) }
        let tokens = shape.last ?? 1
        let ids: [Int64] =
            switch name {
            case "attention_mask": Array(repeating: 1, count: count)
            case "token_type_ids", "token_types": Array(repeating: 0, count: count)
            case "position_ids", "positions": (0..<count).map { Int64($0 % max(1, tokens)) }
            default: (0..<count).map { Int64(($0 * 7919 + seed) % max(1, rows)) }
            }
        return try Tensor(ids, shape: shape)
    }
}
