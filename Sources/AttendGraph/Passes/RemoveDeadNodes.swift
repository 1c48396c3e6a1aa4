/// Removes unused nodes and constants.
public struct RemoveDeadNodes: GraphPass {
    /// `remove-dead-nodes`.
    public let name = "remove-dead-nodes"

    /// The pass; it has no options.
    public init() {}

    /// The graph without unused nodes and constants. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        // Any rewriting omits unused nodes.
        try GraphRewriter.rewrite(graph) { _, _ in nil }
    }
}
