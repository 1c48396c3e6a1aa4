public import AttendRuntime

/// Builds the graph of the transformer that a ``TransformerConfiguration`` describes.
///
/// Inputs of a preset's graph, where the configuration has them: `tokens` (int64 `[batch, tokens]`, what the decoder or a lone encoder
/// reads), `source` (int64 `[batch, source]`, an encoder's beside a decoder), `token_types` (as `tokens`), `mel`
/// (float32 `[batch, bins, frames]`) or `embeddings` (float32 `[batch, tokens, width]`). Outputs: `hidden`, and `logits`, `pooled`
/// or both where the configuration says so. For a model's folder see ``LoadedModel``.
public final class Transformer {
    public let configuration: TransformerConfiguration
    let interface: TransformerInterface
    let builder: GraphBuilder
    let weight: GraphWeights

    /// A transformer with a preset's interface.
    public convenience init(
        _ configuration: TransformerConfiguration, name: String = "transformer", weights: WeightSource
    ) {
        self.init(configuration, name: name, interface: .preset, weights: weights) { $0 }
    }

    /// - Parameter label: The name of a weight in the graph, from the name here.
    init(
        _ configuration: TransformerConfiguration, name: String, interface: TransformerInterface,
        weights: WeightSource, label: @escaping (String) -> String
    ) {
        self.configuration = configuration
        self.interface = interface
        builder = GraphBuilder(name)
        weight = GraphWeights(weights, in: builder, label: label)
    }

    /// The names of the inputs of presets that are no weights.
    public static let inputNames: Set<String> = ["tokens", "source", "token_types", "mel", "embeddings"]

    /// The graph with a preset's outputs.
    ///
    /// - Throws: ``ModelError`` where the configuration lacks what it needs, what the weight source throws, and ``GraphError``
    ///   where sizes don't fit together.
    public func graph() throws -> Graph {
        let last = try states().last
        try builder.output("hidden", last)
        if configuration.hasPooler { try builder.output("pooled", pooled(last)) }
        if configuration.unembedding != .none { try builder.output("logits", logits(last)) }
        return try builder.build()
    }

    /// The states of the stack whose states are the model's, after it has read its inputs.
    func states() throws -> States {
        var memory: Value?
        if let stack = configuration.encoder {
            let isAlone = configuration.decoder == nil
            let (input, mask) = try encoderInput(stack, isAlone: isAlone)
            let states = try self.stack(stack, "encoder", input, isCausal: false, memory: nil, mask: mask)
            guard !isAlone else { return states }
            memory = states.last
        }
        guard let stack = configuration.decoder else { throw incomplete("it has neither an encoder nor a decoder") }
        let (input, mask) = try embedded(
            "decoder", stack, ids: interface.tokens, isFirst: configuration.encoder == nil)
        return try self.stack(stack, "decoder", input, isCausal: true, memory: memory, mask: mask)
    }

    func incomplete(_ reason: String) -> ModelError { ModelError(path: builder.name, reason: reason) }
}
