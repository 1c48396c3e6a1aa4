/// A request for a primitive whose result is a view of its input: `transpose`, `reshape`, `broadcast`, `slice` or
/// `stop_gradient`.
public struct ViewCall: Sendable {
    /// The request.
    public let request: KernelRequest
    /// The value that is viewed.
    public let input: Operand
    /// The result: dense, of the view's shape.
    public let output: Operand
    /// The view in the input's memory; nil for a reshape that needs a copy.
    public let layout: Layout?

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        guard let input = request.inputs.first ?? nil, let output = request.outputs.first ?? nil,
            request.operation.primitive?.isView ?? false
        else { return nil }
        (self.request, self.input, self.output) = (request, input, output)
        layout = input.layout.viewed(by: request.operation, as: output.shape)
    }
}

extension Primitive {
    /// Whether the result is a view of the input: other strides over the same memory.
    package var isView: Bool {
        switch self {
        case .reshape, .transpose, .broadcast, .slice, .stopGradient: true
        default: false
        }
    }
}

extension Layout {
    /// The layout of a view primitive's result over this input; nil for a reshape that needs a copy.
    ///
    /// - Parameter shape: The result's shape.
    package func viewed(by operation: Operation, as shape: [Int]) -> Layout? {
        switch operation.primitive {
        case .transpose: transposed(operation.attributes.integers("permutation"))
        case .broadcast: broadcast(to: shape)
        case .slice: sliced(SliceRange.ranges(of: self.shape, attributes: operation.attributes))
        case .stopGradient: self
        default: reshaped(to: shape)
        }
    }
}
