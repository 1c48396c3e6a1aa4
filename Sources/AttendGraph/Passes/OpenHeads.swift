/// Opens self- and cross-attention that the backend does not compute whole into projections and `attention`, so that
/// later passes see the projections.
public struct OpenHeads: GraphPass {
    /// `open-heads`.
    public let name = "open-heads"

    /// The pass; it has no options.
    public init() {}

    private static let heads: Set<OperationID> = [.selfAttention, .crossAttention]

    /// Whether the node is `self_attention` or `cross_attention`.
    public func asksAbout(_ node: Graph.Node) -> Bool { OpenHeads.heads.contains(node.operation.id) }

    /// The graph with unclaimed heads replaced by their parts, named `NODE/part`. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let results = graph.outputs.map(\.value) + graph.states.compactMap(\.update)
        let wanted = Set(graph.nodes.flatMap { $0.inputs.compactMap(\.self) } + results)
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard asksAbout(node), !context.claimed.contains(node.name),
                let composite = graph.composite(named: node.operation.versionedName)
            else { return nil }
            let schema = composite.schema
            let needed = Set(zip(schema.outputs, node.outputs).compactMap { wanted.contains($1) ? $0 : nil })
            let parts = try composite.opened(
                inputs: node.inputs.map { $0.map { graph.type(of: $0) } }, attributes: node.operation.attributes,
                wanted: needed, knowing: graph.knownComposites)
            var inputs: [Value] = []
            for input in node.inputs.compactMap(\.self) { inputs.append(try rewriter.value(input)) }
            let results = try rewriter.inline(parts, inputs: inputs, under: node.name)
            return schema.outputs.map { results[$0] }
        }
    }
}
