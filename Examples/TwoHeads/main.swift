import Attend

// Two heads of cross-attention: every French token asks the English sentence what it means.
func weight(_ shape: [Int], seed: Int) throws -> Tensor { try Tensor(uniform: shape, in: -1...1, seed: seed) }

let heads = MultiHeadCrossAttention(
    MultiHeadWeights(
        heads: 2, query: try weight([8, 8], seed: 1), key: try weight([8, 8], seed: 2),
        value: try weight([8, 8], seed: 3), output: try weight([8, 8], seed: 4)))

let builder = GraphBuilder("translate")
let french = try builder.input("french", .float32, ["target", 8])
let english = try builder.input("english", .float32, ["source", 8])
let attended = try heads(french, context: english, named: "heads")
try builder.output("embedding", french + attended.output)
try builder.output("pattern", attended.pattern)
let graph = try builder.build()

// Sizes are bound when the graph runs: here 2 French tokens look at 4 English ones.
let inputs = ["french": try weight([2, 8], seed: 5), "english": try weight([4, 8], seed: 6)]
for name in ["naive", "simd"] {
    let results = try graph.run(inputs, on: BackendRegistry.builtIn.backend(named: name))
    print("\(name): pattern [heads, queries, keys] = \(results["pattern"]!.shape)")
    for row in try results["pattern"]!.rows() { print("  ", row.map { ($0 * 1000).rounded() / 1000 }) }
}
try graph.write(to: "two-heads.json")
try SafetensorsFile.write(inputs, to: "in.safetensors")
