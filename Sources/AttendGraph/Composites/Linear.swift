/// `input · weightᵀ + bias`: input `[..., in]`, weight `[out, in]`, bias `[out]`, output `[..., out]`.
struct Linear: CompositeOperation {
    let schema = OperationSchema(
        .linear, inputs: [.init("input"), .init("weight"), .init("bias", optional: true)])
    var facts: OperationFacts {
        var facts = OperationFacts(
            work: .product, weights: ["weight": .projection, "bias": .projection], isWhole: true)
        facts.flops = { LinearCall($0)?.flops ?? 0 }
        return facts
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let (input, weight) = (call["input"], call["weight"])
        try call.require(weight.rank == 2, "weight must have the shape [out, in], found \(weight.shape)")
        try call.require(input.rank >= 1, "input must have at least one dimension")
        try call.require(
            ShapeRules.agreement(input.shape[input.rank - 1], weight.shape[1]) != .different,
            "input has width \(input.shape[input.rank - 1]), weight \(weight.shape) takes \(weight.shape[1])")
        // A vector is a matrix of one row.
        let rows = input.rank == 1 ? try input.reshaped([1, input.shape[0]]) : input
        var output = try rows.matmul(weight, transposeRHS: true)
        if input.rank == 1 { output = try output.reshaped([weight.shape[0]]) }
        if let bias = call.optional("bias") {
            let agree = bias.rank == 1 && ShapeRules.agreement(bias.shape[0], weight.shape[0]) != .different
            try call.require(agree, "bias must have the shape [\(weight.shape[0])], found \(bias.shape)")
            output = try output + bias
        }
        return ["output": output]
    }
}

/// `activation(input · weightᵀ + bias) + residual`: a product fused with its elementwise epilogue. Shapes as in
/// `linear`; residual `[..., out]`, as the output.
struct FusedLinear: CompositeOperation {
    let schema = OperationSchema(
        .fusedLinear,
        inputs: [
            .init("input"), .init("weight"), .init("bias", optional: true), .init("residual", optional: true)
        ],
        attributes: [
            .init("activation", default: .string("none"), choices: FusedActivation.allCases.map(\.rawValue))
        ])
    var facts: OperationFacts {
        var facts = Linear().facts
        // Activations of an MLP; tanh is that of a pooler.
        facts.isActivation = { attributes in
            let activation = FusedActivation(rawValue: attributes.string("activation")) ?? .none
            return activation != .none && activation != .tanh
        }
        return facts
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        var output = try call["input"].linear(weight: call["weight"], bias: call.optional("bias"))
        // The schema allows no other names.
        output = try (FusedActivation(rawValue: call.attributes.string("activation")) ?? .none).applied(to: output)
        if let residual = call.optional("residual") {
            let agree =
                residual.rank == output.rank
                && zip(residual.shape, output.shape).allSatisfy { ShapeRules.agreement($0, $1) != .different }
            try call.require(agree, "residual must have the output's shape \(output.shape), found \(residual.shape)")
            output = try output + residual
        }
        return ["output": output]
    }
}

/// The elementwise activation of `fused_linear`; raw values are the attribute's words.
public enum FusedActivation: String, Sendable, CaseIterable {
    /// `gelu` is by `erf`.
    case none, relu, silu, tanh, gelu
    /// GELU in its tanh approximation.
    case geluTanh = "gelu_tanh"

    package func applied(to value: Value) throws(GraphError) -> Value {
        switch self {
        case .none: value
        case .relu: try value.relu()
        case .silu: try value.silu()
        case .tanh: try value.tanh()
        case .gelu: try value.gelu()
        case .geluTanh: try value.gelu(approximation: "tanh")
        }
    }

    /// The activation of a node; nil for any other operation.
    init?(_ node: Graph.Node) {
        switch node.operation.id {
        case .relu: self = .relu
        case .silu: self = .silu
        case .gelu: self = node.operation.attributes.string("approximation") == "tanh" ? .geluTanh : .gelu
        default:
            guard node.operation.primitive == .tanh else { return nil }
            self = .tanh
        }
    }
}

/// The rows of `table` `[rows, width]` at `indices`: output `[indices..., width]`.
struct Embedding: CompositeOperation {
    let schema = OperationSchema(.embedding, inputs: [.init("indices"), .init("table")])
    let facts = OperationFacts(weights: ["table": .table], isWhole: true)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let table = call["table"]
        try call.require(table.rank == 2, "table must have the shape [rows, width], found \(table.shape)")
        return ["output": try table.gather(call["indices"])]
    }
}

extension Value {
    /// `input · weightᵀ + bias`: input `[..., in]`, weight `[out, in]`, bias `[out]`, output `[..., out]`.
    ///
    /// - Throws: ``GraphError`` for shapes that don't agree, or dtypes that differ or are not floating-point.
    public func linear(weight: Value, bias: Value? = nil, named name: String? = nil) throws(GraphError) -> Value {
        try applying(.linear, ["weight": weight, "bias": bias], named: name)
    }

    /// The rows of this table `[rows, width]` at `indices`: `[indices..., width]`.
    ///
    /// - Parameter indices: Integers; negative ones count from the end. Indices out of range are errors of the run.
    /// - Throws: ``GraphError`` for a table that is not a matrix, or indices that are not integers.
    public func embedding(_ indices: Value, named name: String? = nil) throws(GraphError) -> Value {
        try applying(.embedding, ["indices": indices], as: "table", named: name)
    }
}

extension OperationID {
    /// `linear.v1`: `input · weightᵀ + bias`; see ``Value/linear(weight:bias:named:)``.
    public static let linear = OperationID("linear")
    /// `fused_linear.v1`: `activation(input · weightᵀ + bias) + residual`; input `[..., in]`, weight `[out, in]`, bias
    /// `[out]`, residual `[..., out]`.
    public static let fusedLinear = OperationID("fused_linear")
    /// `embedding.v1`: rows of a table; see ``Value/embedding(_:named:)``.
    public static let embedding = OperationID("embedding")
}
