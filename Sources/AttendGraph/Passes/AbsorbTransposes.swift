/// Replaces a product of a transposed matrix by one that reads the original matrix with its transpose flag inverted.
///
/// Kernels with strides lose nothing; others are spared a copy.
public struct AbsorbTransposes: GraphPass {
    /// `absorb-transposes`.
    public let name = "absorb-transposes"

    /// The pass; it has no options.
    public init() {}

    /// The graph with transposes of the last two axes absorbed into their products. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard node.operation.primitive == .matmul else { return nil }
            var operation = node.operation
            var inputs: [Value] = []
            for (input, flag) in zip(rewriter.reader.inputs(node), ["transpose_lhs", "transpose_rhs"]) {
                if let source = AbsorbTransposes.turned(input, rewriter.reader) {
                    operation.attributes[flag] = .bool(!node.operation.attributes.bool(flag))
                    inputs.append(try rewriter.value(source))
                } else {
                    inputs.append(try rewriter.value(input))
                }
            }
            guard operation != node.operation else { return nil }
            return try rewriter.builder.append(operation, inputs: inputs.map(\.id), named: node.name)
        }
    }

    /// The source of a transpose of exactly the last two axes; nil for any other value.
    private static func turned(_ id: Graph.ValueID, _ reader: PatternReader) -> Graph.ValueID? {
        guard let transpose = reader.maker(id, .transpose), let source = transpose.inputs[0] else { return nil }
        let permutation = transpose.operation.attributes.integers("permutation")
        guard permutation.count >= 2 else { return nil }
        var expected = Array(permutation.indices)
        expected.swapAt(expected.count - 2, expected.count - 1)
        return permutation == expected ? source : nil
    }
}
