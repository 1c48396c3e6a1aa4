/// Replaces attention in primitives by `attention`; see ``AttentionPattern``.
///
/// For a row with all keys hidden, the primitives give NaN and attention gives 0: the one case in which a pass changes
/// a defined result. Without the pass the NaN stays.
public struct RecognizeAttention: GraphPass {
    /// `recognize-attention`.
    public let name = "recognize-attention"

    /// The pass; it has no options.
    public init() {}

    /// The graph with float32 attention recognized. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let paths = ScorePaths(PatternReader(graph))
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let pattern = AttentionPattern(node, rewriter.reader, paths) else { return nil }
            var key = try rewriter.value(pattern.key)
            if pattern.isKeyTransposed { key = try key.transposed([0, 1, 3, 2]) }
            var inputs = [
                "query": try rewriter.value(pattern.query), "key": key, "value": try rewriter.value(pattern.value)
            ]
            if let mask = pattern.mask { inputs["mask"] = try rewriter.value(mask) }
            if let first = pattern.biases.first {
                // Several biases, such as T5's position bias and masking bias.
                var bias = try rewriter.value(first)
                for other in pattern.biases.dropFirst() { bias = try bias + rewriter.value(other) }
                inputs["bias"] = bias
            }
            var attributes: Attributes = ["scale": .number(pattern.scale)]
            attributes["soft_cap"] = pattern.softCap.map { .number($0) }
            return try rewriter.builder.apply(.attention, inputs: inputs, attributes: attributes, named: node.name)
                .prefix(1).map(\.self)
        }
    }
}
