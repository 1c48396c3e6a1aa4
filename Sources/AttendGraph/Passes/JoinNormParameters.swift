/// Joins a norm's product with a vector, and its sum with one, into the norm as scale and bias.
public struct JoinNormParameters: GraphPass {
    /// `join-norm-parameters`.
    public let name = "join-norm-parameters"

    /// The pass; it has no options.
    public init() {}

    /// The graph with scales and biases joined into their norms. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let scaled = try join(graph, .multiply, as: "scale")
        return try join(scaled, .add, as: "bias")
    }

    private func join(_ graph: Graph, _ primitive: Primitive, as role: String) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            guard node.operation.primitive == primitive else { return nil }
            for (normed, vector) in reader.eitherOrder(node) {
                guard let norm = reader.maker(normed), reader.isUsedOnce(normed), accepts(norm, role),
                    reader.type(vector).rank == 1, let width = reader.shape(vector)[0].constant,
                    reader.shape(normed).last?.constant == width
                else { continue }
                var inputs = ["input": try rewriter.value(reader.inputs(norm)[0]), role: try rewriter.value(vector)]
                if role == "bias", let scale = norm.inputs[1] { inputs["scale"] = try rewriter.value(scale) }
                return try rewriter.builder.apply(
                    norm.operation.name, inputs: inputs, attributes: norm.operation.attributes, named: node.name)
            }
            return nil
        }
    }

    private func accepts(_ norm: Graph.Node, _ role: String) -> Bool {
        guard norm.operation.attributes["axis"] == .integer(-1) else { return false }
        // A scale after a bias would scale the bias too.
        switch norm.operation.id {
        case .layerNorm: return norm.inputs[2] == nil && (role == "bias" || norm.inputs[1] == nil)
        case .rmsNorm: return role == "scale" && norm.inputs[1] == nil
        default: return false
        }
    }
}
