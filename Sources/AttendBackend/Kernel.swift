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
