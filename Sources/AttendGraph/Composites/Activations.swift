/// The Gaussian error linear unit (Hendrycks and Gimpel 2016): `x · ½(1 + erf(x / √2))`, or with
/// `approximation: tanh` `½x(1 + tanh(√(2/π)(x + 0.044715 x³)))`.
struct GELU: CompositeOperation {
    let schema = OperationSchema(
        .gelu, inputs: [.init("input")],
        attributes: [.init("approximation", default: .string("none"), choices: ["none", "tanh"])])
    var facts: OperationFacts { .activation }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        if let widened = try call.inFloat32() { return widened }
        if call.attributes.string("approximation") == "tanh" {
            let cubed = try input * input * input
            let inner = try (input + cubed * 0.044715) * (2 / Double.pi).squareRoot()
            return ["output": try (input * 0.5) * (inner.tanh() + 1)]
        }
        return ["output": try (input * 0.5) * ((input * 0.5.squareRoot()).erf() + 1)]
    }
}

/// `max(x, 0)`; NaN stays NaN.
struct ReLU: CompositeOperation {
    let schema = OperationSchema(.relu, inputs: [.init("input")])

    var facts: OperationFacts {
        var facts = OperationFacts.activation
        facts.work = .elements
        return facts
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try call.requireFloat(call["input"])
        return ["output": try call["input"].maximum(call["input"].scalar(0))]
    }
}

/// `1 / (1 + exp(−x))`. If the exponential overflows to infinity, the quotient is the correct 0.
struct Sigmoid: CompositeOperation {
    let schema = OperationSchema(.sigmoid, inputs: [.init("input")])
    var facts: OperationFacts { .activation }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try call.requireFloat(call["input"])
        if let widened = try call.inFloat32() { return widened }
        return ["output": try ((-call["input"]).exp() + 1).reciprocal()]
    }
}

/// `x · sigmoid(x)`, the swish of Ramachandran, Zoph and Le 2017.
struct SiLU: CompositeOperation {
    let schema = OperationSchema(.silu, inputs: [.init("input")])
    var facts: OperationFacts { .activation }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try call.requireFloat(call["input"])
        if let widened = try call.inFloat32() { return widened }
        return ["output": try call["input"] * call["input"].sigmoid()]
    }
}

extension Value {
    /// The Gaussian error linear unit (Hendrycks and Gimpel 2016), elementwise: `x · ½(1 + erf(x / √2))`, or its tanh
    /// approximation.
    ///
    /// - Parameter approximation: `none` (by `erf`) or `tanh`.
    /// - Throws: ``GraphError`` for a dtype that is not floating-point, or another approximation.
    public func gelu(approximation: String = "none") throws(GraphError) -> Value {
        try applying(.gelu, attributes: ["approximation": .string(approximation)])
    }

    /// `max(x, 0)`, elementwise; NaN stays NaN. Floating-point dtypes only.
    public func relu() throws(GraphError) -> Value { try applying(.relu) }

    /// `x · sigmoid(x)`, elementwise (Ramachandran, Zoph and Le 2017). Floating-point dtypes only.
    public func silu() throws(GraphError) -> Value { try applying(.silu) }

    /// `1 / (1 + exp(−x))`, elementwise. Floating-point dtypes only.
    public func sigmoid() throws(GraphError) -> Value { try applying(.sigmoid) }
}

extension OperationID {
    /// `gelu.v1`: input of any shape; attribute `approximation`, `none` or `tanh`.
    public static let gelu = OperationID("gelu")
    /// `relu.v1`: input of any shape.
    public static let relu = OperationID("relu")
    /// `silu.v1`: input of any shape.
    public static let silu = OperationID("silu")
    /// `sigmoid.v1`: input of any shape.
    public static let sigmoid = OperationID("sigmoid")
}
