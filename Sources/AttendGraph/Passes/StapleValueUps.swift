/// Stacks the heads' value-up matrices into one output matrix: a sum of products with constant matrices is one product
/// of the concatenated inputs with the concatenated matrices.
///
///     x₁ · U₁ᵀ + x₂ · U₂ᵀ + …  =  [x₁ x₂ …] · [U₁ U₂ …]ᵀ
///
/// This turns a sum of each head's own change of an embedding into the output matrix of multi-head attention (Vaswani
/// et al. 2017, section 3.2.2). Only operands of equal type are joined.
public struct StapleValueUps: GraphPass {
    /// `staple-value-ups`.
    public let name = "staple-value-ups"

    /// The pass; it has no options.
    public init() {}

    private struct Term {
        var input: Graph.ValueID
        var matrix: Tensor
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
            StapleValueUps.split(node.outputs[0], reader, &terms, &rest)
            guard let first = terms.first, terms.count > 1, reader.type(first.input).rank >= 2,
                terms.allSatisfy({ reader.type($0.input) == reader.type(first.input) }),
                let matrix = Matrices.sideBySide(terms.map(\.matrix))
            else { return nil }
            return [try StapleValueUps.stapled(terms, matrix, rest, &rewriter)]
        }
    }

    private static func stapled(
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

/// The reverse of ``StapleValueUps``: splits attention's output matrix into the heads' value-up matrices, so that each
/// head's own change of the embedding is a value of the graph, `NAME/head_3`. For inspection of heads, not for speed;
/// not in ``Optimizer/standard``.
public struct CutValueUps: GraphPass {
    /// `cut-value-ups`.
    public let name = "cut-value-ups"

    /// The pass; it has no options.
    public init() {}

    /// The graph with output matrices split by head. O(nodes · heads), plus copying the matrices.
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            guard node.operation.id == .linear, let input = node.inputs[0],
                let matrix = node.inputs[1].flatMap(reader.constant), matrix.dtype == .float32,
                let heads = CutValueUps.heads(input, reader),
                let count = reader.shape(heads)[1].constant, let width = reader.shape(heads)[3].constant, count > 0
            else { return nil }
            var sum: Value?
            for head in 0..<count {
                guard let part = Matrices.columns(matrix, head * width..<(head + 1) * width) else { return nil }
                let values = try rewriter.value(heads).sliced(axis: 1, from: Size(head), to: Size(head + 1))
                let shape = reader.shape(input)
                let change = try rewriter.builder.apply(
                    "linear",
                    inputs: [
                        "input": values.reshaped([shape[0], shape[1], Size(width)]),
                        "weight": rewriter.builder.constant(part)
                    ], named: "\(node.name)/head_\(head)")[0]
                sum = try sum.map { (sum: Value) throws(GraphError) in try sum + change } ?? change
            }
            guard var sum else { return nil }
            if let bias = node.inputs[2] { sum = try sum + rewriter.value(bias) }
            return [sum]
        }
    }

    /// The value `[batch, heads, queries, headDimension]` whose heads are concatenated here; nil for any other value.
    private static func heads(_ id: Graph.ValueID, _ reader: PatternReader) -> Graph.ValueID? {
        guard let joined = reader.maker(id, .reshape), let turned = joined.inputs[0],
            let transpose = reader.maker(turned, .transpose), let heads = transpose.inputs[0],
            transpose.operation.attributes.integers("permutation") == [0, 2, 1, 3], reader.type(id).rank == 3,
            reader.shape(id)[0] == reader.shape(heads)[0], reader.shape(id)[1] == reader.shape(heads)[2]
        else { return nil }
        return heads
    }
}

/// Slicing and concatenation of constant float32 matrices `[rows, columns]`.
private enum Matrices {
    /// The matrices concatenated along columns; nil for different numbers of rows.
    static func sideBySide(_ matrices: [Tensor]) -> Tensor? {
        guard let rows = matrices.first?.shape[0], matrices.allSatisfy({ $0.shape[0] == rows }) else { return nil }
        let parts = matrices.compactMap { try? $0.floats() }
        var numbers: [Float] = []
        numbers.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for row in 0..<rows {
            for (part, matrix) in zip(parts, matrices) {
                numbers += part[row * matrix.shape[1]..<(row + 1) * matrix.shape[1]]
            }
        }
        return try? Tensor(numbers, shape: [rows, matrices.reduce(0) { $0 + $1.shape[1] }])
    }

    static func columns(_ matrix: Tensor, _ range: Range<Int>) -> Tensor? {
        guard let numbers = try? matrix.floats(), range.upperBound <= matrix.shape[1] else { return nil }
        let cut = (0..<matrix.shape[0]).flatMap { row in
            numbers[row * matrix.shape[1] + range.lowerBound..<row * matrix.shape[1] + range.upperBound]
        }
        return try? Tensor(cut, shape: [matrix.shape[0], range.count])
    }
}
