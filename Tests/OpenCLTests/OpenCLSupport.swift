import AttendRuntime
import Foundation
import OpenCLBackend
import Testing

/// A small head of self-attention with a lookup, a product and a norm: five programs and more.
struct SmallGraph {
    let graph: Graph
    let inputs: [String: Tensor]

    init() throws {
        let builder = GraphBuilder("small")
        let table = try builder.input("table", .float32, [9, 16])
        let tokens = try builder.input("tokens", .int64, ["n"])
        let weights = try builder.input("weights", .float32, [16, 16])
        let rows = try table.gather(tokens, axis: 0)
        let heads = try rows.matmul(weights).reshaped(["n", 2, 8]).transposed([1, 0, 2]).reshaped([1, 2, "n", 8])
        let output = try heads.attention(key: heads, value: heads, options: .causal).output
        try builder.output("output", output.softmax())
        graph = try builder.build()
        inputs = [
            "table": try Tensor((0..<144).map { sin(Float($0) * 0.7) }, shape: [9, 16]),
            "tokens": try Tensor([3, 1, 4, 1, 5] as [Int64], shape: [5]),
            "weights": try Tensor((0..<256).map { cos(Float($0) * 1.3) }, shape: [16, 16])
        ]
    }

    func run(on backend: any ComputeBackend) throws -> [Float] {
        try #require(graph.run(inputs, on: backend)["output"]).floats()
    }
}
