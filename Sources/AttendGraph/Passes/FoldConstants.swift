/// Constant folding: computes nodes that depend on constants only.
///
/// They are evaluated by the backend that runs the graph, so that folding changes no bit. Results larger than their
/// inputs (and than 65,536 elements) are not folded, nor are further ones once all folded values together are much
/// larger than the graph's own constants: memory is worth more than the work. Nor are quantized matrices: what reads one
/// computes with its integers.
public struct FoldConstants: GraphPass {
    /// `fold-constants`.
    public let name = "fold-constants"
    private static let elementLimit = 1 << 16
    /// Maximum number of elements of all folded values, in addition to four times those of the graph's constants.
    private static let totalLimit = 1 << 24

    /// The pass; it has no options.
    public init() {}

    /// The graph with constant nodes replaced by their values; the graph itself without an evaluator, or if evaluation
    /// fails. O(nodes), plus the evaluation.
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        guard let evaluate = context.evaluate else { return graph }
        let reader = PatternReader(graph)
        var folded: Set<Graph.ValueID> = []
        func isKnown(_ id: Graph.ValueID) -> Bool { folded.contains(id) || reader.constant(id) != nil }
        var room = graph.constants.reduce(FoldConstants.totalLimit) { $0 + 4 * $1.content.elementCount }
        for node in graph.nodes where node.operation.primitive != .random && node.operation.id != .dequantize {
            let inputs = reader.inputs(node)
            let sizes = node.outputs.map { reader.type($0).concreteShape?.reduce(1, *) }
            guard inputs.allSatisfy(isKnown), !sizes.contains(nil) else { continue }
            // A value read twice counts once; else repeated concatenation with itself would double without limit.
            let given = Set(inputs).reduce(0) { $0 + (reader.type($1).concreteShape?.reduce(1, *) ?? 0) }
            let made = sizes.reduce(0) { $0 + ($1 ?? 0) }
            guard sizes.allSatisfy({ ($0 ?? 0) <= max(given, FoldConstants.elementLimit) }), made <= room else {
                continue
            }
            room -= made
            folded.formUnion(node.outputs)
        }
        // Only values read by the remaining graph become constants.
        var wanted: Set<Graph.ValueID> = []
        for node in graph.nodes where !node.outputs.contains(where: folded.contains) {
            wanted.formUnion(reader.inputs(node).filter(folded.contains))
        }
        let results = graph.outputs.map(\.value) + graph.states.compactMap(\.update)
        wanted.formUnion(results.filter(folded.contains))
        guard !wanted.isEmpty, let values = evaluate(try part(of: graph, folded, wanted)) else { return graph }
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard node.outputs.contains(where: folded.contains) else { return nil }
            var made: [Value?] = []
            for id in node.outputs {
                guard wanted.contains(id), let tensor = values["v\(id)"] else {
                    made.append(nil)
                    continue
                }
                made.append(try rewriter.builder.constant(tensor))
            }
            return made
        }
    }

    /// The folded nodes as a separate graph, with outputs named `v` plus the value's index.
    private func part(
        of graph: Graph, _ folded: Set<Graph.ValueID>, _ wanted: Set<Graph.ValueID>
    ) throws(GraphError) -> Graph {
        var copy = GraphCopy(graph, named: "constants of \(graph.name)")
        for (id, value) in graph.values.enumerated() {
            if case .constant = value.source { try copy.copySource(id) }
        }
        for node in graph.nodes where node.outputs.contains(where: folded.contains) { try copy.adopt(node) }
        for id in wanted.sorted() {
            if let value = copy[id] { try copy.target.output("v\(id)", value) }
        }
        return try copy.target.build()
    }
}
