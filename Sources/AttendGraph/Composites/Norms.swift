/// Layer normalization (Ba, Kiros and Hinton 2016) over `axis` and all later axes:
/// `(x − mean) / √(variance + ε) · scale + bias`.
struct LayerNorm: CompositeOperation {
    let schema = OperationSchema(
        .layerNorm,
        inputs: [.init("input"), .init("scale", optional: true), .init("bias", optional: true)],
        attributes: [.init("axis", default: .integer(-1)), .init("epsilon", default: .number(1e-5))])
    let facts = OperationFacts(
        work: .rows, weights: ["scale": .norm, "bias": .norm], isWhole: true, passage: .change)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        try call.requireSameType(["scale", "bias"], as: input)
        try call.requireFloat32("epsilon")
        let axes = Array(try call.axis(of: input)..<input.rank)
        if let widened = try call.inFloat32() { return widened }
        let centered = try input - input.mean(axes: axes, keepDimensions: true)
        let variance = try (centered * centered).mean(axes: axes, keepDimensions: true)
        var output = try centered * (variance + call.attributes.number("epsilon")).reciprocalSqrt()
        if let scale = call.optional("scale") { output = try output * scale }
        if let bias = call.optional("bias") { output = try output + bias }
        try call.require(output.rank == input.rank, "scale and bias must not have more dimensions than input")
        return ["output": output]
    }
}

/// Root-mean-square normalization (Zhang and Sennrich 2019) over `axis` and all later axes:
/// `x / √(mean x² + ε) · scale`.
struct RMSNorm: CompositeOperation {
    let schema = OperationSchema(
        .rmsNorm,
        inputs: [.init("input"), .init("scale", optional: true)],
        attributes: [.init("axis", default: .integer(-1)), .init("epsilon", default: .number(1e-6))])
    let facts = OperationFacts(work: .rows, weights: ["scale": .norm], isWhole: true, passage: .change)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        try call.requireSameType(["scale"], as: input)
        try call.requireFloat32("epsilon")
        let axes = Array(try call.axis(of: input)..<input.rank)
        if let widened = try call.inFloat32() { return widened }
        let meanSquare = try (input * input).mean(axes: axes, keepDimensions: true)
        var output = try input * (meanSquare + call.attributes.number("epsilon")).reciprocalSqrt()
        if let scale = call.optional("scale") { output = try output * scale }
        try call.require(output.rank == input.rank, "scale must not have more dimensions than input")
        return ["output": output]
    }
}

extension Value {
    /// Layer normalization (Ba, Kiros and Hinton 2016) over `axis` and all later axes: `(x − mean) / √(variance + ε) ·
    /// scale + bias`.
    ///
    /// - Parameters:
    ///   - scale: Broadcasts to the input, usually of the shape of the normalized axes; nil for 1.
    ///   - bias: Likewise; nil for 0.
    ///   - axis: The first normalized axis, counted from the end if negative.
    /// - Throws: ``GraphError`` for dtypes that differ or are not floating-point, shapes that don't agree, an axis out
    ///   of range, or an epsilon that float32 can't hold.
    public func layerNorm(
        scale: Value?, bias: Value?, axis: Int = -1, epsilon: Double = 1e-5, named name: String? = nil
    ) throws(GraphError) -> Value {
        try applying(
            .layerNorm, ["scale": scale, "bias": bias],
            attributes: ["axis": .integer(axis), "epsilon": .number(epsilon)], named: name)
    }

    /// Root-mean-square normalization (Zhang and Sennrich 2019) over `axis` and all later axes: `x / √(mean x² + ε) ·
    /// scale`.
    ///
    /// - Parameters:
    ///   - scale: Broadcasts to the input, usually of the shape of the normalized axes; nil for 1.
    ///   - axis: The first normalized axis, counted from the end if negative.
    /// - Throws: ``GraphError`` for dtypes that differ or are not floating-point, shapes that don't agree, an axis out
    ///   of range, or an epsilon that float32 can't hold.
    public func rmsNorm(
        scale: Value?, axis: Int = -1, epsilon: Double = 1e-6, named name: String? = nil
    ) throws(GraphError) -> Value {
        try applying(
            .rmsNorm, ["scale": scale], attributes: ["axis": .integer(axis), "epsilon": .number(epsilon)], named: name)
    }
}

extension OperationID {
    /// `layer_norm.v1`; see ``Value/layerNorm(scale:bias:axis:epsilon:named:)``.
    public static let layerNorm = OperationID("layer_norm")
    /// `rms_norm.v1`; see ``Value/rmsNorm(scale:axis:epsilon:named:)``.
    public static let rmsNorm = OperationID("rms_norm")
}
