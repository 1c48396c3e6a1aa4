public import AttendCore

/// Builds the graph of the transformer that a ``TransformerConfiguration`` describes.
///
/// Inputs, where the configuration has them: `tokens` (int64 `[batch, tokens]`, what the decoder or a lone encoder reads),
/// `source` (int64 `[batch, source]`, an encoder's beside a decoder), `token_types` (as `tokens`), `mel`
/// (float32 `[batch, bins, frames]`) or `embeddings` (float32 `[batch, tokens, width]`). Outputs: `hidden`, and `logits`, `pooled`
/// or both where the configuration says so.
public final class Transformer {
    public let configuration: TransformerConfiguration
    let builder: GraphBuilder
    let weight: GraphWeights

    public init(_ configuration: TransformerConfiguration, name: String = "transformer", weights: WeightSource) {
        self.configuration = configuration
        builder = GraphBuilder(name)
        weight = GraphWeights(weights, in: builder)
    }

    /// The names of the graph's inputs that are no weights.
    public static let inputNames: Set<String> = ["tokens", "source", "token_types", "mel", "embeddings"]

    /// - Throws: ``ModelError`` where the configuration lacks what it needs, what the weight source throws, and ``GraphError``
    ///   where sizes don't fit together.
    public func graph() throws -> Graph {
        var hidden: Value?
        if let stack = configuration.encoder {
            let isAlone = configuration.decoder == nil
            hidden = try self.stack(
                stack, "encoder", try encoderInput(stack, isAlone: isAlone), isCausal: false, memory: nil)
        }
        if let stack = configuration.decoder {
            let embedded = try embedded("decoder", stack, ids: "tokens", isFirst: configuration.encoder == nil)
            hidden = try self.stack(stack, "decoder", embedded, isCausal: true, memory: hidden)
        }
        guard let hidden else { throw incomplete("it has neither an encoder nor a decoder") }
        try builder.output("hidden", hidden)
        if configuration.hasPooler { try builder.output("pooled", pooled(hidden)) }
        if configuration.unembedding != .none { try builder.output("logits", logits(hidden)) }
        return try builder.build()
    }

    func incomplete(_ reason: String) -> ModelError { ModelError(path: builder.name, reason: reason) }

    // MARK: Ends

    private func encoderInput(_ stack: TransformerConfiguration.Stack, isAlone: Bool) throws -> Value {
        guard let audio = configuration.audio else {
            return try embedded("encoder", stack, ids: isAlone ? "tokens" : "source", isFirst: true)
        }
        let width = configuration.modelDimension
        let mel = try builder.input(
            "mel", .float32, ["batch", Size(audio.binCount), Size(2 * audio.positionCount)])
        let first = try convolution(mel, "encoder/convolution/0", from: audio.binCount, stride: 1)
        let second = try convolution(first, "encoder/convolution/1", from: width, stride: 2)
        return try second.transposed([0, 2, 1])
            + position("encoder", stack, count: Size(audio.positionCount))
    }

    private func convolution(_ input: Value, _ name: String, from channels: Int, stride: Int) throws -> Value {
        let width = configuration.modelDimension
        let inputs = [
            "input": input, "weight": try weight("\(name)/weight", [width, channels, 3]),
            "bias": try weight("\(name)/bias", [width])
        ]
        let attributes: Attributes = ["padding": .integers([1, 1]), "stride": .integer(stride)]
        return try builder.apply("convolution_1d", inputs: inputs, attributes: attributes)[0].gelu()
    }

    /// Embeddings with positions and token types added, `[batch, tokens, width]`.
    private func embedded(
        _ side: String, _ stack: TransformerConfiguration.Stack, ids: String, isFirst: Bool
    ) throws -> Value {
        let width = configuration.modelDimension
        let tokens = Size.symbol(ids)
        guard let rows = configuration.vocabularySize else {
            return try builder.input("embeddings", .float32, ["batch", tokens, Size(width)])
        }
        var sum = try weight("embedding/weight", [rows, width]).embedding(
            builder.input(ids, .int64, ["batch", tokens]))
        if configuration.tokenTypeCount > 0, isFirst {
            let types = try builder.input("token_types", .int64, ["batch", tokens])
            sum = try sum + weight("token_types/weight", [configuration.tokenTypeCount, width]).embedding(types)
        }
        if stack.positions == .learned || stack.positions == .sinusoidal {
            sum = try sum + position(side, stack, count: tokens)
        }
        return configuration.normalizesEmbeddings ? try norm(sum, "embedding/norm") : sum
    }

    /// What is added for the positions, `[count, width]`.
    private func position(_ side: String, _ stack: TransformerConfiguration.Stack, count: Size) throws -> Value {
        guard stack.positions == .learned else {
            return try SinusoidalPositions.table(count: count, width: configuration.modelDimension, in: builder)
        }
        guard let rows = stack.positionCount else { throw incomplete("learned positions need a count") }
        return try weight("\(side)/positions/weight", [rows, configuration.modelDimension])
            .sliced(axis: 0, from: 0, to: count)
    }

    private func pooled(_ hidden: Value) throws -> Value {
        let width = configuration.modelDimension
        let first = try hidden.sliced(axis: 1, from: 0, to: 1).reshaped(["batch", Size(width)])
        return try first.linear(
            weight: weight("pooler/weight", [width, width]), bias: weight("pooler/bias", [width])
        ).tanh()
    }

    private func logits(_ hidden: Value) throws -> Value {
        guard let rows = configuration.vocabularySize else { throw incomplete("logits need a vocabulary") }
        let name = configuration.unembedding == .tied ? "embedding/weight" : "unembedding/weight"
        let scaled = try configuration.logitScale.map { try hidden * $0 } ?? hidden
        return try scaled.linear(weight: weight(name, [rows, configuration.modelDimension]))
    }
}
