/// Replaces `exp(x − max x) / Σ exp(x − max x)` in primitives by `softmax`.
public struct RecognizeSoftmax: GraphPass {
    /// `recognize-softmax`.
    public let name = "recognize-softmax"

    /// The pass; it has no options.
    public init() {}

    /// The graph with float32 softmaxes recognized. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let (input, axis) = match(node, rewriter.reader) else { return nil }
            return try rewriter.builder.apply(
                .softmax, inputs: ["input": try rewriter.value(input)], attributes: ["axis": .integer(axis)],
                named: node.name)
        }
    }

    private func match(_ node: Graph.Node, _ reader: PatternReader) -> (Graph.ValueID, Int)? {
        guard node.operation.primitive == .divide, let above = node.inputs[0], let below = node.inputs[1],
            let sum = reader.maker(below, .reduceSum), sum.inputs[0] == above, let axis = axis(sum),
            let exponential = reader.maker(above, .exp), let shifted = exponential.inputs[0],
            let difference = reader.maker(shifted, .subtract), let input = difference.inputs[0],
            let subtracted = difference.inputs[1], let largest = reader.maker(subtracted, .reduceMax),
            largest.inputs[0] == input, self.axis(largest) == axis, reader.type(input).dtype == .float32
        else { return nil }
        return (input, axis)
    }

    /// The axis of a reduction over a single axis that keeps it; nil for any other.
    private func axis(_ node: Graph.Node) -> Int? {
        let attributes = node.operation.attributes
        guard attributes.bool("keep_dimensions"), let axes = attributes.optionalIntegers("axes"), axes.count == 1 else {
            return nil
        }
        return axes[0]
    }
}
