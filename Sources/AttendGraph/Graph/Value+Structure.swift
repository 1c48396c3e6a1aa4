extension Value {
    /// The matrix product over the last two dimensions; the others broadcast.
    /// `[..., M, K] × [..., K, N] → [..., M, N]`.
    public func matmul(
        _ other: Value, transposeLHS: Bool = false, transposeRHS: Bool = false
    ) throws(GraphError) -> Value {
        try binary(
            .matmul, other, ["transpose_lhs": .bool(transposeLHS), "transpose_rhs": .bool(transposeRHS)])
    }

    /// One size may be -1: it takes what is left.
    public func reshaped(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.reshape, ["shape": .sizes(shape)])
    }

    public func transposed(_ permutation: [Int]) throws(GraphError) -> Value {
        try unary(.transpose, ["permutation": .integers(permutation)])
    }

    /// The value with the shape `shape`, to which its own must broadcast.
    public func broadcast(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.broadcast, ["shape": .sizes(shape)])
    }

    /// The elements from `start` up to `end` of one axis.
    public func sliced(
        axis: Int, from start: Size, to end: Size, step: Int = 1, named name: String? = nil
    ) throws(GraphError) -> Value {
        let attributes: Attributes = [
            "axes": .integers([axis]), "starts": .sizes([start]), "ends": .sizes([end]), "steps": .integers([step])
        ]
        return try graph.apply(.slice, [self], attributes, named: name)
    }

    /// The value with `before` and `after` elements of `value` added along each axis.
    public func padded(before: [Size], after: [Size], value: Double = 0) throws(GraphError) -> Value {
        try unary(.pad, ["before": .sizes(before), "after": .sizes(after), "value": .number(value)])
    }

    /// Reduces over `axes`; nil means all.
    public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceSum, Value.reduction(axes, keepDimensions))
    }

    public func max(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceMax, Value.reduction(axes, keepDimensions))
    }

    public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try composite("reduce_mean", attributes: Value.reduction(axes, keepDimensions))
    }

    private static func reduction(_ axes: [Int]?, _ keepDimensions: Bool) -> Attributes {
        var attributes: Attributes = ["keep_dimensions": .bool(keepDimensions)]
        attributes["axes"] = axes.map { .integers($0) }
        return attributes
    }

    public func argMax(axis: Int, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.argMax, ["axis": .integer(axis), "keep_dimensions": .bool(keepDimensions)])
    }

    /// The slices of this value that `indices` names, along `axis`.
    public func gather(_ indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.gather, [self, indices], ["axis": .integer(axis)])
    }

    public func scatterAdd(_ updates: Value, at indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.scatterAdd, [self, indices, updates], ["axis": .integer(axis)])
    }

    /// This value with `update` written over it from `start` (an integer scalar of the run) on.
    public func updatingSlice(with update: Value, start: Value, axis: Int) throws(GraphError) -> Value {
        try graph.apply(.updateSlice, [self, update, start], ["axis": .integer(axis)])
    }
}

// MARK: Composites

extension Value {
    private func composite(
        _ operation: String, _ more: [String: Value?] = [:], attributes: Attributes = [:], as name: String = "input",
        named node: String? = nil
    ) throws(GraphError) -> Value {
        var inputs = more.compactMapValues { $0 }
        inputs[name] = self
        return try graph.apply(operation, inputs: inputs, attributes: attributes, named: node)[0]
    }

    public func softmax(axis: Int = -1) throws(GraphError) -> Value {
        try composite("softmax", attributes: ["axis": .integer(axis)])
    }

    public func logSoftmax(axis: Int = -1) throws(GraphError) -> Value {
        try composite("log_softmax", attributes: ["axis": .integer(axis)])
    }

    public func layerNorm(
        scale: Value?, bias: Value?, axis: Int = -1, epsilon: Double = 1e-5, named name: String? = nil
    ) throws(GraphError) -> Value {
        try composite(
            "layer_norm", ["scale": scale, "bias": bias],
            attributes: ["axis": .integer(axis), "epsilon": .number(epsilon)], named: name)
    }

    public func rmsNorm(
        scale: Value?, axis: Int = -1, epsilon: Double = 1e-6, named name: String? = nil
    ) throws(GraphError) -> Value {
        try composite(
            "rms_norm", ["scale": scale], attributes: ["axis": .integer(axis), "epsilon": .number(epsilon)],
            named: name)
    }

    /// The Gaussian error linear unit (Hendrycks and Gimpel 2016), by `erf` or its `tanh` approximation.
    public func gelu(approximation: String = "none") throws(GraphError) -> Value {
        try composite("gelu", attributes: ["approximation": .string(approximation)])
    }

    public func relu() throws(GraphError) -> Value { try composite("relu") }
    public func silu() throws(GraphError) -> Value { try composite("silu") }
    public func sigmoid() throws(GraphError) -> Value { try composite("sigmoid") }

    /// `input · weightᵀ + bias`: weight `[out, in]`, bias `[out]`.
    public func linear(weight: Value, bias: Value? = nil, named name: String? = nil) throws(GraphError) -> Value {
        try composite("linear", ["weight": weight, "bias": bias], named: name)
    }

    /// The rows of this table `[rows, width]` that `indices` names.
    public func embedding(_ indices: Value, named name: String? = nil) throws(GraphError) -> Value {
        try composite("embedding", ["indices": indices], as: "table", named: name)
    }
}
