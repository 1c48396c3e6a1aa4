/// Replaces GELU (by erf or tanh), SiLU and the sigmoid in primitives by their operations.
public struct RecognizeActivations: GraphPass {
    /// `recognize-activations`.
    public let name = "recognize-activations"

    /// The pass; it has no options.
    public init() {}

    /// The graph with float32 activations recognized. O(nodes).
    public func apply(to graph: Graph, _ context: OptimizingContext) throws(GraphError) -> Graph {
        let sigmoids = try replace(graph) { node, reader in sigmoid(node, reader).map { (.sigmoid, $0, [:]) } }
        return try replace(sigmoids) { node, reader in
            if let input = silu(node, reader) { return (.silu, input, [:]) }
            return gelu(node, reader).map { (.gelu, $0.input, ["approximation": .string($0.approximation)]) }
        }
    }

    private func replace(
        _ graph: Graph, _ match: (Graph.Node, PatternReader) -> (OperationID, Graph.ValueID, Attributes)?
    ) throws(GraphError) -> Graph {
        try GraphRewriter.rewrite(graph) { node, rewriter throws(GraphError) in
            guard let (operation, input, attributes) = match(node, rewriter.reader),
                rewriter.reader.type(input).dtype == .float32,
                rewriter.reader.type(input) == rewriter.reader.type(node.outputs[0])
            else { return nil }
            return try rewriter.builder.apply(
                operation, inputs: ["input": try rewriter.value(input)], attributes: attributes, named: node.name)
        }
    }

    /// 1 / (1 + exp(−x)).
    private func sigmoid(_ node: Graph.Node, _ reader: PatternReader) -> Graph.ValueID? {
        let below: Graph.ValueID?
        switch node.operation.primitive {
        case .reciprocal: below = node.inputs[0]
        case .divide: below = node.inputs[0].flatMap { reader.isNumber($0, 1) ? node.inputs[1] : nil }
        default: below = nil
        }
        guard let below, let sum = reader.maker(below, .add), let power = reader.other(sum, than: 1),
            let exponential = reader.maker(power, .exp), let negative = exponential.inputs[0]
        else { return nil }
        return reader.maker(negative, .negate)?.inputs[0]
    }

    /// x · sigmoid(x).
    private func silu(_ node: Graph.Node, _ reader: PatternReader) -> Graph.ValueID? {
        guard node.operation.primitive == .multiply else { return nil }
        return reader.eitherOrder(node).first { input, gate in
            reader.maker(gate, .sigmoid)?.inputs[0] == input && reader.isUsedOnce(gate)
        }?.0
    }

    /// x · ½ · (1 + erf(x / √2)) or x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), with the factors in any order.
    private func gelu(_ node: Graph.Node, _ reader: PatternReader) -> (input: Graph.ValueID, approximation: String)? {
        guard node.operation.primitive == .multiply else { return nil }
        guard var factors = reader.factors(node.outputs[0], upTo: 3), factors.count == 3,
            let half = factors.firstIndex(where: { reader.isNumber($0, 0.5) })
        else { return nil }
        factors.remove(at: half)
        for (input, gate) in [(factors[0], factors[1]), (factors[1], factors[0])] {
            guard let sum = reader.maker(gate, .add), let inner = reader.other(sum, than: 1) else { continue }
            if let erf = reader.maker(inner, .erf), let argument = erf.inputs[0],
                scaled(argument, by: 0.5.squareRoot(), reader) == input
            {
                return (input, "none")
            }
            if let tanh = reader.maker(inner, .tanh), let argument = tanh.inputs[0],
                let cubic = scaled(argument, by: (2 / Double.pi).squareRoot(), reader),
                isCubic(cubic, of: input, reader)
            {
                return (input, "tanh")
            }
        }
        return nil
    }

    /// The operand of a product with the number, or of a quotient by its reciprocal.
    private func scaled(_ id: Graph.ValueID, by number: Double, _ reader: PatternReader) -> Graph.ValueID? {
        if let product = reader.maker(id, .multiply) {
            return reader.eitherOrder(product).first { isNear($0.1, number, reader) }?.0
        }
        if let quotient = reader.maker(id, .divide), let divisor = quotient.inputs[1] {
            return isNear(divisor, 1 / number, reader) ? quotient.inputs[0] : nil
        }
        return nil
    }

    /// x + 0.044715 · x³.
    private func isCubic(_ id: Graph.ValueID, of input: Graph.ValueID, _ reader: PatternReader) -> Bool {
        guard let sum = reader.maker(id, .add) else { return false }
        return reader.eitherOrder(sum).contains { first, second in
            guard first == input, let cubed = scaled(second, by: 0.044715, reader) else { return false }
            if let power = reader.maker(cubed, .power), let exponent = power.inputs[1] {
                return power.inputs[0] == input && reader.isNumber(exponent, 3)
            }
            return reader.factors(cubed, upTo: 3) == [input, input, input]
        }
    }

    /// Whether a constant equals the number within two float32 ulps: exporters write constants with more or fewer
    /// digits.
    private func isNear(_ id: Graph.ValueID, _ expected: Double, _ reader: PatternReader) -> Bool {
        guard let number = reader.number(id) else { return false }
        return abs(number - expected) <= 2 * Double(Float(expected).ulp)
    }
}
