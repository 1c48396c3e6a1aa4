import AttendRuntime

/// The parts before and after the blocks.
extension Transformer {
    /// A stack's input, with its attention mask if any.
    typealias Embedded = (value: Value, attentionMask: Value?)

    func encoderInput(_ stack: TransformerConfiguration.Stack, isAlone: Bool) throws -> Embedded {
        guard let audio = configuration.audio else {
            let ids = interface.tokens(.encoder, isAlone: isAlone)
            return try embedded(.encoder, stack, ids: ids, isFirst: true)
        }
        let width = configuration.modelDimension
        let mel = try builder.input(
            interface.audio, .float32, ["batch", Size(audio.binCount), Size(2 * audio.positionCount)])
        let first = try convolution(mel.cast(to: dtype), "encoder/convolution/0", from: audio.binCount, stride: 1)
        let second = try convolution(first, "encoder/convolution/1", from: width, stride: 2)
        let positions = try positions(.encoder, stack, count: Size(audio.positionCount), of: nil)
        return (try second.transposed([0, 2, 1]) + positions, nil)
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

    /// The embeddings with positions and token types added, `[batch, tokens, width]`.
    func embedded(
        _ side: TransformerInterface.Side, _ stack: TransformerConfiguration.Stack, ids: String, isFirst: Bool
    ) throws -> Embedded {
        let width = configuration.embeddingDimension ?? configuration.modelDimension
        let tokens = interface.length(of: ids)
        guard let rows = configuration.vocabularySize else {
            return (try builder.input("embeddings", .float32, ["batch", tokens, Size(width)]).cast(to: dtype), nil)
        }
        let input = try builder.input(ids, .int64, ["batch", tokens])
        // The lengths of a step's cache hide what is no token.
        let mask =
            side == .decoder && step != nil
            ? nil : try interface.attentionMask(beside: ids).map { try builder.input($0, .int64, ["batch", tokens]) }
        var sum = try weight("embedding/weight", [rows, width]).embedding(
            input, named: interface.embeddings(side, "tokens"))
        // The last of the scaling, the sums, the norm and the projection is named "embeddings".
        let isProjected = configuration.embeddingDimension != nil
        let hasPositions = [.learned, .sinusoidal, .sinusoidalTable].contains(stack.positions)
        if let scale = configuration.embeddingScale {
            let isLast =
                !hasPositions && !isProjected && !configuration.normalizesEmbeddings
                && (configuration.tokenTypeCount == 0 || !isFirst)
            if isLast, let name = interface.embeddings(side) {
                sum = try sum.multiplying(builder.scalar(scale, dtype: dtype), named: name)
            } else {
                sum = try sum * scale
            }
        }
        func adding(_ part: Value, isLast: Bool) throws -> Value {
            guard isLast, !configuration.normalizesEmbeddings, !isProjected, let name = interface.embeddings(side)
            else {
                return try sum + part
            }
            return try sum.adding(part, named: name)
        }
        if configuration.tokenTypeCount > 0, isFirst {
            let types = try builder.input(interface.tokenTypes, .int64, ["batch", tokens])
            let kinds = try weight("token_types/weight", [configuration.tokenTypeCount, width])
                .embedding(types, named: interface.embeddings(side, "token_types"))
            sum = try adding(kinds, isLast: !hasPositions)
        }
        if hasPositions { sum = try adding(positions(side, stack, count: tokens, of: input), isLast: true) }
        if configuration.normalizesEmbeddings {
            sum = try norm(
                sum, configuration.hasTwoStacks ? "\(side.rawValue)/embedding/norm" : "embedding/norm", size: width,
                named: isProjected ? nil : interface.embeddings(side))
        }
        guard isProjected else { return (sum, mask) }
        let projected = try sum.linear(
            weight: weight("embedding/projection/weight", [configuration.modelDimension, width]),
            bias: weight("embedding/projection/bias", [configuration.modelDimension]), named: interface.embeddings(side)
        )
        return (projected, mask)
    }

    /// The position embeddings, `[count, width]`, or `[batch, count, width]` if positions are an input or skip padding.
    private func positions(
        _ side: TransformerInterface.Side, _ stack: TransformerConfiguration.Stack, count: Size, of ids: Value?
    ) throws -> Value {
        let step = side == .decoder ? step : nil
        switch stack.positions {
        case .sinusoidal:
            guard step == nil else { throw incomplete("generation has no sinusoidal positions of this kind") }
            return try SinusoidalPositions.table(count: count, width: configuration.modelDimension, in: builder)
                .cast(to: dtype)
        case .sinusoidalTable:
            let table = try SinusoidalPositions.table(
                rows: stack.positionCount ?? 0, width: configuration.modelDimension, dtype: dtype, in: builder)
            if let step {
                return try table.embedding(step.positions, named: interface.embeddings(side, "positions"))
            }
            return try table.sliced(axis: 0, from: 0, to: count, named: interface.embeddings(side, "positions"))
        case .learned, .rotary, .relative, .none: break
        }
        guard let rows = stack.positionCount else { throw incomplete("learned positions need a count") }
        let width = configuration.embeddingDimension ?? configuration.modelDimension
        var table = try weight("\(side.rawValue)/positions/weight", [rows, width])
        if stack.positionOffset > 0 {
            table = try table.sliced(axis: 0, from: Size(stack.positionOffset), to: Size(rows))
        }
        let name = interface.embeddings(side, "positions")
        if let step { return try table.embedding(step.positions, named: name) }
        switch interface.positions {
        case .counted where stack.paddingID != nil:
            guard let padding = stack.paddingID, let ids else { throw incomplete("positions need token ids") }
            return try table.embedding(LearnedPositions.skipping(padding, in: ids), named: name)
        case .counted: return try table.sliced(axis: 0, from: 0, to: count, named: name)
        case .given:
            return try table.embedding(builder.input("position_ids", .int64, ["batch", count]), named: name)
        }
    }

    /// The numbers of the positions as float32, `[1, tokens, 1]`, or `[batch, tokens, 1]` if positions are an input.
    func positionNumbers(batch: Size, tokens: Size) throws -> Value {
        if let step { return try step.positions.cast(to: .float32).reshaped([batch, tokens, 1]) }
        switch interface.positions {
        case .counted: return try builder.iota([1, tokens, 1], axis: 1, dtype: .float32)
        case .given:
            return try builder.input("position_ids", .int64, ["batch", tokens]).cast(to: .float32)
                .reshaped([batch, tokens, 1])
        }
    }

    /// The first token's state through a dense layer and tanh, `[batch, width]` (Devlin et al. 2019).
    func pooled(_ hidden: Value) throws -> Value {
        let width = configuration.modelDimension
        let first = try hidden.sliced(axis: 1, from: 0, to: 1).reshaped(["batch", Size(width)])
        return try first.linear(
            weight: weight("pooler/weight", [width, width]), bias: weight("pooler/bias", [width])
        ).tanh()
    }

    /// The scores of whole texts, `[batch, labels]`.
    ///
    /// - Parameter mask: Int64 `[batch, tokens]`, 1 = a real token.
    func classified(
        _ hidden: Value, _ classifier: TransformerConfiguration.Classifier, mask: Value?
    ) throws -> Value {
        let width = configuration.modelDimension
        let summary: Value
        if classifier.averages {
            guard let mask else { throw incomplete("a mean over tokens needs their mask") }
            summary = try PooledTokens(hidden, mask: mask).pooled(.mean).cast(to: dtype)
        } else {
            summary = try hidden.sliced(axis: 1, from: 0, to: 1).reshaped(["batch", Size(width)])
        }
        var state = try classifier.activation(
            summary.linear(
                weight: weight("classifier/dense/weight", [width, width]),
                bias: classifier.hasBias ? weight("classifier/dense/bias", [width]) : nil))
        if classifier.normalizes { state = try norm(state, "classifier/norm") }
        return try state.linear(
            weight: weight("classifier/output/weight", [classifier.labelCount, width]),
            bias: weight("classifier/output/bias", [classifier.labelCount]))
    }

    /// The logits, `[batch, tokens, vocabularySize]`.
    func logits(_ hidden: Value) throws -> Value {
        guard let rows = configuration.vocabularySize else { throw incomplete("logits need a vocabulary") }
        let width = configuration.embeddingDimension ?? configuration.modelDimension
        let name = configuration.unembedding == .tied ? "embedding/weight" : "unembedding/weight"
        var state = hidden
        if let prediction = configuration.prediction {
            let bias = prediction.hasBias ? try weight("prediction/dense/bias", [width]) : nil
            state = try prediction.activation(
                state.linear(
                    weight: weight("prediction/dense/weight", [width, configuration.modelDimension]), bias: bias))
            state = try norm(state, "prediction/norm", size: width)
        }
        if let scale = configuration.logitScale { state = try state * scale }
        let bias = configuration.hasUnembeddingBias ? try weight("unembedding/bias", [rows]) : nil
        let logits = try state.linear(weight: weight(name, [rows, width]), bias: bias)
        guard let cap = configuration.logitCap else { return logits }
        return try (logits / cap).tanh() * cap
    }
}
