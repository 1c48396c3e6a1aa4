import AttendRuntime

/// The graphs of generation: a decoder's step over a key/value cache, and the encoder before it.
extension Transformer {
    /// What the blocks of a step read beside the tokens.
    struct Step {
        /// Int64 `[batch]`: the number of tokens in the cache, where the step's first one is written.
        var start: Value
        /// Int64 `[batch, tokens]`: the positions of the step's tokens.
        var positions: Value
        /// Int64 `[batch]`: the number of tokens in the cache after the step.
        var lengths: Value
        /// Float32 `[batch, 1, 1]`: the number of tokens of each row so far, without padding.
        var rowLengths: Value
        /// Int64 `[batch]`: for each row, the row of the cache that it continues; nil for its own.
        var origins: Value?
        /// The cache of layers with a window, which drops what no query can see any more; nil for a model without any.
        var local: Part?
        /// The symbol of the cache's room.
        let capacity = Size.symbol(StepNames.capacity)

        /// A cache with its place for the step's tokens.
        struct Part {
            var start: Value
            var lengths: Value
            var capacity: Size
        }

        /// The cache of a layer.
        func part(isLocal: Bool) -> Part {
            if isLocal, let local { return local }
            return Part(start: start, lengths: lengths, capacity: capacity)
        }
    }

    /// The graph of one step: the step's tokens join the cache and attend to all of it.
    ///
    /// Inputs, of a batch of sequences of any lengths:
    ///
    /// - `input_ids`, beside an encoder `decoder_input_ids`, int64 `[batch, tokens]`: shorter rows are padded at the end
    ///   with any id.
    /// - `cache_lengths`, int64 `[batch]`: the number of tokens in the cache before the step.
    /// - `last_token`, int64 `[batch]`: the index in the step of the last token that is not padding.
    /// - `encoder_attention_mask`, int64 `[batch, source]`, beside an encoder of tokens.
    /// - `local_cache_lengths`, int64 `[batch]`, of a model with windows: the same for the cache of its local layers, whose
    ///   room is `local_capacity`, and from which the first tokens may have been dropped.
    /// - `cache_rows`, int64 `[batch]`, with `reordering`: the row of the cache that each row continues.
    ///
    /// States, of the model's dtype, `[batch, keyValueHeads, capacity, headDimension]`:
    /// `decoder/layers/0/attention/keys` and `…/values`; beside an encoder, `…/cross_attention/keys` and `…/values`
    /// `[batch, keyValueHeads, source, headDimension]`, which are read only: outputs of ``encoderGraph()``.
    ///
    /// The output is `logits` `[batch, vocabularySize]` of the last tokens.
    ///
    /// - Parameter reordering: Whether rows continue others, as beams do; the cache is then copied in each step.
    func stepGraph(reordering: Bool = false) throws -> Graph {
        guard let stack = configuration.decoder, configuration.unembedding != .none, configuration.vocabularySize != nil
        else {
            throw incomplete("generation needs a decoder with a head on the vocabulary")
        }
        let start = try builder.input(StepNames.cacheLengths, .int64, ["batch"])
        let last = try builder.input(StepNames.lastToken, .int64, ["batch"])
        let tokens = Size.symbol("tokens")
        let places = try builder.iota([1, tokens], axis: 1)
        let positions = try start.reshaped(["batch", 1]) + places
        // Every row grows by the step's width; padding is overwritten by the next step, and hidden until then.
        let width = try builder.scalar(of: tokens)
        let rowLengths = try (start + last + 1).cast(to: .float32).reshaped(["batch", 1, 1])
        step = Step(start: start, positions: positions, lengths: try start + width, rowLengths: rowLengths)
        if stack.window != nil, !stack.localLayers.isEmpty {
            let local = try builder.input(StepNames.localCacheLengths, .int64, ["batch"])
            step?.local = Step.Part(
                start: local, lengths: try local + width, capacity: .symbol(StepNames.localCapacity))
        }
        if reordering { step?.origins = try builder.input(StepNames.cacheRows, .int64, ["batch"]) }
        let ids = interface.tokens(.decoder, isAlone: !configuration.hasTwoStacks)
        let input = try embedded(.decoder, stack, ids: ids, isFirst: configuration.encoder == nil).value
        let states = try self.stack(stack, .decoder, input, isCausal: true, memory: nil, mask: nil)
        // Of each row the last token's state; the others' may be those of padding.
        let isLast = try places.equal(last.reshaped(["batch", 1])).reshaped(["batch", tokens, 1])
        let zero = try builder.scalar(0, dtype: dtype)
        let picked = try isLast.where(states.last, zero).sum(axes: [1], keepDimensions: true)
        let rows = try logits(picked)
        try builder.output("logits", rows.reshaped(["batch", rows.shape[2]]))
        return try builder.build()
    }

    /// The graph of an encoder before a decoder. The outputs are the keys and values of the decoder's cross-attention, by
    /// the names of the states of ``stepGraph()`` that hold them.
    func encoderGraph() throws -> Graph {
        guard let encoder = configuration.encoder, let decoder = configuration.decoder else {
            throw incomplete("there is no encoder before a decoder")
        }
        let (input, mask) = try encoderInput(encoder, isAlone: false)
        let memory = try stack(encoder, .encoder, input, isCausal: false, memory: nil, mask: mask).last
        for layer in 0..<decoder.layerCount {
            let weights = try attentionWeights(
                "decoder/layers/\(decoder.weightPath(layer))/cross_attention", decoder)
            func heads(_ weight: Value, _ bias: Value?) throws -> Value {
                try memory.linear(weight: weight, bias: bias)
                    .split(heads: decoder.keyValueHeadCount, dimension: decoder.headDimension)
            }
            let node = "\(interface.block(.decoder, layer))/cross_attention"
            try builder.output(StepNames.keys(of: node), heads(weights.key, weights.keyBias))
            try builder.output(StepNames.values(of: node), heads(weights.value, weights.valueBias))
        }
        return try builder.build()
    }

    /// A state of the cache with the step's keys or values written to it.
    func cached(_ heads: Value, _ name: String, _ step: Step, isLocal: Bool) throws -> Value {
        let part = step.part(isLocal: isLocal)
        let state = try builder.state(
            name, heads.dtype, [heads.shape[0], heads.shape[1], part.capacity, heads.shape[3]])
        let rows = try step.origins.map { try state.gather($0, axis: 0) } ?? state
        let updated = try rows.updatingSlice(with: heads, start: part.start, axis: 2)
        try builder.update(state, with: updated)
        return updated
    }

    /// Keys or values of cross-attention, as ``encoderGraph()`` made them.
    func memorized(_ name: String, _ stack: TransformerConfiguration.Stack) throws -> Value {
        let source = configuration.audio.map { Size($0.positionCount) } ?? "source"
        return try builder.state(
            name, dtype, ["batch", Size(stack.keyValueHeadCount), source, Size(stack.headDimension)])
    }
}

/// The names of a step's inputs and states.
enum StepNames {
    static let (cacheLengths, lastToken, capacity) = ("cache_lengths", "last_token", "capacity")
    static let cacheRows = "cache_rows"
    static let (localCacheLengths, localCapacity) = ("local_cache_lengths", "local_capacity")
    static let sourceMask = "encoder_attention_mask"

    static func keys(of node: String) -> String { "\(node)/keys" }
    static func values(of node: String) -> String { "\(node)/values" }
}
