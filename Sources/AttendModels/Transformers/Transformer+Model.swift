import AttendRuntime

extension Transformer {
    /// The states of a stack of blocks, for outputs and for modules after the stack.
    struct States {
        /// `[batch, tokens, width]`: the embeddings, and the state after each block; the last is normalized where the
        /// stack ends in a norm.
        var hidden: [Value]
        /// `[batch, heads, queries, keys]`, by layer.
        var patterns: [Value] = []
        /// `[batch, heads, queries, keys]` of cross-attention, by layer.
        var crossPatterns: [Value] = []
        /// int64 `[batch, tokens]`, 1 = a real token; nil for sequences of one length.
        var attentionMask: Value?

        var last: Value { hidden[hidden.count - 1] }
    }

    /// The graph with a model's outputs.
    ///
    /// - Parameter body: Adds the nodes after the transformer.
    func graph(_ outputs: Set<ModelOutput>, then body: (States) throws -> Void) throws -> Graph {
        let (encoder, states) = try bothStates()
        let last = states.last
        let series: [(ModelOutput, [Value])] = [
            (.hiddenStates, states.hidden), (.attentionPatterns, states.patterns),
            (.encoderHiddenStates, encoder?.hidden ?? []), (.encoderAttentionPatterns, encoder?.patterns ?? []),
            (.decoderHiddenStates, states.hidden), (.decoderAttentionPatterns, states.patterns),
            (.crossAttentionPatterns, states.crossPatterns)
        ]
        for (output, values) in series where outputs.contains(output) {
            for (index, value) in values.enumerated() { try builder.output(output.graphName(index), value) }
        }
        func output(_ output: ModelOutput, _ value: () throws -> Value) throws {
            if outputs.contains(output) { try builder.output(output.name, value()) }
        }
        try output(.lastHiddenState) { last }
        if let encoder { try output(.encoderLastHiddenState) { encoder.last } }
        try output(.logits) {
            guard let classifier = configuration.classifier else { return try logits(last) }
            return try classified(last, classifier, mask: states.attentionMask)
        }
        try output(.poolerOutput) { try pooled(last) }
        if !outputs.isDisjoint(with: [.meanPooled, .sentenceEmbedding]) {
            guard let mask = states.attentionMask else { throw incomplete("a mean over tokens needs their mask") }
            let mean = try PooledTokens(last, mask: mask).pooled(.mean)
            try output(.meanPooled) { mean }
            try output(.sentenceEmbedding) { try Normalization.unitLength(mean) }
        }
        try body(states)
        return try builder.build()
    }
}
