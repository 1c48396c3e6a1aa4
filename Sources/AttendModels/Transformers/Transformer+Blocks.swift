import AttendRuntime

extension Transformer {
    /// The common inputs of a stack's blocks.
    struct Context {
        var stack: TransformerConfiguration.Stack
        var isCausal: Bool
        /// Whether blocks have cross-attention.
        var hasMemory: Bool
        /// The encoder's last state, for cross-attention; nil where its keys and values are states.
        var memory: Value?
        /// Bool `[batch, 1, 1, keys]`, true = a real token of the encoder.
        var visibleMemory: Value?
        /// Bool `[batch, 1, 1, keys]`, true = a real token.
        var visible: Value?
        /// Cosines and sines of rotary positions, and those of local layers.
        var rotation: RotaryPositions?
        var localRotation: RotaryPositions?
        /// `[1, heads, queries, keys]`, added to the scores of self-attention.
        var bias: Value?
    }

    /// A block with the prefixes of its weights and nodes.
    private struct Block {
        var layer: Int
        var weights: String
        var nodes: String
        /// The name of the last node; nil for its default name.
        var end: String?
    }

    func stack(
        _ stack: TransformerConfiguration.Stack, _ side: TransformerInterface.Side, _ input: Value, isCausal: Bool,
        memory: States?, mask: Value?
    ) throws -> States {
        let isStep = side == .decoder && step != nil
        var context = Context(
            stack: stack, isCausal: isCausal,
            hasMemory: memory != nil || isStep && configuration.encoder != nil, memory: memory?.last)
        let (batch, tokens) = (input.shape[0], input.shape[1])
        func visible(_ mask: Value) throws -> Value {
            try mask.cast(to: .bool).reshaped([mask.shape[0], 1, 1, mask.shape[1]])
        }
        context.visible = try mask.map(visible)
        context.visibleMemory = try memory?.attentionMask.map(visible)
        if isStep, configuration.hasTwoStacks, configuration.audio == nil {
            context.visibleMemory = try visible(builder.input(StepNames.sourceMask, .int64, ["batch", "source"]))
        }
        if stack.positions == .rotary {
            let positions = try positionNumbers(batch: batch, tokens: tokens)
            func rotation(_ settings: RotarySettings) throws -> RotaryPositions {
                try RotaryPositions(
                    settings, positions: positions, headDimension: stack.headDimension, dtype: dtype,
                    length: isStep ? step?.rowLengths : nil)
            }
            context.rotation = try rotation(stack.rotary)
            context.localRotation = try stack.localRotary.map(rotation) ?? context.rotation
        }
        if stack.positions == .relative || stack.relativeBuckets != nil {
            guard let buckets = stack.relativeBuckets ?? stack.positionCount else {
                throw incomplete("relative positions need their buckets")
            }
            // Half of the buckets of a direction are for single distances.
            let single = buckets / (isCausal ? 2 : 4)
            guard single >= 1, stack.maximumDistance != single else {
                throw incomplete(
                    "relative positions need \(isCausal ? 2 : 4) buckets or more and a largest distance other than \(single), "
                        + "found \(buckets) buckets and \(stack.maximumDistance)")
            }
            context.bias = try RelativePositions.bias(
                table: weight("\(side.rawValue)/relative/weight", [buckets, stack.headCount]), tokens: tokens,
                isCausal: isCausal, maximumDistance: stack.maximumDistance,
                step: isStep ? step : nil)
        }
        var states = States(hidden: [input], attentionMask: mask)
        for layer in 0..<stack.layerCount {
            let nodes = interface.block(side, layer)
            let block = Block(
                layer: layer, weights: "\(side.rawValue)/layers/\(stack.weightPath(layer))", nodes: nodes,
                end: interface.end(of: nodes))
            let result = try self.block(states.last, block, context)
            states.hidden.append(result.hidden)
            states.patterns.append(result.pattern)
            if let pattern = result.crossPattern { states.crossPatterns.append(pattern) }
        }
        if configuration.normPlacement != .after, configuration.norm != .none {
            states.hidden[states.hidden.count - 1] = try norm(states.last, "\(side.rawValue)/norm")
        }
        return states
    }

    private func block(
        _ input: Value, _ block: Block, _ context: Context
    ) throws -> (hidden: Value, pattern: Value, crossPattern: Value?) {
        let inner = context.stack.feedForwardDimension
        var pattern: Value?
        var hidden = try residual(input, "attention", block, isLast: inner == nil && !context.hasMemory) { normed in
            let attended = try attention(normed, "attention", block, context)
            pattern = attended.pattern
            return attended.output
        }
        guard let pattern else { preconditionFailure("the part ran") }
        var crossPattern: Value?
        if context.hasMemory {
            hidden = try residual(hidden, "cross_attention", block, isLast: inner == nil) { normed in
                let attended = try crossAttention(normed, "cross_attention", block, context)
                crossPattern = attended.pattern
                return attended.output
            }
        }
        guard let inner else { return (hidden, pattern, crossPattern) }
        hidden = try residual(hidden, "feed_forward", block, isLast: true) { normed in
            try feedForward(normed, "feed_forward", block, inner)
        }
        return (hidden, pattern, crossPattern)
    }

    /// Adds a part's change to its input, with the block's norm.
    private func residual(
        _ input: Value, _ name: String, _ block: Block, isLast: Bool, _ part: (Value) throws -> Value
    ) throws -> Value {
        let (sumName, normName) = ("\(block.nodes)/\(name)_sum", "\(block.nodes)/\(name)_norm")
        let end = isLast ? block.end : nil
        let isPlain = block.layer == 0 && name == "attention" && !configuration.normalizesFirstInput
        func normed(_ value: Value, _ node: String?, _ place: String = "norm") throws -> Value {
            if isPlain { return value }
            return try norm(value, "\(block.weights)/\(name)_\(place)", named: node)
        }
        guard configuration.norm != .none else {
            return try input.adding(part(input), named: end ?? sumName)
        }
        switch configuration.normPlacement {
        case .before: return try input.adding(part(normed(input, normName)), named: end ?? sumName)
        case .after: return try normed(input.adding(part(input), named: sumName), end ?? normName)
        case .around:
            let change = try normed(part(normed(input, normName)), nil, "output_norm")
            return try input.adding(change, named: end ?? sumName)
        }
    }

    func attentionWeights(_ name: String, _ stack: TransformerConfiguration.Stack) throws -> AttentionWeights {
        let width = configuration.modelDimension
        let (queries, keys) = (
            stack.headCount * stack.headDimension, stack.keyValueHeadCount * stack.headDimension
        )
        var weights = AttentionWeights(
            query: try weight("\(name)/query/weight", [queries, width]),
            key: try weight("\(name)/key/weight", [keys, width]),
            value: try weight("\(name)/value/weight", [keys, width]),
            output: try weight("\(name)/output/weight", [width, queries]))
        let biases = configuration.biases
        if biases.contains(.query) { weights.queryBias = try weight("\(name)/query/bias", [queries]) }
        if biases.contains(.key) { weights.keyBias = try weight("\(name)/key/bias", [keys]) }
        if biases.contains(.value) { weights.valueBias = try weight("\(name)/value/bias", [keys]) }
        if biases.contains(.output) { weights.outputBias = try weight("\(name)/output/bias", [width]) }
        return weights
    }

    private func attention(
        _ input: Value, _ name: String, _ block: Block, _ context: Context
    ) throws -> (output: Value, pattern: Value) {
        let stack = context.stack
        let weights = try attentionWeights("\(block.weights)/\(name)", stack)
        let isLocal = stack.localLayers.contains(block.layer)
        let step = context.isCausal ? step : nil
        let options = AttentionOptions(
            causal: context.isCausal, scale: configuration.scoreScale(ofLayer: block.layer, stack),
            softCap: configuration.scoreCap, window: isLocal ? stack.window : nil, mask: context.visible,
            bias: context.bias, keyLengths: step?.part(isLocal: isLocal).lengths)
        let node = "\(block.nodes)/\(name)"
        let rotation = isLocal ? context.localRotation : context.rotation
        guard rotation != nil || configuration.normalizesHeads || step != nil else {
            let attended = try input.selfAttention(
                weights, heads: stack.headCount, keyValueHeads: stack.keyValueHeadCount, options: options, named: node)
            return (attended.output, attended.pattern)
        }
        func heads(_ weight: Value, _ bias: Value?, _ count: Int) throws -> Value {
            try input.linear(weight: weight, bias: bias).split(heads: count, dimension: stack.headDimension)
        }
        /// Normalized and rotated, as far as the model does so.
        func changed(_ heads: Value, _ role: String) throws -> Value {
            var heads = heads
            if configuration.normalizesHeads {
                heads = try norm(heads, "\(block.weights)/\(name)/\(role)_norm", size: stack.headDimension)
            }
            return try rotation?.turned(heads) ?? heads
        }
        let query = try changed(heads(weights.query, weights.queryBias, stack.headCount), "query")
        var key = try changed(heads(weights.key, weights.keyBias, stack.keyValueHeadCount), "key")
        var value = try heads(weights.value, weights.valueBias, stack.keyValueHeadCount)
        if let step {
            key = try cached(key, StepNames.keys(of: node), step, isLocal: isLocal)
            value = try cached(value, StepNames.values(of: node), step, isLocal: isLocal)
        }
        let attended = try query.attention(key: key, value: value, options: options, named: "\(node)/mixed")
        let output = try attended.output.joinedHeads()
            .linear(weight: weights.output, bias: weights.outputBias, named: node)
        try output.describeAttention(
            mixed: attended.output, weights: weights, keyValueHeads: stack.keyValueHeadCount,
            normalizesHeads: configuration.normalizesHeads, isRotary: rotation != nil)
        return (output, attended.pattern)
    }

    private func crossAttention(
        _ input: Value, _ name: String, _ block: Block, _ context: Context
    ) throws -> (output: Value, pattern: Value) {
        let weights = try attentionWeights("\(block.weights)/\(name)", context.stack)
        let options = AttentionOptions(
            scale: configuration.scoreScale(ofLayer: block.layer, context.stack), mask: context.visibleMemory)
        let (stack, node) = (context.stack, "\(block.nodes)/\(name)")
        if let memory = context.memory {
            let attended = try input.crossAttention(
                to: memory, weights, heads: stack.headCount, keyValueHeads: stack.keyValueHeadCount,
                options: options, named: node)
            return (attended.output, attended.pattern)
        }
        let attended = try input.linear(weight: weights.query, bias: weights.queryBias)
            .split(heads: stack.headCount, dimension: stack.headDimension)
            .attention(
                key: memorized(StepNames.keys(of: node), stack), value: memorized(StepNames.values(of: node), stack),
                options: options, named: "\(node)/mixed")
        let output = try attended.output.joinedHeads()
            .linear(weight: weights.output, bias: weights.outputBias, named: node)
        return (output, attended.pattern)
    }

    private func feedForward(_ input: Value, _ name: String, _ block: Block, _ inner: Int) throws -> Value {
        let (width, weights) = (configuration.modelDimension, "\(block.weights)/\(name)")
        var up = try configuration.activation(
            linear(input, "\(weights)/\(configuration.isGated ? "gate" : "up")", [inner, width]))
        if configuration.isGated { up = try up * linear(input, "\(weights)/up", [inner, width]) }
        return try linear(up, "\(weights)/down", [width, inner], named: "\(block.nodes)/\(name)")
    }

    private func linear(
        _ input: Value, _ name: String, _ shape: [Int], named node: String? = nil
    ) throws -> Value {
        let bias = configuration.biases.contains(.feedForward) ? try weight("\(name)/bias", [shape[0]]) : nil
        return try input.linear(weight: weight("\(name)/weight", shape), bias: bias, named: node)
    }

    /// - Parameter size: The number of normalized components; nil for the model's width.
    func norm(_ input: Value, _ name: String, size: Int? = nil, named node: String? = nil) throws -> Value {
        let size = size ?? configuration.modelDimension
        var scale = try weight("\(name)/scale", [size])
        // A scale that is stored less 1 has more digits than its sum in 16 bits: such a norm is in float32 altogether.
        let norming: DType = configuration.addsOneToNorms ? .float32 : dtype
        if configuration.addsOneToNorms { scale = try scale.cast(to: norming) + 1 }
        let normName = norming == dtype ? node : nil
        let value = try input.cast(to: norming)
        let result: Value
        if configuration.norm == .layerNorm {
            let bias = configuration.hasNormBiases ? try weight("\(name)/bias", [size]).cast(to: norming) : nil
            result = try value.layerNorm(scale: scale, bias: bias, epsilon: configuration.normEpsilon, named: normName)
        } else {
            result = try value.rmsNorm(scale: scale, epsilon: configuration.normEpsilon, named: normName)
        }
        guard norming != dtype else { return result }
        return try builder.apply(.cast, [result], ["dtype": .dtype(dtype)], named: node)
    }
}
