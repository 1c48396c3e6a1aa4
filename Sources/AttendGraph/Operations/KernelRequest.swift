/// A request for a kernel: one operation on concrete shapes.
public struct KernelRequest: Sendable {
    /// The operation, with symbols bound and defaults filled in.
    public let operation: Operation
    /// In the schema's order; nil for an omitted optional input.
    public let inputs: [Operand?]
    /// In the schema's order; nil for an unused output. Outputs are always dense.
    public let outputs: [Operand?]
    package let composite: OperationSchema?

    /// A request.
    ///
    /// - Parameter composite: The schema of a composite that is not built in, for the names of its inputs and outputs.
    public init(operation: Operation, inputs: [Operand?], outputs: [Operand?], composite: OperationSchema? = nil) {
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.composite = composite
    }

    /// The operation's attributes.
    public var attributes: Attributes { operation.attributes }

    /// Bytes read and written, as the host counts them: every operand once, and of a table only the rows that `gather`
    /// reads.
    public var movedByteCount: Int {
        func bytes(_ operands: [Operand?]) -> Int {
            operands.reduce(0) { $0 + ($1.map { $0.elementCount * $0.dtype.byteCount } ?? 0) }
        }
        let written = bytes(outputs)
        return operation.primitive == .gather ? 2 * written + bytes(Array(inputs.dropFirst())) : bytes(inputs) + written
    }
}

/// The concrete type and layout of one value.
public struct Operand: Sendable, Hashable {
    /// Element type.
    public let dtype: DType
    /// Shape, strides and offset in the buffer.
    public let layout: Layout
    /// Whether the value is the same in every run, so that it may be packed.
    public let isConstant: Bool

    /// An operand of these properties.
    public init(dtype: DType, layout: Layout, isConstant: Bool = false) {
        self.dtype = dtype
        self.layout = layout
        self.isConstant = isConstant
    }

    /// Sizes by axis.
    public var shape: [Int] { layout.shape }
    /// The number of elements.
    public var elementCount: Int { layout.elementCount }
}
