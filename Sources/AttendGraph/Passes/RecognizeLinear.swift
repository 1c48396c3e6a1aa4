/// Replaces a product with a constant matrix, and a following sum with a vector, by `linear`, which kernels compute at
/// once; an explicit transpose of the matrix is absorbed.
public struct RecognizeLinear: GraphPass {
    /// `recognize-linear`.
    public let name = "recognize-linear"

    /// The pass; it has no options.
    public init() {}

    /// The graph with float32 linear maps recognized. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            if node.operation.primitive == .matmul {
                guard turned(node, reader) != nil || isCheapToTurn(node, reader),
                    let inputs = try inputs(node, &rewriter)
                else { return nil }
                return try rewriter.builder.apply(.linear, inputs: inputs, named: node.name)
            }
            guard node.operation.primitive == .add else { return nil }
            for (product, bias) in reader.eitherOrder(node) {
                guard let maker = reader.maker(product), reader.isUsedOnce(product),
                    reader.type(bias).rank == 1, reader.type(bias).dtype == .float32,
                    reader.type(node.outputs[0]) == reader.type(product),
                    reader.shape(bias)[0] == reader.shape(product).last,
                    let inputs = try inputs(maker, &rewriter)
                else { continue }
                return try rewriter.builder.apply(
                    .linear, inputs: inputs.merging(["bias": try rewriter.value(bias)]) { $1 }, named: node.name)
            }
            return nil
        }
    }

    /// Whether a product's constant matrix may be transposed without gaining a bias: only if the copy costs little
    /// memory.
    private func isCheapToTurn(_ node: Graph.Node, _ reader: PatternReader) -> Bool {
        guard let tensor = node.inputs[1].flatMap(reader.constant) else { return false }
        return tensor.dtype == .float32 && tensor.elementCount <= MergeProjections.elementLimit
    }

    /// Input and weight `[out, in]` of a product that may take a bias.
    private func inputs(
        _ node: Graph.Node, _ rewriter: inout GraphRewriter
    ) throws(GraphError) -> [String: Value]? {
        let reader = rewriter.reader
        let operands = reader.inputs(node)
        if node.operation.id == .linear, operands.count == 2, reader.type(operands[0]).rank >= 2 {
            return ["input": try rewriter.value(operands[0]), "weight": try rewriter.value(operands[1])]
        }
        guard node.operation.primitive == .matmul else { return nil }
        if let weight = turned(node, reader) {
            return ["input": try rewriter.value(operands[0]), "weight": try rewriter.value(weight)]
        }
        guard isPlain(node, reader), reader.constant(operands[1]) != nil,
            !node.operation.attributes.bool("transpose_rhs")
        else { return nil }
        return [
            "input": try rewriter.value(operands[0]),
            "weight": try rewriter.value(operands[1]).transposed([1, 0])
        ]
    }

    /// The constant `[out, in]` whose transpose is a product's right operand; nil for any other node.
    private func turned(_ node: Graph.Node, _ reader: PatternReader) -> Graph.ValueID? {
        guard isPlain(node, reader), let weight = node.inputs[1] else { return nil }
        if node.operation.attributes.bool("transpose_rhs") { return reader.constant(weight) == nil ? nil : weight }
        guard let transpose = reader.maker(weight, .transpose), let source = transpose.inputs[0],
            transpose.operation.attributes.integers("permutation") == [1, 0], reader.constant(source) != nil
        else { return nil }
        return source
    }

    private func isPlain(_ node: Graph.Node, _ reader: PatternReader) -> Bool {
        let operands = reader.inputs(node)
        return !node.operation.attributes.bool("transpose_lhs") && reader.type(operands[0]).rank >= 2
            && reader.type(operands[1]).rank == 2 && reader.type(operands[0]).dtype == .float32
    }
}
