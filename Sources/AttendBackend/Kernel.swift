/// A prepared operation: immutable, shared by all sessions and plans on its backend.
public protocol Kernel: Sendable {
    /// Kernel name for reports, such as `sgemm 8×32`.
    var name: String { get }

    /// Estimated work of one run.
    var cost: KernelCost { get }

    /// Indices of the inputs accepted with the strides and offset of the request. The host passes all others dense and
    /// row-major, inserting a copy where needed. Empty by default.
    var stridedInputs: Set<Int> { get }

    /// Indices of the inputs whose memory may be reused for output 0 when no later step reads them. Such an input has
    /// the size and dtype of output 0, and the kernel reads each element before overwriting it. Empty by default.
    var overwritableInputs: Set<Int> { get }

    /// The packed layout of a constant input, passed to ``ComputeBackend/pack(_:layout:)``; nil (the default) for dense
    /// row-major.
    func packing(ofInput index: Int) -> String?

    /// Binds the kernel to a stream and allocates its per-stream state, such as scratch memory.
    ///
    /// - Throws: ``BackendError`` when the instance can't be made, such as for lack of memory or a program that fails
    ///   to compile.
    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance
}

extension Kernel {
    /// Empty: all inputs are passed dense.
    public var stridedInputs: Set<Int> { [] }
    /// Empty: output 0 always has memory of its own.
    public var overwritableInputs: Set<Int> { [] }
    /// Nil: constants are passed dense.
    public func packing(ofInput index: Int) -> String? { nil }
}

/// A kernel bound to one stream. Not thread-safe: one task at a time.
public protocol KernelInstance: AnyObject {
    /// Enqueues the kernel; the work may be unfinished on return.
    ///
    /// - Parameters:
    ///   - inputs: One slice per input of the request, in its order; nil where the request has nil.
    ///   - outputs: One slice per output of the request, in its order; nil where the request has nil.
    /// - Throws: ``BackendError`` for a failure that is known at once. Later ones are thrown by
    ///   ``ComputeStream/synchronize()``.
    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError)
}

/// Estimated work of one kernel run.
public struct KernelCost: Sendable, Hashable {
    /// Floating-point operations; a fused multiply-add counts as two.
    public var flops: Double
    /// Bytes read and written.
    public var bytes: Double

    /// Creates a cost from its operation and byte counts.
    public init(flops: Double, bytes: Double) {
        self.flops = flops
        self.bytes = bytes
    }
}

/// The reason why a backend has no kernel for a request.
public struct UnsupportedOperation: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason, for reports and error messages.
    public let reason: String
    /// Whether the backend broke the protocol: it gave a refusal without a reason, or neither a kernel nor a refusal.
    /// Planning then fails instead of trying fallbacks.
    public let isFault: Bool

    /// Creates a refusal with its reason.
    public init(_ reason: String, isFault: Bool = false) {
        self.reason = reason
        self.isFault = isFault
    }

    /// The reason.
    public var description: String { reason }
}
