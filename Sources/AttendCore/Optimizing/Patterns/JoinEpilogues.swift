/// An activation after a `linear`, and a sum with another value after that, join it as `fused_linear`: a kernel applies them to
/// each number before it leaves the cache. Each is the same function of the same number as before; a backend without such a kernel
/// is offered the parts.
public struct JoinEpilogues: GraphPass {
    public let name = "join-epilogues"

    public init() {}

    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let bent = try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            let reader = rewriter.reader
            guard let activation = FusedActivation(node), let input = node.inputs[0], reader.isUsedOnce(input),
                let product = reader.maker(input, "linear.v1"), reader.type(input).dtype == .float32
            else { return nil }
            return try JoinEpilogues.fused(product, activation, residual: nil, named: node.name, &rewriter)
        }
        return try GraphRewriter.rewrite(bent) { node, rewriter throws(GraphError) in
            guard node.operation.primitive == .add else { return nil }
            let reader = rewriter.reader
            for (input, residual) in reader.eitherOrder(node) {
                guard reader.isUsedOnce(input), let product = reader.maker(input), reader.type(input).dtype == .float32,
                    reader.type(residual) == reader.type(input), reader.type(node.outputs[0]) == reader.type(input)
                else { continue }
                switch product.operation.versionedName {
                case "linear.v1":
                    return try JoinEpilogues.fused(product, .none, residual: residual, named: node.name, &rewriter)
                case "fused_linear.v1" where product.inputs[3] == nil:
                    let name = product.operation.attributes.string("activation")
                    guard let activation = FusedActivation(rawValue: name) else { continue }
                    return try JoinEpilogues.fused(product, activation, residual: residual, named: node.name, &rewriter)
                default: continue
                }
            }
            return nil
        }
    }

    private static func fused(
        _ product: Graph.Node, _ activation: FusedActivation, residual: Graph.ValueID?, named name: String,
        _ rewriter: inout GraphRewriter
    ) throws(GraphError) -> [Value] {
        var inputs: [String: Value] = [:]
        for (slot, id) in zip(["input", "weight", "bias"], product.inputs) {
            if let id { inputs[slot] = try rewriter.value(id) }
        }
        if let residual { inputs["residual"] = try rewriter.value(residual) }
        return try rewriter.builder.apply(
            "fused_linear", inputs: inputs, attributes: ["activation": .string(activation.rawValue)], named: name)
    }
}
