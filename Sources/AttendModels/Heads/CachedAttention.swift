public import AttendRuntime

extension MultiHeadSelfAttention {
    /// Adds the attention of one step over a key/value cache to the input's graph: the step's keys and values are written into
    /// two states, `NAME/keys` and `NAME/values` of `[batch, keyValueHeads, capacity, headDimension]`, and the step's queries
    /// see all of them up to their own position. The output is the change `[batch, tokens, width]` to add to the input.
    ///
    /// See the article *A decoder with a cache*.
    ///
    /// - Parameters:
    ///   - input: The embeddings of the step's tokens, `[batch, tokens, width]`.
    ///   - lengths: Int64 `[batch]`: the number of tokens in the cache before the step. A step beyond the capacity is an error
    ///     of the run.
    ///   - capacity: The number of tokens that the cache has room for, the same for all attentions of a decoder.
    ///   - options: Options of the scores. Lengths are those of the cache; masks and biases are `[…, tokens, capacity]`.
    ///   - name: The name of the node, and the prefix of the names of its states and weights.
    /// - Throws: ``GraphError`` for shapes that don't match, and for options with lengths or an offset of their own.
    public func cached(
        _ input: Value, lengths: Value, capacity: Size = "capacity", options: AttentionOptions = .causal,
        named name: String
    ) throws(GraphError) -> AttentionResult {
        try weights.constants(in: input.graph, name).cached(
            input, heads: weights.heads, keyValueHeads: weights.keyValueHeads, lengths: lengths,
            capacity: capacity, options: options, named: name)
    }
}

extension SelfAttentionHead {
    /// Adds the head's step over a key/value cache to the input's graph; see
    /// ``MultiHeadSelfAttention/cached(_:lengths:capacity:options:named:)``. The states have one head.
    ///
    /// - Throws: ``GraphError`` for shapes that don't match, and for options with lengths or an offset of their own.
    public func cached(
        _ input: Value, lengths: Value, capacity: Size = "capacity", options: AttentionOptions = .causal,
        named name: String
    ) throws(GraphError) -> AttentionResult {
        try weights.constants(in: input.graph, name).cached(
            input, heads: 1, keyValueHeads: 1, lengths: lengths, capacity: capacity, options: options, named: name)
    }
}

extension MultiHeadCrossAttention {
    /// The keys and values of a context, `[batch, keyValueHeads, contextTokens, headDimension]` each: computed once for all
    /// steps of ``callAsFunction(_:keys:values:options:named:)``.
    ///
    /// - Parameter name: The prefix of the names of the weights.
    /// - Throws: ``GraphError`` for shapes that don't match.
    public func memory(of context: Value, named name: String? = nil) throws(GraphError) -> (keys: Value, values: Value)
    {
        let constants = try weights.constants(in: context.graph, name)
        let count = weights.keyValueHeads
        return (
            try context.linear(weight: constants.key, bias: constants.keyBias).split(heads: count),
            try context.linear(weight: constants.value, bias: constants.valueBias).split(heads: count)
        )
    }

    /// Adds the attention to keys and values that were computed before, such as by ``memory(of:named:)`` into states. The
    /// output is the change `[batch, tokens, width]` to add to the input.
    ///
    /// - Throws: ``GraphError`` for shapes that don't match.
    public func callAsFunction(
        _ input: Value, keys: Value, values: Value, options: AttentionOptions = AttentionOptions(),
        named name: String? = nil
    ) throws(GraphError) -> AttentionResult {
        let constants = try weights.constants(in: input.graph, name)
        let attended = try input.linear(weight: constants.query, bias: constants.queryBias).split(heads: weights.heads)
            .attention(key: keys, value: values, options: options, named: name.map { "\($0)/mixed" })
        let output = try attended.output.joinedHeads().linear(
            weight: constants.output, bias: constants.outputBias, named: name)
        return AttentionResult(output: output, pattern: attended.pattern, logSumExp: attended.logSumExp)
    }
}

extension AttentionWeights {
    fileprivate func cached(
        _ input: Value, heads: Int, keyValueHeads: Int, lengths: Value, capacity: Size, options: AttentionOptions,
        named name: String
    ) throws(GraphError) -> AttentionResult {
        guard options.keyLengths == nil, options.queryOffset == nil else {
            throw .type(
                name: name, expected: "options without lengths and offset: those of the cache are used", found: "some")
        }
        guard input.rank == 3 else {
            throw .type(name: name, expected: "[batch, tokens, width]", found: "\(input.type)")
        }
        let graph = input.graph
        func state(_ part: String, _ heads: Value) throws(GraphError) -> Value {
            let state = try graph.state(
                "\(name)/\(part)", heads.dtype, [heads.shape[0], heads.shape[1], capacity, heads.shape[3]])
            let updated = try state.updatingSlice(with: heads, start: lengths, axis: 2)
            try graph.update(state, with: updated)
            return updated
        }
        let keys = try state("keys", input.linear(weight: key, bias: keyBias).split(heads: keyValueHeads))
        let values = try state("values", input.linear(weight: value, bias: valueBias).split(heads: keyValueHeads))
        var options = options
        options.keyLengths = try lengths.cast(to: .int64) + graph.scalar(of: input.shape[1])
        let attended = try input.linear(weight: query, bias: queryBias).split(heads: heads)
            .attention(key: keys, value: values, options: options, named: "\(name)/mixed")
        let changed = try attended.output.joinedHeads().linear(weight: output, bias: outputBias, named: name)
        return AttentionResult(output: changed, pattern: attended.pattern, logSumExp: attended.logSumExp)
    }
}
