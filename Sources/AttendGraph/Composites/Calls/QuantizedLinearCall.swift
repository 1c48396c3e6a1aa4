/// A kernel request for `quantized_linear`: `input · (scale · q + offset)ᵀ + bias`.
public struct QuantizedLinearCall: Sendable {
    /// Indices into the request's inputs.
    public enum Input: Int, Sendable { case input, weight, scales, offsets, bias }

    /// The underlying request.
    public let request: KernelRequest
    /// `[..., in]`.
    public let input: Operand
    /// int32 words `[out, in · bits / 32]`.
    public let weight: Operand
    /// `[out, in / group]`.
    public let scales: Operand
    /// `[out, in / group]`.
    public let offsets: Operand
    /// `[out]`, or nil.
    public let bias: Operand?
    /// Bits of an integer: 4 or 8.
    public let bits: Int
    /// Integers that share a scale: 32, 64 or 128.
    public let group: Int

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        func operand(_ input: Input) -> Operand? { request.inputs[input.rawValue] }
        guard request.operation.id == .quantizedLinear, let input = operand(.input), let weight = operand(.weight),
            let scales = operand(.scales), let offsets = operand(.offsets)
        else { return nil }
        (self.request, self.input, self.weight) = (request, input, weight)
        (self.scales, self.offsets, bias) = (scales, offsets, operand(.bias))
        (bits, group) = (request.attributes.integer("bits"), request.attributes.integer("group"))
    }

    /// Rows of the product: the product of all but the last axis of the input.
    public var rows: Int { input.shape.dropLast().reduce(1, *) }
    /// Width of the input.
    public var inner: Int { input.shape[input.shape.count - 1] }
    /// Width of the output.
    public var outer: Int { weight.shape[0] }
    /// Words of a row of the weight.
    public var words: Int { weight.shape[1] }
    /// Groups of a row of the weight.
    public var groups: Int { scales.shape[1] }
    /// Floating-point operations of the product; a multiply-add counts as two.
    public var flops: Double { 2 * Double(input.elementCount) * Double(outer) }
}
