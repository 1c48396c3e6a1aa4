/// Fuses an activation after a `linear`, and a following sum with another value, into `fused_linear`: a kernel applies
/// them to each number before it leaves the cache. The computed function is unchanged; a backend without such a kernel
/// is offered the parts.
public struct JoinEpilogues: GraphPass {
    /// `join-epilogues`.
    public let name = "join-epilogues"

    /// The pass; it has no options.
    public init() {}

    /// The graph with float32 epilogues fused. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let withActivations = try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let activation = FusedActivation(node), let input = node.inputs[0],
                let product = Product(input, rewriter.reader), product.node.operation.id == .linear
            else { return nil }
            return try product.fused(activation, residual: nil, named: node.name, &rewriter)
        }
        return try GraphRewriter.rewrite(withActivations) { node, rewriter throws(GraphError) in
            guard node.operation.primitive == .add else { return nil }
            let reader = rewriter.reader
            for (input, residual) in reader.eitherOrder(node) {
                guard reader.type(residual) == reader.type(input), reader.type(node.outputs[0]) == reader.type(input),
                    let product = Product(input, reader), let activation = product.activation
                else { continue }
                return try product.fused(activation, residual: residual, named: node.name, &rewriter)
            }
            return nil
        }
    }

    /// A product with a single reader, possibly through a reshape that keeps the last axis.
    private struct Product {
        let node: Graph.Node
        /// The reshape's result; nil without one.
        let shape: [Size]?

        init?(_ id: Graph.ValueID, _ reader: PatternReader) {
            guard reader.isUsedOnce(id), reader.type(id).dtype == .float32, let maker = reader.maker(id) else {
                return nil
            }
            guard maker.operation.primitive == .reshape else {
                (node, shape) = (maker, nil)
                guard Product.isProduct(maker) else { return nil }
                return
            }
            guard let inner = maker.inputs[0], reader.isUsedOnce(inner), let product = reader.maker(inner),
                Product.isProduct(product), reader.shape(inner).last == reader.shape(id).last
            else { return nil }
            (node, shape) = (product, reader.shape(id))
        }

        private static func isProduct(_ node: Graph.Node) -> Bool {
            [.linear, .fusedLinear].contains(node.operation.id)
        }

        /// The activation so far; nil after a residual.
        var activation: FusedActivation? {
            guard node.operation.id == .fusedLinear else { return FusedActivation.none }
            guard node.inputs[3] == nil else { return nil }
            return FusedActivation(rawValue: node.operation.attributes.string("activation"))
        }

        func fused(
            _ activation: FusedActivation, residual: Graph.ValueID?, named name: String, _ rewriter: inout GraphRewriter
        ) throws(GraphError) -> [Value] {
            var inputs: [String: Value] = [:]
            for (slot, id) in zip(["input", "weight", "bias"], node.inputs) {
                if let id { inputs[slot] = try rewriter.value(id) }
            }
            if let residual {
                let value = try rewriter.value(residual)
                inputs["residual"] =
                    shape == nil ? value : try value.reshaped(rewriter.reader.shape(node.outputs[0]))
            }
            let result = try rewriter.builder.apply(
                .fusedLinear, inputs: inputs, attributes: ["activation": .string(activation.rawValue)], named: name)[
                    0]
            guard let shape else { return [result] }
            return [try result.reshaped(shape)]
        }
    }
}
