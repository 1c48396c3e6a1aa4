/// A graph rewriting that preserves results, up to rounding.
///
/// A pass is a small value in its own file. It keeps the graph's inputs, outputs and states with their names, and the
/// names of the nodes that it does not replace.
public protocol GraphPass: Sendable {
    /// The name in reports and switches, such as `merge-projections`.
    var name: String { get }

    /// The rewritten graph.
    ///
    /// - Throws: ``GraphError`` only for a bug in the pass: its result is verified like any graph.
    func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph

    /// Whether the pass needs to know if the backend computes this node whole (``OptimizingContext/claimed``). False by
    /// default.
    func asksAbout(_ node: Graph.Node) -> Bool
}

extension GraphPass {
    /// False.
    public func asksAbout(_ node: Graph.Node) -> Bool { false }
}

/// The environment of the passes: the backend's evaluator and claims.
public struct OptimizingContext: Sendable {
    /// Evaluates a graph without inputs, for constant folding, and returns its outputs by name, or nil on failure.
    /// Without it constants are not folded.
    public var evaluate: (@Sendable (Graph) -> [String: Tensor]?)?
    /// Names of nodes that the backend computes whole; passes do not open them.
    public var claimed: Set<String>

    /// A context; by default without an evaluator and without claimed nodes.
    public init(evaluate: (@Sendable (Graph) -> [String: Tensor]?)? = nil, claimed: Set<String> = []) {
        self.evaluate = evaluate
        self.claimed = claimed
    }
}

/// A sequence of passes.
public struct Optimizer: Sendable {
    /// The passes in order of application.
    public var passes: [any GraphPass]

    /// An optimizer of these passes.
    public init(_ passes: [any GraphPass]) { self.passes = passes }

    /// No passes: graphs are unchanged.
    public static let none = Optimizer([])

    /// The same passes except those of these names.
    public func without(_ names: Set<String>) -> Optimizer { Optimizer(passes.filter { !names.contains($0.name) }) }

    /// The effect of one pass.
    public struct Change: Sendable, Hashable {
        /// The pass's name.
        public var pass: String
        /// Needed nodes before the pass.
        public var nodesBefore: Int
        /// Needed nodes after the pass.
        public var nodesAfter: Int
    }

    /// The graph after all passes, and the effect of each. O(passes · nodes), plus constant folding.
    ///
    /// - Throws: ``GraphError`` only for a bug in a pass.
    public func optimize(
        _ graph: Graph, _ context: OptimizingContext = OptimizingContext()
    ) throws(GraphError) -> (graph: Graph, changes: [Change]) {
        var (graph, changes) = (graph, [Change]())
        var count = graph.nodes.count
        for pass in passes {
            graph = try pass.apply(to: graph, context)
            // Nodes left unused by a pass count as removed by it, even if a later pass removes them.
            let after = graph.neededNodeCount
            changes.append(Change(pass: pass.name, nodesBefore: count, nodesAfter: after))
            count = after
        }
        return (graph, changes)
    }
}
