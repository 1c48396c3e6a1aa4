/// Stacks the heads' value-up matrices into one output matrix: a sum of products with constant matrices is one product
/// of the concatenated inputs with the concatenated matrices.
///
///     x₁ · U₁ᵀ + x₂ · U₂ᵀ + …  =  [x₁ x₂ …] · [U₁ U₂ …]ᵀ
///
/// This turns a sum of each head's own change of an embedding into the output matrix of multi-head attention (Vaswani
/// et al. 2017, section 3.2.2). Only operands of equal type are joined.
public struct MergeOutputProjections: GraphPass {
    /// `merge-output-projections`.
    public let name = "merge-output-projections"

    /// The pass; it has no options.
    public init() {}

    private struct Term {
        var input: Graph.ValueID
        var matrix: ConstantTensor
        var bias: Graph.ValueID?
    }

    /// The graph with sums of float32 products merged. O(nodes), plus copying the merged matrices.
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        // A sum inside a larger one is part of that.
        var inner: Set<Graph.ValueID> = []
        let reader = PatternReader(graph)
        for node in graph.nodes where node.operation.primitive == .add {
            inner.formUnion(reader.inputs(node).filter(reader.isUsedOnce))
        }
        return try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard node.operation.primitive == .add, !inner.contains(node.outputs[0]) else { return nil }
            var terms: [Term] = []
            var rest: [Graph.ValueID] = []
            MergeOutputProjections.split(node.outputs[0], reader, &terms, &rest)
            guard let first = terms.first, terms.count > 1, reader.type(first.input).rank >= 2,
                terms.allSatisfy({ reader.type($0.input) == reader.type(first.input) }),
                let matrix = ConstantMatrices.sideBySide(try reader.tensors(terms.map(\.matrix)))
            else { return nil }
            return [try MergeOutputProjections.merged(terms, matrix, rest, &rewriter)]
        }
    }

    private static func merged(
        _ terms: [Term], _ matrix: Tensor, _ rest: [Graph.ValueID], _ rewriter: inout GraphRewriter
    ) throws(GraphError) -> Value {
        var inputs: [Value] = []
        for term in terms { inputs.append(try rewriter.value(term.input)) }
        let joined = try rewriter.builder.concatenate(inputs, axis: rewriter.reader.type(terms[0].input).rank - 1)
        var sum = try joined.linear(weight: rewriter.builder.constant(matrix))
        for id in rest + terms.compactMap(\.bias) { sum = try sum + rewriter.value(id) }
        return sum
    }

    /// The terms of a sum: products with constant matrices, and the rest.
    ///
    /// Iterative: a recursion on a long sum could overflow the stack.
    private static func split(
        _ sum: Graph.ValueID, _ reader: PatternReader, _ terms: inout [Term], _ rest: inout [Graph.ValueID]
    ) {
        var open = [(id: sum, isInside: false)]
        while let next = open.popLast() {
            let id = next.id
            if !next.isInside || reader.isUsedOnce(id), let sum = reader.maker(id, .add) {
                open += reader.inputs(sum).reversed().map { ($0, true) }
            } else if reader.isUsedOnce(id), let product = reader.maker(id, .linear),
                let input = product.inputs[0], let matrix = product.inputs[1].flatMap(reader.constant),
                matrix.dtype == .float32
            {
                terms.append(Term(input: input, matrix: matrix, bias: product.inputs[2]))
            } else {
                rest.append(id)
            }
        }
    }
}
