import AttendModels
import AttendRuntime
import TestSupport
import Testing

/// Heads over key/value caches beside the same heads over whole sequences.
enum CachedHeadTests {
    private static func tensor(_ shape: [Int], _ seed: Int) throws -> Tensor {
        try Tensor(uniform: shape, in: -0.6...0.6, seed: seed)
    }

    private static func weights(keyValueHeads: Int) throws -> MultiHeadWeights {
        var weights = MultiHeadWeights(
            heads: 4, keyValueHeads: keyValueHeads, query: try tensor([32, 24], 1),
            key: try tensor([8 * keyValueHeads, 24], 2),
            value: try tensor([8 * keyValueHeads, 24], 3), output: try tensor([24, 32], 4))
        weights.queryBias = try tensor([32], 5)
        weights.valueBias = try tensor([8 * keyValueHeads], 6)
        return weights
    }

    static let checks: [BackendCheck] = [
        BackendCheck("heads with a cache are those without") { backend in
            for (keyValueHeads, window) in [(4, nil), (2, nil), (1, 3)] {
                let heads = MultiHeadSelfAttention(try weights(keyValueHeads: keyValueHeads))
                var options = AttentionOptions.causal
                options.window = window
                let steps = GraphBuilder("steps")
                let x = try steps.input("x", .float32, ["batch", "tokens", 24])
                let lengths = try steps.input("lengths", .int64, ["batch"])
                try steps.output("y", heads.cached(x, lengths: lengths, options: options, named: "attention").output)
                let whole = GraphBuilder("whole")
                let all = try whole.input("x", .float32, [1, "tokens", 24])
                try whole.output("y", heads(all, options: options).output)
                let goal = try Program(whole.build(), on: backend)
                // Two sequences of 7 and 5 tokens: prompts of 4 and 2, then steps of 1 and 2.
                let texts = [try tensor([7, 24], 10).rows(), try tensor([5, 24], 11).rows()]
                let expected = try texts.map { rows in
                    let input = try Tensor(rows.flatMap(\.self), shape: [1, rows.count, 24])
                    return try #require(try goal.makeSession().run(["x": input])["y"]).rows()
                }
                let session = try Program(steps.build(), on: backend, stateMemory: .inPlace).makeSession(
                    symbols: ["capacity": 1])
                var held = [0, 0]
                for counts in [[4, 2], [1, 1], [2, 2]] {
                    let width = counts.max() ?? 0
                    try session.reserve("capacity", atLeast: (held.max() ?? 0) + width)
                    let rows = texts.indices.flatMap { text in
                        (0..<width).flatMap {
                            $0 < counts[text] ? texts[text][held[text] + $0] : [Float](repeating: 9, count: 24)
                        }
                    }
                    let found = try #require(
                        try session.run([
                            "x": Tensor(rows, shape: [2, width, 24]),
                            "lengths": Tensor(held.map { Int64($0) }, shape: [2])
                        ])["y"]
                    ).rows()
                    for text in texts.indices {
                        for place in 0..<counts[text] {
                            expectNear(
                                found[text * width + place], expected[text][held[text] + place], within: 2e-6,
                                "\(keyValueHeads) heads, text \(text), token \(held[text] + place)")
                        }
                        held[text] += counts[text]
                    }
                }
            }
        },
        BackendCheck("keys and values of a context are computed once") { backend in
            let heads = MultiHeadCrossAttention(try weights(keyValueHeads: 2))
            let inputs = ["x": try tensor([1, 3, 24], 7), "context": try tensor([1, 5, 24], 8)]
            let builder = GraphBuilder("both")
            let x = try builder.input("x", .float32, [1, 3, 24])
            let context = try builder.input("context", .float32, [1, 5, 24])
            try builder.output("whole", heads(x, context: context).output)
            let memory = try heads.memory(of: context)
            try builder.output("memorized", heads(x, keys: memory.keys, values: memory.values).output)
            let found = try builder.build().run(inputs, on: backend)
            try expectNear(#require(found["memorized"]).floats(), #require(found["whole"]).floats(), within: 2e-6)
        },
        BackendCheck("a head with a cache") { backend in
            let head = SelfAttentionHead(
                HeadWeights(
                    query: try tensor([8, 24], 1), key: try tensor([8, 24], 2), valueDown: try tensor([8, 24], 3),
                    valueUp: try tensor([24, 8], 4)))
            let builder = GraphBuilder("head")
            let x = try builder.input("x", .float32, [1, 5, 24])
            let lengths = try builder.input("lengths", .int64, [1])
            try builder.output("whole", head(x, options: .causal).output)
            try builder.output("cached", head.cached(x, lengths: lengths, capacity: 5, named: "head").output)
            let found = try builder.build().run(
                ["x": tensor([1, 5, 24], 9), "lengths": Tensor([0] as [Int64], shape: [1])], on: backend)
            try expectNear(#require(found["cached"]).floats(), #require(found["whole"]).floats(), within: 2e-6)
            var options = AttentionOptions.causal
            options.queryOffset = lengths
            expectError(GraphError.self, saying: "lengths") {
                try head.cached(x, lengths: lengths, capacity: 5, options: options, named: "other")
            }
        }
    ]
}
