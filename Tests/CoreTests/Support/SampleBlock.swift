import AttendRuntime

/// A transformer block: self-attention, norm, and an MLP with residuals.
enum SampleBlock {
    static func graph() throws -> Graph {
        let builder = GraphBuilder("block")
        let input = try builder.input("input", .float32, ["batch", "tokens", 8])
        let mask = try builder.input("mask", .bool, ["batch", 1, 1, "tokens"])
        func weight(_ shape: [Int], _ seed: Int) throws -> Value {
            try builder.constant(Tensor(uniform: shape, in: -0.5...0.5, seed: seed))
        }
        let weights = AttentionWeights(
            query: try weight([8, 8], 1), key: try weight([4, 8], 2), value: try weight([4, 8], 3),
            output: try weight([8, 8], 4))
        let attended = try input.selfAttention(
            weights, heads: 4, keyValueHeads: 2, options: .masked(mask), named: "attention")
        let hidden = try (input + attended.output).layerNorm(scale: weight([8], 5), bias: weight([8], 6))
        let up = try hidden.linear(weight: weight([16, 8], 7), bias: weight([16], 8)).gelu()
        try builder.output("output", up.linear(weight: weight([8, 16], 9)) + hidden)
        return try builder.build()
    }

    static func inputs(batch: Int, tokens: Int) throws -> [String: Tensor] {
        [
            "input": try Tensor(uniform: [batch, tokens, 8], in: -1...1, seed: 11),
            "mask": try Tensor((0..<(batch * tokens)).map { $0 % tokens != 1 }, shape: [batch, 1, 1, tokens])
        ]
    }
}
