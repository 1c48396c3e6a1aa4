/// Leaves out nodes that nothing reads.
public struct RemoveDeadNodes: GraphPass {
    public let name = "remove-dead-nodes"

    public init() {}

    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        // A rewriting does so of itself.
        try GraphRewriter.rewrite(graph) { _, _ in nil }
    }
}
