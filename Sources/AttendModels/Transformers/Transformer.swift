public import AttendRuntime

/// Builds the graph of a ``TransformerConfiguration``.
///
/// Inputs of a preset's graph, as far as the configuration has them:
///
/// - `tokens`: int64 `[batch, tokens]`, the input of the decoder or of an encoder without decoder.
/// - `source`: int64 `[batch, source]`, the input of an encoder with a decoder.
/// - `token_types`: like `tokens`.
/// - `mel`: float32 `[batch, bins, frames]`.
/// - `embeddings`: float32 `[batch, tokens, width]`, in place of `tokens`.
///
/// Outputs are `hidden`, `[batch, tokens, width]`, and depending on the configuration `logits`,
/// `[batch, tokens, vocabularySize]`, and `pooled`, `[batch, width]`. For a model's folder see ``LoadedModel``.
///
/// Weights and the values between operations are of ``dtype``; an operation accumulates in float32 and rounds its result
/// once. In float32 regardless are positions and their angles, sines and cosines (rounded once, where they meet the
/// states), activations of several operations, norms whose scale is stored less 1, and means over tokens.
public final class Transformer {
    /// The sizes and choices.
    public let configuration: TransformerConfiguration
    /// The floating-point dtype of the weights and of the values between operations.
    public var dtype: DType { weight.dtype }
    let interface: TransformerInterface
    let builder: GraphBuilder
    let weight: GraphWeights
    /// Set while the graph of a step over a cache is built.
    var step: Step?

    /// A builder with the inputs and outputs of presets.
    ///
    /// - Parameters:
    ///   - name: The graph's name.
    ///   - dtype: The floating-point dtype to compute in; weights are rounded to it.
    ///   - weights: The source of the weights.
    public convenience init(
        _ configuration: TransformerConfiguration, name: String = "transformer", dtype: DType = .float32,
        weights: WeightSource
    ) {
        self.init(configuration, name: name, interface: .preset, dtype: dtype, weights: weights) { $0 }
    }

    /// - Parameter label: The name of a weight in the graph, from the name here.
    init(
        _ configuration: TransformerConfiguration, name: String, interface: TransformerInterface, dtype: DType,
        weights: WeightSource, label: @escaping (String) -> String
    ) {
        self.configuration = configuration
        self.interface = interface
        builder = GraphBuilder(name)
        weight = GraphWeights(weights, dtype, in: builder, label: label)
    }

    /// The names of the inputs of presets that are not weights.
    public static let inputNames: Set<String> = ["tokens", "source", "token_types", "mel", "embeddings"]

    /// Builds the graph with a preset's outputs.
    ///
    /// - Throws: ``ModelError`` for an incomplete configuration or a dtype that is not floating-point, the errors of the weight source, and ``GraphError``
    ///   for inconsistent sizes.
    /// - Complexity: O(layers + weights).
    public func graph() throws -> Graph {
        let last = try states().last
        try builder.output("hidden", last)
        if configuration.hasPooler { try builder.output("pooled", pooled(last)) }
        if configuration.unembedding != .none { try builder.output("logits", logits(last)) }
        return try builder.build()
    }

    /// The states of the main stack, with the inputs and the encoder before it.
    func states() throws -> States { try bothStates().main }

    /// The states of the encoder before a decoder, and of the main stack.
    func bothStates() throws -> (encoder: States?, main: States) {
        guard dtype.isFloatingPoint else {
            throw ModelError(
                path: builder.name, reason: "models compute in float32, float16 or bfloat16, not in \(dtype)")
        }
        var encoder: States?
        if let stack = configuration.encoder {
            let isAlone = configuration.decoder == nil
            let (input, mask) = try encoderInput(stack, isAlone: isAlone)
            let states = try self.stack(stack, .encoder, input, isCausal: false, memory: nil, mask: mask)
            guard !isAlone else { return (nil, states) }
            encoder = states
        }
        guard let stack = configuration.decoder else { throw incomplete("it has neither an encoder nor a decoder") }
        let ids = interface.tokens(.decoder, isAlone: encoder == nil)
        let (input, mask) = try embedded(.decoder, stack, ids: ids, isFirst: encoder == nil)
        return (
            encoder, try self.stack(stack, .decoder, input, isCausal: true, memory: encoder, mask: mask)
        )
    }

    func incomplete(_ reason: String) -> ModelError { ModelError(path: builder.name, reason: reason) }
}
