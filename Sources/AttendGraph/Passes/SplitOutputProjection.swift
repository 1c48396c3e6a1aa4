/// The reverse of ``MergeOutputProjections``: splits attention's output matrix into the heads' value-up matrices, so
/// that each head's own change of the embedding is a value of the graph, `NAME/head_3`. For inspection of heads, not
/// for speed; not in ``Optimizer/standard``.
public struct SplitOutputProjection: GraphPass {
    /// `split-output-projection`.
    public let name = "split-output-projection"

    /// The pass; it has no options.
    public init() {}

    /// The graph with output matrices split by head. O(nodes · heads), plus copying the matrices.
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            guard node.operation.id == .linear, let input = node.inputs[0],
                let matrix = node.inputs[1].flatMap(reader.constant), matrix.dtype == .float32,
                let heads = SplitOutputProjection.heads(input, reader),
                let count = reader.shape(heads)[1].constant, let width = reader.shape(heads)[3].constant, count > 0
            else { return nil }
            var sum: Value?
            let tensor = try reader.tensors([matrix])[0]
            for head in 0..<count {
                guard let part = ConstantMatrices.columns(tensor, head * width..<(head + 1) * width) else { return nil }
                let values = try rewriter.value(heads).sliced(axis: 1, from: Size(head), to: Size(head + 1))
                let shape = reader.shape(input)
                let change = try rewriter.builder.apply(
                    .linear,
                    inputs: [
                        "input": values.reshaped([shape[0], shape[1], Size(width)]),
                        "weight": rewriter.builder.constant(part)
                    ], named: "\(node.name)/head_\(head)")[0]
                sum = try sum.map { (sum: Value) throws(GraphError) in try sum + change } ?? change
            }
            guard var sum else { return nil }
            if let bias = node.inputs[2] { sum = try sum + rewriter.value(bias) }
            return [sum]
        }
    }

    /// The value `[batch, heads, queries, headDimension]` whose heads are concatenated here; nil for any other value.
    private static func heads(_ id: Graph.ValueID, _ reader: PatternReader) -> Graph.ValueID? {
        guard let joined = reader.maker(id, .reshape), let turned = joined.inputs[0],
            let transpose = reader.maker(turned, .transpose), let heads = transpose.inputs[0],
            transpose.operation.attributes.integers("permutation") == [0, 2, 1, 3], reader.type(id).rank == 3,
            reader.shape(id)[0] == reader.shape(heads)[0], reader.shape(id)[1] == reader.shape(heads)[2]
        else { return nil }
        return heads
    }
}

/// Slicing and concatenation of constant float32 matrices `[rows, columns]`.
