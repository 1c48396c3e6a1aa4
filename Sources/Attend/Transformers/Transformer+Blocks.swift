import AttendCore

extension Transformer {
    /// What the blocks of a stack share.
    struct Context {
        var stack: TransformerConfiguration.Stack
        var isCausal: Bool
        /// What the encoder made of its input, for cross-attention.
        var memory: Value?
        /// Cosines and sines of rotary positions.
        var rotation: RotaryPositions?
        /// `[1, heads, queries, keys]`, added to the scores of self-attention.
        var bias: Value?
    }

    func stack(
        _ stack: TransformerConfiguration.Stack, _ side: String, _ input: Value, isCausal: Bool, memory: Value?
    ) throws -> Value {
        var context = Context(stack: stack, isCausal: isCausal, memory: memory)
        let tokens = input.shape[1]
        if stack.positions == .rotary {
            context.rotation = try RotaryPositions(
                tokens: tokens, headDimension: stack.headDimension, base: configuration.rotaryBase, in: builder)
        }
        if stack.positions == .relative {
            guard let buckets = stack.positionCount else { throw incomplete("relative positions need their buckets") }
            context.bias = try RelativePositions.bias(
                table: weight("\(side)/relative/weight", [buckets, stack.headCount]), tokens: tokens,
                isCausal: isCausal)
        }
        var hidden = input
        for layer in 0..<stack.layerCount { hidden = try block(hidden, "\(side)/layers/\(layer)", context) }
        let normalizesLast = configuration.normPlacement == .before && configuration.norm != .none
        return normalizesLast ? try norm(hidden, "\(side)/norm") : hidden
    }

    private func block(_ input: Value, _ name: String, _ context: Context) throws -> Value {
        var hidden = try residual(input, "\(name)/attention") { normed in
            try attention(normed, nil, "\(name)/attention", context)
        }
        if let memory = context.memory {
            hidden = try residual(hidden, "\(name)/cross_attention") { normed in
                try attention(normed, memory, "\(name)/cross_attention", context)
            }
        }
        guard let inner = context.stack.feedForwardDimension else { return hidden }
        return try residual(hidden, "\(name)/feed_forward") { normed in
            try feedForward(normed, "\(name)/feed_forward", inner)
        }
    }

    /// The change that a part proposes, added to what it read.
    private func residual(_ input: Value, _ name: String, _ part: (Value) throws -> Value) throws -> Value {
        func sum(_ change: Value) throws -> Value { try input.adding(change, named: "\(name)_sum") }
        guard configuration.norm != .none else { return try sum(part(input)) }
        switch configuration.normPlacement {
        case .before: return try sum(part(norm(input, "\(name)_norm", isNamed: true)))
        case .after: return try norm(sum(part(input)), "\(name)_norm", isNamed: true)
        }
    }

    /// Self-attention, or cross-attention to `memory`.
    private func attention(_ input: Value, _ memory: Value?, _ name: String, _ context: Context) throws -> Value {
        let (stack, width) = (context.stack, configuration.modelDimension)
        let (queries, keys) = (
            stack.headCount * stack.headDimension, stack.keyValueHeadCount * stack.headDimension
        )
        var weights = AttentionWeights(
            query: try weight("\(name)/query/weight", [queries, width]),
            key: try weight("\(name)/key/weight", [keys, width]),
            value: try weight("\(name)/value/weight", [keys, width]),
            output: try weight("\(name)/output/weight", [width, queries]))
        if configuration.biases != .none {
            weights.queryBias = try weight("\(name)/query/bias", [queries])
            weights.valueBias = try weight("\(name)/value/bias", [keys])
            weights.outputBias = try weight("\(name)/output/bias", [width])
        }
        if configuration.biases == .all { weights.keyBias = try weight("\(name)/key/bias", [keys]) }
        var options = AttentionOptions()
        options.scale = configuration.scoreScale
        if let memory {
            return try input.crossAttention(
                to: memory, weights, heads: stack.headCount, keyValueHeads: stack.keyValueHeadCount,
                options: options, named: name
            ).output
        }
        options.isCausal = context.isCausal
        options.bias = context.bias
        if let rotation = context.rotation {
            return try rotation.attention(input, weights, stack, options, named: name)
        }
        return try input.selfAttention(
            weights, heads: stack.headCount, keyValueHeads: stack.keyValueHeadCount, options: options, named: name
        ).output
    }

    private func feedForward(_ input: Value, _ name: String, _ inner: Int) throws -> Value {
        let width = configuration.modelDimension
        var up = try activated(linear(input, "\(name)/\(configuration.isGated ? "gate" : "up")", [inner, width]))
        if configuration.isGated { up = try up * linear(input, "\(name)/up", [inner, width]) }
        return try linear(up, "\(name)/down", [width, inner], named: name)
    }

    private func activated(_ value: Value) throws -> Value {
        switch configuration.activation {
        case .gelu: try value.gelu()
        case .geluTanh: try value.gelu(approximation: "tanh")
        case .relu: try value.relu()
        case .silu: try value.silu()
        }
    }

    private func linear(
        _ input: Value, _ name: String, _ shape: [Int], named node: String? = nil
    ) throws -> Value {
        let bias = configuration.biases == .none ? nil : try weight("\(name)/bias", [shape[0]])
        return try input.linear(weight: weight("\(name)/weight", shape), bias: bias, named: node)
    }

    func norm(_ input: Value, _ name: String, isNamed: Bool = false) throws -> Value {
        let (scale, node) = (try weight("\(name)/scale", [configuration.modelDimension]), isNamed ? name : nil)
        guard configuration.norm == .layerNorm else {
            return try input.rmsNorm(scale: scale, epsilon: configuration.normEpsilon, named: node)
        }
        return try input.layerNorm(
            scale: scale, bias: weight("\(name)/bias", [configuration.modelDimension]),
            epsilon: configuration.normEpsilon, named: node)
    }
}
