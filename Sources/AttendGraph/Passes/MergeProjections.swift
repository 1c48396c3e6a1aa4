/// Merges projections of one input, such as queries, keys and values, into one product with the stacked matrices, and
/// slices of its result, which cost nothing.
///
/// Each number is the same sum of the same products as before. Matrices of more than 2²³ numbers together stay
/// separate: their products are large enough alone, and the copy would cost memory.
public struct MergeProjections: GraphPass {
    /// `merge-projections`.
    public let name = "merge-projections"
    static let elementLimit = 1 << 23

    /// The pass; it has no options.
    public init() {}

    private struct Family: Hashable {
        let input: Graph.ValueID
        let width: Int
        let hasBias: Bool
    }

    /// The graph with projections into heads merged by input, for constant weights. O(nodes), plus copying the merged
    /// weights.
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let reader = PatternReader(graph)
        let isSplit = MergeProjections.splitValues(graph)
        var families: [Family: [Graph.Node]] = [:]
        for node in graph.nodes {
            if let family = family(node, reader, isSplit) { families[family, default: []].append(node) }
        }
        families = families.filter { family, members in
            let rows = members.reduce(0) { $0 + (reader.shape($1.outputs[0]).last?.constant ?? 0) }
            return members.count > 1 && rows * family.width <= MergeProjections.elementLimit
        }
        var made: [String: Value] = [:]
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let family = self.family(node, reader, isSplit), let members = families[family] else { return nil }
            if made[node.name] == nil {
                for (member, value) in try merged(members, family, &rewriter) { made[member] = value }
            }
            return [made[node.name]]
        }
    }

    /// The members' results, with the members' names.
    private func merged(
        _ members: [Graph.Node], _ family: Family, _ rewriter: inout GraphRewriter
    ) throws(GraphError) -> [(String, Value)] {
        let reader = rewriter.reader
        func joined(_ slot: Int) throws(GraphError) -> Value {
            let parts = members.compactMap { $0.inputs[slot].flatMap(reader.constant) }
            let joined = DeferredTensor(joining: parts)
            let isHeld = parts.allSatisfy { if case .held = $0 { true } else { false } }
            let content = ConstantTensor.deferred(joined)
            return try rewriter.builder.constant(isHeld ? .held(reader.tensors([content])[0]) : content)
        }
        let product = try rewriter.value(family.input).linear(
            weight: joined(1), bias: family.hasBias ? joined(2) : nil)
        var (results, start) = ([(String, Value)](), 0)
        for member in members {
            guard let rows = reader.shape(member.outputs[0]).last?.constant else {
                preconditionFailure("a projection's size is a number")
            }
            results.append(
                (member.name, try product.sliced(axis: -1, from: Size(start), to: Size(start + rows))))
            start += rows
        }
        return results
    }

    /// The key shared by projections that may be merged; nil for other nodes. Nodes whose result is not split into
    /// heads are excluded: they would need a copy of their slice.
    private func family(_ node: Graph.Node, _ reader: PatternReader, _ isSplit: [Bool]) -> Family? {
        guard node.operation.id == .linear, let input = node.inputs[0], let weight = node.inputs[1],
            reader.type(input).rank >= 2, let tensor = reader.constant(weight), isSplit[node.outputs[0]]
        else { return nil }
        if let bias = node.inputs[2], reader.constant(bias) == nil { return nil }
        return Family(input: input, width: tensor.shape[1], hasBias: node.inputs[2] != nil)
    }

    /// Whether all readers of a value split it into heads, by value. O(inputs of all nodes).
    private static func splitValues(_ graph: Graph) -> [Bool] {
        var isSplit = graph.values.map { _ in true }
        for output in graph.outputs { isSplit[output.value] = false }
        for node in graph.nodes
        where node.operation.primitive != .reshape || graph.type(of: node.outputs[0]).rank != 4 {
            for input in node.inputs { if let input { isSplit[input] = false } }
        }
        return isSplit
    }
}
