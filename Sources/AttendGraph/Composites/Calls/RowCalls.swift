/// A kernel request for `softmax` or `log_softmax`.
public struct SoftmaxCall: Sendable {
    /// The underlying request.
    public let request: KernelRequest
    /// Of any shape with at least one axis.
    public let input: Operand
    /// The normalized axis, counted from the front.
    public let axis: Int
    /// Whether the operation is `log_softmax`.
    public let isLogarithmic: Bool

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        isLogarithmic = request.operation.id == .logSoftmax
        guard isLogarithmic || request.operation.id == .softmax, let input = request.inputs[0] else { return nil }
        (self.request, self.input) = (request, input)
        axis = request.attributes.integer("axis").fromFront(of: input.shape.count)
    }
}

/// A kernel request for `layer_norm` or `rms_norm`.
public struct NormCall: Sendable {
    /// Indices into the request's inputs.
    public enum Input: Int, Sendable { case input, scale, bias }

    /// The underlying request.
    public let request: KernelRequest
    /// `[..., row...]`.
    public let input: Operand
    /// Shape of the normalized part: the last axes of the input.
    public let row: [Int]
    /// Broadcasts to the input; usually of the row's shape. Nil for 1.
    public let scale: Operand?
    /// Broadcasts to the input; usually of the row's shape. Nil for 0 and for `rms_norm`.
    public let bias: Operand?
    /// Addend of the variance or mean square.
    public let epsilon: Double
    /// Whether the mean is subtracted (`layer_norm`).
    public let isCentered: Bool

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        isCentered = request.operation.id == .layerNorm
        guard isCentered || request.operation.id == .rmsNorm, let input = request.inputs[Input.input.rawValue] else {
            return nil
        }
        (self.request, self.input) = (request, input)
        row = Array(input.shape[request.attributes.integer("axis").fromFront(of: input.shape.count)...])
        scale = request.inputs[Input.scale.rawValue]
        bias = isCentered ? request.inputs[Input.bias.rawValue] : nil
        epsilon = request.attributes.number("epsilon")
    }
}

/// A kernel request for `gelu`, `relu`, `silu` or `sigmoid`.
public struct ActivationCall: Sendable {
    /// The elementwise function; `gelu` is by `erf`, `geluTanh` its tanh approximation.
    public enum Function: Sendable { case gelu, geluTanh, relu, silu, sigmoid }

    /// The underlying request.
    public let request: KernelRequest
    /// Of any shape.
    public let input: Operand
    /// The function to apply.
    public let function: Function

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        switch request.operation.id {
        case .gelu: function = request.attributes.string("approximation") == "tanh" ? .geluTanh : .gelu
        case .relu: function = .relu
        case .silu: function = .silu
        case .sigmoid: function = .sigmoid
        default: return nil
        }
        guard let input = request.inputs[0] else { return nil }
        (self.request, self.input) = (request, input)
    }
}
