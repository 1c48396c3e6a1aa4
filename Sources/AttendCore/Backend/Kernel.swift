/// A prepared operation: immutable, and shared by all sessions of all plans that need it.
public protocol Kernel: Sendable {
    /// For reports, such as `sgemm 8×32`.
    var name: String { get }

    var cost: KernelCost { get }

    /// The inputs that are taken with the strides and offset that the request offered. The host
    /// gives all others dense, inserting a copy where it must. None by default.
    var stridedInputs: Set<Int> { get }

    /// The inputs whose memory output 0 may be written over, if nothing needs them later: they
    /// have its size and dtype, and each element is read before it is overwritten. None by default.
    var overwritableInputs: Set<Int> { get }

    /// The layout in which a constant input is wanted, for ``ComputeBackend/pack(_:layout:)``; nil
    /// (the default) for the plain dense one.
    func packing(ofInput index: Int) -> String?

    /// The kernel on one stream, with whatever changes from run to run.
    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance
}

extension Kernel {
    public var stridedInputs: Set<Int> { [] }
    public var overwritableInputs: Set<Int> { [] }
    public func packing(ofInput index: Int) -> String? { nil }
}

/// A kernel bound to a stream. Used by one task at a time.
public protocol KernelInstance: AnyObject {
    /// Enqueues the kernel. `inputs` and `outputs` stand as in the request, nil where it had nil.
    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError)
}

/// What a kernel is expected to take.
public struct KernelCost: Sendable, Hashable {
    /// Floating-point operations; a fused multiply-add counts as two.
    public var flops: Double
    /// Bytes read and written.
    public var bytes: Double

    public init(flops: Double, bytes: Double) {
        self.flops = flops
        self.bytes = bytes
    }
}

/// What a kernel is asked for: one operation on concrete shapes.
public struct KernelRequest: Sendable {
    /// The operation, its symbols bound and its defaults filled in.
    public let operation: Operation
    /// By the schema's order; nil for an optional input that was left out.
    public let inputs: [Operand?]
    /// By the schema's order; nil for an output that nothing uses. Outputs are always dense.
    public let outputs: [Operand?]
    private let composite: OperationSchema?

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

    /// The names that the operation's inputs and outputs have; nil for a composite that nobody told of. O(1).
    public var schema: OperationSchema? {
        operation.primitive.flatMap { Primitive.schemas[$0] } ?? composite
            ?? Composites.builtIn[operation.versionedName]?.schema
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

/// Why a backend has no kernel for a request.
public struct UnsupportedOperation: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String
    /// Whether the refusal itself is against the rules: without a reason, or neither a kernel nor a refusal. Planning ends with it.
    public let isFault: Bool

    public init(_ reason: String, isFault: Bool = false) {
        self.reason = reason
        self.isFault = isFault
    }

    public var description: String { reason }
}
