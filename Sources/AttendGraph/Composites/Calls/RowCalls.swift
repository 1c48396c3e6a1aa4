/// A request for `softmax` or `log_softmax`.
public struct SoftmaxCall: Sendable {
    public let request: KernelRequest
    public let input: Operand
    /// Counted from the front.
    public let axis: Int
    public let isLogarithmic: Bool

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        isLogarithmic = request.operation.id == .logSoftmax
        guard isLogarithmic || request.operation.id == .softmax, let input = request.inputs[0] else { return nil }
        (self.request, self.input) = (request, input)
        axis = request.attributes.integer("axis").fromFront(of: input.shape.count)
    }
}

/// A request for `layer_norm` or `rms_norm`.
public struct NormCall: Sendable {
    /// Places among the request's inputs.
    public enum Input: Int, Sendable { case input, scale, bias }

    public let request: KernelRequest
    public let input: Operand
    /// The shape of what is normalized: the last axes of the input.
    public let row: [Int]
    /// Of the row's shape.
    public let scale: Operand?
    /// Of the row's shape.
    public let bias: Operand?
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

/// A request for `gelu`, `relu`, `silu` or `sigmoid`.
public struct ActivationCall: Sendable {
    public enum Function: Sendable { case gelu, geluTanh, relu, silu, sigmoid }

    public let request: KernelRequest
    public let input: Operand
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

extension Int {
    /// An axis counted from the front, of a verified request.
    fileprivate func fromFront(of rank: Int) -> Int { self < 0 ? self + rank : self }
}
