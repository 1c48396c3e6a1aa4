/// Replaces a product with a dequantized matrix by `quantized_linear`, and rows of one by `quantized_embedding`, so that
/// the matrix is never made.
public struct RecognizeQuantized: GraphPass {
    /// `recognize-quantized`.
    public let name = "recognize-quantized"

    /// The pass; it has no options.
    public init() {}

    /// The graph with quantized products and lookups. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            // The operation, and the indices of the matrix and of the other inputs by their new names.
            let form: (operation: OperationID, matrix: Int, others: [(name: String, index: Int)])
            switch node.operation.id {
            case .linear: form = (.quantizedLinear, 1, [("input", 0), ("bias", 2)])
            case .embedding: form = (.quantizedEmbedding, 1, [("indices", 0)])
            default:
                guard node.operation.primitive == .gather, node.operation.attributes.integer("axis") == 0 else {
                    return nil
                }
                form = (.quantizedEmbedding, 0, [("indices", 1)])
            }
            guard let id = node.inputs[form.matrix], let maker = reader.maker(id, .dequantize) else { return nil }
            var inputs: [String: Value] = [:]
            for (name, part) in zip(["weight", "scales", "offsets"], reader.inputs(maker)) {
                inputs[name] = try rewriter.value(part)
            }
            for (name, index) in form.others {
                if let id = node.inputs[index] { inputs[name] = try rewriter.value(id) }
            }
            return try rewriter.builder.apply(
                form.operation.name, inputs: inputs, attributes: maker.operation.attributes, named: node.name)
        }
    }
}
