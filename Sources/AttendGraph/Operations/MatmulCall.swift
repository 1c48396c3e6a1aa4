/// A request for `matmul`: `lhs · rhs` of the last two axes, over a broadcast batch.
public struct MatmulCall: Sendable {
    public let request: KernelRequest
    public let lhs: Operand
    public let rhs: Operand
    /// `[batch..., rows, columns]`.
    public let output: Operand
    public let isLHSTransposed: Bool
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

    /// Terms of each sum.
    public var inner: Int { lhs.shape[lhs.shape.count - (isLHSTransposed ? 2 : 1)] }
    public var flops: Double { 2 * Double(output.elementCount) * Double(inner) }
}
