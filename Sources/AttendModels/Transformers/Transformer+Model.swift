import AttendRuntime

extension Transformer {
    /// The states of a stack of blocks, for outputs and for modules after the stack.
    struct States {
        /// `[batch, tokens, width]`: the embeddings, and the state after each block; the last is normalized where the
        /// stack ends in a norm.
        var hidden: [Value]
        /// `[batch, heads, queries, keys]`, by layer.
        var patterns: [Value] = []
        /// int64 `[batch, tokens]`, 1 = a real token; nil for sequences of one length.
        var attentionMask: Value?

        var last: Value { hidden[hidden.count - 1] }
    }

    /// The graph with a model's outputs.
    ///
    /// - Parameter body: Adds the nodes after the transformer.
    func graph(_ outputs: Set<ModelOutput>, then body: (States) throws -> Void) throws -> Graph {
        let states = try states()
        let last = states.last
        if outputs.contains(.hiddenStates) {
            for (index, hidden) in states.hidden.enumerated() {
                try builder.output(ModelOutput.hiddenStates.graphName(index), hidden)
            }
        }
        if outputs.contains(.attentionPatterns) {
            for (layer, pattern) in states.patterns.enumerated() {
                try builder.output(ModelOutput.attentionPatterns.graphName(layer), pattern)
            }
        }
        func output(_ output: ModelOutput, _ value: () throws -> Value) throws {
            if outputs.contains(output) { try builder.output(output.name, value()) }
        }
        try output(.lastHiddenState) { last }
        try output(.logits) { try logits(last) }
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
