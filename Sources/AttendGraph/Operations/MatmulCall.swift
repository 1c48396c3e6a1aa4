/// A kernel request for `matmul`: `lhs · rhs` over the last two axes, with broadcast leading axes.
public struct MatmulCall: Sendable {
    /// The underlying request.
    public let request: KernelRequest
    /// `[batch..., rows, inner]`, or `[batch..., inner, rows]` if transposed.
    public let lhs: Operand
    /// `[batch..., inner, columns]`, or `[batch..., columns, inner]` if transposed.
    public let rhs: Operand
    /// `[batch..., rows, columns]`.
    public let output: Operand
    /// Whether the last two axes of `lhs` are swapped.
    public let isLHSTransposed: Bool
    /// Whether the last two axes of `rhs` are swapped.
    public let isRHSTransposed: Bool

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        guard request.operation.primitive == .matmul, let lhs = request.inputs[0], let rhs = request.inputs[1],
            let output = request.outputs[0]
        else { return nil }
        (self.request, self.lhs, self.rhs, self.output) = (request, lhs, rhs, output)
        isLHSTransposed = request.attributes.bool("transpose_lhs")
        isRHSTransposed = request.attributes.bool("transpose_rhs")
    }

    /// The number of terms in each sum.
    public var inner: Int { lhs.shape[lhs.shape.count - (isLHSTransposed ? 2 : 1)] }
    /// Floating-point operations; a multiply-add counts as two.
    public var flops: Double { 2 * Double(output.elementCount) * Double(inner) }
}
