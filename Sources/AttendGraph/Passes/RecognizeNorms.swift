/// Replaces `(x − mean) / √(variance + ε)` by `layer_norm` and `x / √(mean x² + ε)` by `rms_norm`, both over the last
/// axis.
///
/// The matched forms are those of exporters: a quotient by a root, a product with a reciprocal root or with a root's
/// reciprocal; squares as products or powers; means as such or as sums divided by the width.
public struct RecognizeNorms: GraphPass {
    /// `recognize-norms`.
    public let name = "recognize-norms"

    /// The pass; it has no options.
    public init() {}

    private struct Match {
        var operation: OperationID
        var input: Graph.ValueID
        var epsilon: Double
    }

    /// The graph with float32 norms recognized. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let match = match(node, rewriter.reader) else { return nil }
            return try rewriter.builder.apply(
                match.operation, inputs: ["input": try rewriter.value(match.input)],
                attributes: ["axis": .integer(-1), "epsilon": .number(match.epsilon)], named: node.name)
        }
    }

    private func match(_ node: Graph.Node, _ reader: PatternReader) -> Match? {
        for (above, root) in pairs(node, reader) {
            guard reader.type(above).dtype == .float32, let (variance, epsilon) = rooted(root, reader),
                let squares = reader.rowMean(variance), reader.squared(squares) == above
            else { continue }
            if let difference = reader.maker(above, .subtract), let input = difference.inputs[0],
                let mean = difference.inputs[1], reader.rowMean(mean) == input
            {
                return Match(operation: .layerNorm, input: input, epsilon: epsilon)
            }
            return Match(operation: .rmsNorm, input: above, epsilon: epsilon)
        }
        return nil
    }

    /// The dividend, and the sum under the divisor's root, for each reading of the node.
    private func pairs(_ node: Graph.Node, _ reader: PatternReader) -> [(Graph.ValueID, Graph.ValueID)] {
        switch node.operation.primitive {
        case .divide:
            let inputs = reader.inputs(node)
            return reader.maker(inputs[1], .sqrt).flatMap { $0.inputs[0] }.map { [(inputs[0], $0)] } ?? []
        case .multiply:
            return reader.eitherOrder(node).compactMap { above, factor in
                if let root = reader.maker(factor, .reciprocalSqrt), let sum = root.inputs[0] { return (above, sum) }
                guard let reciprocal = reader.maker(factor, .reciprocal), let inner = reciprocal.inputs[0],
                    let sum = reader.maker(inner, .sqrt)?.inputs[0]
                else { return nil }
                return (above, sum)
            }
        default: return []
        }
    }

    private func rooted(_ id: Graph.ValueID, _ reader: PatternReader) -> (Graph.ValueID, Double)? {
        guard let sum = reader.maker(id, .add) else { return nil }
        return reader.eitherOrder(sum).lazy.compactMap { value, number in
            reader.number(number).flatMap { $0 >= 0 && $0.isFinite ? (value, $0) : nil }
        }.first
    }
}
