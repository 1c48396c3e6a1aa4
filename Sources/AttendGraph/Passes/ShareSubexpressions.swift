/// Merges nodes of equal operation and inputs (common subexpression elimination).
public struct ShareSubexpressions: GraphPass {
    /// `share-subexpressions`.
    public let name = "share-subexpressions"

    /// The pass; it has no options.
    public init() {}

    private struct Key: Hashable {
        let operation: Operation
        let inputs: [Graph.ValueID?]
    }

    /// The graph with equal nodes merged, except random draws; constants of at most 64 elements count as equal if their
    /// bits are. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        // Replaced values of the old graph, including constants of equal bits.
        var same: [Graph.ValueID: Graph.ValueID] = [:]
        var constants: [BitwiseTensor: Graph.ValueID] = [:]
        for (id, value) in graph.values.enumerated() {
            // Comparing large weights would cost more than it could save.
            guard case .constant(let index) = value.source, case .held(let tensor) = graph.constants[index].content,
                tensor.elementCount <= 64
            else { continue }
            let literal = BitwiseTensor(tensor)
            if let first = constants[literal] { same[id] = first } else { constants[literal] = id }
        }
        var known: [Key: Graph.Node] = [:]
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let key = Key(operation: node.operation, inputs: node.inputs.map { $0.map { same[$0] ?? $0 } })
            // Equal random nodes are independent draws.
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
