/// One node for all that compute the same from the same.
public struct ShareSubexpressions: GraphPass {
    public let name = "share-subexpressions"

    public init() {}

    private struct Key: Hashable {
        let operation: Operation
        let inputs: [Graph.ValueID?]
    }

    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        // Values of the old graph that another stands for, constants with equal bits among them.
        var same: [Graph.ValueID: Graph.ValueID] = [:]
        var constants: [BitwiseTensor: Graph.ValueID] = [:]
        for (id, value) in graph.values.enumerated() {
            // Comparing large weights would cost more than it could save.
            guard case .constant(let index) = value.source, graph.constants[index].tensor.elementCount <= 64 else {
                continue
            }
            let literal = BitwiseTensor(graph.constants[index].tensor)
            if let first = constants[literal] { same[id] = first } else { constants[literal] = id }
        }
        var known: [Key: Graph.Node] = [:]
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let key = Key(operation: node.operation, inputs: node.inputs.map { $0.map { same[$0] ?? $0 } })
            // Two draws of random numbers are two.
            guard node.operation.primitive != .random else { return nil }
            guard let first = known[key] else {
                known[key] = node
                for (input, representative) in zip(node.inputs, key.inputs) {
                    guard let input, let representative, input != representative else { continue }
                    try rewriter.set(input, rewriter.value(representative))
                }
                return nil
            }
            var values: [Value?] = []
            for (mine, other) in zip(node.outputs, first.outputs) {
                same[mine] = other
                values.append(try rewriter.value(other))
            }
            return values
        }
    }
}
