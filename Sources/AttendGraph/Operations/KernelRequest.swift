/// What a kernel is asked for: one operation on concrete shapes.
public struct KernelRequest: Sendable {
    /// The operation, its symbols bound and its defaults filled in.
    public let operation: Operation
    /// By the schema's order; nil for an optional input that was left out.
    public let inputs: [Operand?]
    /// By the schema's order; nil for an output that nothing uses. Outputs are always dense.
    public let outputs: [Operand?]
    let composite: OperationSchema?

    /// - Parameter composite: The schema of a composite that is not built in, for the names of its inputs and outputs.
    public init(operation: Operation, inputs: [Operand?], outputs: [Operand?], composite: OperationSchema? = nil) {
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.composite = composite
    }

    public var attributes: Attributes { operation.attributes }

    /// Bytes that are read and written, as the host counts them: every operand once, and of a table only the rows that `gather`
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
    public let dtype: DType
    public let layout: Layout
    /// True when the value is the same in every run, so that it may be packed.
    public let isConstant: Bool

    public init(dtype: DType, layout: Layout, isConstant: Bool = false) {
        self.dtype = dtype
        self.layout = layout
        self.isConstant = isConstant
    }

    public var shape: [Int] { layout.shape }
    public var elementCount: Int { layout.elementCount }
}
