import AttendModels
import AttendRuntime
import Foundation
import ReferenceBackend
import Testing

private let fixtures = "\(Bundle.module.resourcePath ?? ".")/Fixtures"

/// Captures on a backend: what runs in parts gives what runs whole, and the parts fit together.
enum CaptureTests {
    /// A head with everything: queries that share keys, biases, a mask and a bias on the scores.
    private static func heads(_ crosses: Bool) throws -> (graph: Graph, inputs: [String: Tensor]) {
        var numbers = SeededNumbers(crosses ? 900 : 901)
        let builder = GraphBuilder("heads")
        var inputs = ["x": numbers.tensor([2, 7, 10]), "bias": numbers.tensor([4, 7, crosses ? 5 : 7])]
        let x = try builder.input("x", .float32, ["b", "t", 10])
        var options = AttentionOptions()
        options.bias = try builder.input("bias", .float32, [4, "t", crosses ? "s" : "t"])
        func weight(_ shape: [Int]) throws -> Value { try builder.constant(numbers.tensor(shape, -1...1)) }
        let width = crosses ? 6 : 10
        var weights = AttentionWeights(
            query: try weight([12, 10]), key: try weight([6, width]), value: try weight([8, width]),
            output: try weight([10, 16]))
        weights.queryBias = try weight([12])
        weights.outputBias = try weight([10])
        let result: AttentionResult
        if crosses {
            inputs["y"] = numbers.tensor([2, 5, 6])
            inputs["mask"] = numbers.bools([2, 1, 7, 5])
            options.mask = try builder.input("mask", .bool, ["b", 1, "t", "s"])
            let context = try builder.input("y", .float32, ["b", "s", 6])
            result = try x.crossAttention(
                to: context, weights, heads: 4, keyValueHeads: 2, options: options, named: "head")
        } else {
            options.isCausal = true
            result = try x.selfAttention(weights, heads: 4, keyValueHeads: 2, options: options, named: "head")
        }
        try builder.output("output", result.output)
        try builder.output("pattern", result.pattern)
        return (try builder.build(), inputs)
    }

    private static let roles = [
        "queries", "keys", "values", "products", "scores", "masked_scores", "pattern", "mixed", "delta"
    ]

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("captures of a head are the oracle's, in parts or whole", [false, true]) { backend, crosses in
            let (graph, inputs) = try heads(crosses)
            let names = roles.map { "head.\($0)" } + roles.map { "head.heads.3.\($0)" }
            let expected = try Program(graph, on: makeOracle()).makeSession().run(inputs, capture: names)
            let session = try Program(graph, on: backend).makeSession()
            let whole = try session.run(inputs)
            let parts = try session.run(inputs, capture: names)
            #expect(parts.count == names.count + 2)
            for (name, tensor) in expected {
                // Products of at most 16 terms, one after another three times, an exponential and a quotient between.
                try expectEqual(#require(parts[name]), tensor, roundings: 250, name)
            }
            for name in ["output", "pattern"] {
                try expectEqual(#require(whole[name]), #require(expected[name]), roundings: 250, name)
            }
            // One at a time as well: each opens the node as far down as it lies.
            for name in names {
                let alone = try session.run(inputs, capture: [name])
                try expectEqual(#require(alone[name]), #require(expected[name]), roundings: 250, name)
            }
        }

        BackendCheck("the changes of all heads and the bias make the whole change") { backend in
            let (graph, inputs) = try heads(false)
            let names = (0..<4).map { "head.heads.\($0).delta" } + ["head.delta"]
            let found = try Program(graph, on: backend).makeSession().run(inputs, capture: names)
            let bias = try #require(graph.constants.last).tensor.floats()
            let whole = try #require(found["output"]).floats()
            let deltas = try names.dropLast().map { try #require(found[$0]).floats() }
            let stacked = try #require(found["head.delta"]).floats()
            let largest = whole.map(abs).max() ?? 0
            for index in whole.indices {
                let sum = deltas.reduce(bias[index % 10]) { $0 + $1[index] }
                #expect(abs(sum - whole[index]) <= 1e-5 * largest)
                let (sequence, rest) = (index / 70, index % 70)
                for head in 0..<4 {
                    #expect(abs(stacked[(sequence * 4 + head) * 70 + rest] - deltas[head][index]) <= 1e-6 * largest)
                }
            }
        }

        BackendCheck("scores, masked scores and pattern fit together, computed by hand") { backend in
            let (graph, inputs) = try heads(true)
            let names = ["queries", "keys", "products", "scores", "masked_scores", "pattern"].map {
                "head.heads.1.\($0)"
            }
            let found = try Program(graph, on: backend).makeSession().run(inputs, capture: names)
            func rows(_ role: String) throws -> [[Float]] { try #require(found["head.heads.1.\(role)"]).rows() }
            let (queries, keys, products, scores) = (
                try rows("queries"), try rows("keys"), try rows("products"), try rows("scores")
            )
            let (masked, pattern) = (try rows("masked_scores"), try rows("pattern"))
            var mask: [UInt8] = []
            if case .bool(let bits)? = inputs["mask"]?.storage { mask = bits }
            try #require(mask.count == 70)
            let bias = try #require(inputs["bias"]).rows()
            for row in 0..<14 {
                let sequence = row / 7
                for key in 0..<5 {
                    let dot = zip(queries[row], keys[sequence * 5 + key]).reduce(0) { $0 + $1.0 * $1.1 }
                    #expect(abs(products[row][key] - dot) <= 1e-5 * (1 + abs(dot)))
                    let score = dot / Float(3).squareRoot() + bias[7 + row % 7][key]
                    #expect(abs(scores[row][key] - score) <= 1e-5 * (1 + abs(score)))
                    let isSeen = mask[row * 5 + key] != 0
                    #expect(isSeen ? masked[row][key] == scores[row][key] : masked[row][key] == -.infinity)
                    #expect(isSeen || pattern[row][key] == 0)
                }
                let sum = masked[row].reduce(0) { $0 + exp($1) }
                for key in 0..<5 where sum > 0 {
                    #expect(abs(pattern[row][key] - exp(masked[row][key]) / sum) <= 1e-5)
                }
            }
        }

        BackendCheck("captures inside of an encoder leave its output as it is") { backend in
            let graph = try LoadedModel(folder: "\(fixtures)/bert/minilm-tiny").graph([
                .lastHiddenState, .hiddenStates, .attentionPatterns
            ])
            let file = try SafetensorsFile("\(fixtures)/bert/minilm-tiny/inputs.safetensors")
            var inputs: [String: Tensor] = [:]
            for id in graph.inputs { inputs[graph.values[id].name] = try file.tensor(named: graph.values[id].name) }
            let session = try Program(graph, on: backend).makeSession()
            let names = [
                "layers.1.attention.pattern", "layers.1.attention.heads.1.delta", "layers.1.hidden",
                "layers.2.attention.scores", "embeddings"
            ]
            let found = try session.run(inputs, capture: names)
            let plain = try session.run(inputs)
            for (name, tensor) in plain {
                try expectEqual(#require(found[name]), tensor, roundings: 400, name)
            }
            #expect(found["layers.1.attention.pattern"] == found["attentions_1"])
            #expect(found["layers.1.hidden"] == found["hidden_states_2"])
            #expect(found["embeddings"] == found["hidden_states_0"])
            // The names are those of the layers: the pattern is the softmax of the captured scores where nothing is
            // hidden.
            #expect(found["layers.2.attention.scores"]?.shape == found["attentions_2"]?.shape)
        }
    }
}
