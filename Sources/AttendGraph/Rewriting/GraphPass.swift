/// A rewriting of graphs that leaves their results as they are, up to rounding.
///
/// A pass is a small value on its own file; it keeps a graph's inputs, outputs and states with their names, and the names of
/// the nodes that it does not replace.
public protocol GraphPass: Sendable {
    /// As reports and switches have it: `merge-projections`.
    var name: String { get }

    /// - Throws: ``GraphError`` only for a fault of the pass: what it builds is verified like any graph.
    func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph

    /// Whether the pass needs to know if the backend computes this node as a whole (``OptimizingContext/claimed``). False by
    /// default.
    func asksAbout(_ node: Graph.Node) -> Bool
}

extension GraphPass {
    public func asksAbout(_ node: Graph.Node) -> Bool { false }
}

/// What passes may ask about the world.
public struct OptimizingContext: Sendable {
    /// Runs a graph without inputs, for constants that follow from constants; nil leaves them as they are.
    public var evaluate: (@Sendable (Graph) -> [String: Tensor]?)?
    /// Nodes whose operation the backend computes as a whole, by name. They are not opened.
    public var claimed: Set<String>

    public init(evaluate: (@Sendable (Graph) -> [String: Tensor]?)? = nil, claimed: Set<String> = []) {
        self.evaluate = evaluate
        self.claimed = claimed
    }
}

/// Passes in order.
public struct Optimizer: Sendable {
    public var passes: [any GraphPass]

    public init(_ passes: [any GraphPass]) { self.passes = passes }

    /// Graphs as they are.
    public static let none = Optimizer([])

    /// The same without the passes of these names.
    public func without(_ names: Set<String>) -> Optimizer { Optimizer(passes.filter { !names.contains($0.name) }) }

    /// What a pass did.
    public struct Change: Sendable, Hashable {
        public var pass: String
        public var nodesBefore: Int
        public var nodesAfter: Int
    }

    /// The graph after all passes, and what each did to it. O(passes · nodes).
    public func optimize(
        _ graph: Graph, _ context: OptimizingContext = OptimizingContext()
    ) throws(GraphError) -> (graph: Graph, changes: [Change]) {
        var (graph, changes) = (graph, [Change]())
        var count = graph.nodes.count
        for pass in passes {
            graph = try pass.apply(to: graph, context)
            // What a pass leaves unread is gone by its work, though the next one takes it away.
            let after = graph.neededNodeCount
            changes.append(Change(pass: pass.name, nodesBefore: count, nodesAfter: after))
            count = after
        }
        return (graph, changes)
    }
}
