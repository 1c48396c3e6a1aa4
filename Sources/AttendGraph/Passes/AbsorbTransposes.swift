/// A product of a matrix that was transposed before is one that reads the matrix as it was: products know both orders.
///
/// Kernels that take strides lose nothing by it; those that do not are spared a copy.
public struct AbsorbTransposes: GraphPass {
    public let name = "absorb-transposes"

    public init() {}

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

    /// What this is the transpose of, in its last two axes and no others.
    private static func turned(_ id: Graph.ValueID, _ reader: PatternReader) -> Graph.ValueID? {
        guard let transpose = reader.maker(id, .transpose), let source = transpose.inputs[0] else { return nil }
        let permutation = transpose.operation.attributes.integers("permutation")
        guard permutation.count >= 2 else { return nil }
        var expected = Array(permutation.indices)
        expected.swapAt(expected.count - 2, expected.count - 1)
        return permutation == expected ? source : nil
    }
}
