/// A kernel request for `linear` or `fused_linear`: `activation(input · weightᵀ + bias) + residual`.
public struct LinearCall: Sendable {
    /// Indices into the request's inputs.
    public enum Input: Int, Sendable { case input, weight, bias, residual }

    /// The underlying request.
    public let request: KernelRequest
    /// `[..., in]`.
    public let input: Operand
    /// `[out, in]`.
    public let weight: Operand
    /// `[out]`, or nil.
    public let bias: Operand?
    /// `[..., out]`, or nil.
    public let residual: Operand?
    /// `none` for `linear`.
    public let activation: FusedActivation

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        let isFused = request.operation.id == .fusedLinear
        guard isFused || request.operation.id == .linear, let input = request.inputs[Input.input.rawValue],
            let weight = request.inputs[Input.weight.rawValue]
        else { return nil }
        (self.request, self.input, self.weight) = (request, input, weight)
        bias = request.inputs[Input.bias.rawValue]
        residual = isFused ? request.inputs[Input.residual.rawValue] : nil
        // The schema allows no other names.
        activation = isFused ? FusedActivation(rawValue: request.attributes.string("activation")) ?? .none : .none
    }

    /// Rows of the product: the product of all but the last axis of the input.
    public var rows: Int { input.shape.dropLast().reduce(1, *) }
    /// Width of the input.
    public var inner: Int { input.shape[input.shape.count - 1] }
    /// Width of the output.
    public var outer: Int { weight.shape[0] }
    /// Floating-point operations of the product; a multiply-add counts as two.
    public var flops: Double { 2 * Double(input.elementCount) * Double(outer) }
}
