public import AttendBackend
public import AttendPlugin
private import Synchronization

/// A backend that takes everything on, records what it is asked for, and computes nothing: what is in its buffers stays
/// there. For measuring what everything but computing costs, and for tests of planners. Its results are whatever memory
/// holds.
///
/// As a plug-in it says on the host's log, as `debug`, what it prepares.
public final class NullBackend: ExportedBackend {
    public static let (name, version) = ("null", "1.0.0")
    public let device = DeviceDescription(backend: name, name: "nothing", threads: 1)
    /// What it takes on: a versioned name such as `attention.v1`. Everything by default.
    private let claims: @Sendable (String) -> Bool
    private let host: PluginHost
    private let record = Mutex(Record())

    /// What was asked for so far, in order.
    public struct Record: Sendable, Hashable {
        /// The versioned names of the operations that a kernel was wanted for, and whether there was one.
        public var prepared: [Offer] = []
        public var runCount = 0
        public var bufferByteCount = 0
    }

    public struct Offer: Sendable, Hashable {
        public var operation: String
        public var isTaken: Bool

        public init(operation: String, isTaken: Bool) {
            self.operation = operation
            self.isTaken = isTaken
        }
    }

    public convenience init(_ options: PluginOptions) { self.init(options, claims: { _ in true }) }

    public init(_ options: PluginOptions, claims: @escaping @Sendable (String) -> Bool) {
        host = options.host
        self.claims = claims
    }

    public var recorded: Record { record.withLock(\.self) }

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        record.withLock { $0.bufferByteCount += byteCount }
        return try HostMemory(byteCount: byteCount, backend: Self.name)
    }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let name = request.operation.versionedName
        let isTaken = claims(name)
        record.withLock { $0.prepared.append(Offer(operation: name, isTaken: isTaken)) }
        host.log(.debug, "\(isTaken ? "accepts" : "rejects") \(name)")
        guard isTaken else { throw UnsupportedOperation("it is configured to reject \(name)") }
        return NullKernel(backend: self, name: "no \(request.operation.name)", inputs: Set(request.inputs.indices))
    }

    fileprivate func ran() { record.withLock { $0.runCount += 1 } }
}

private struct NullKernel: Kernel {
    let backend: NullBackend
    let name: String
    let inputs: Set<Int>

    var cost: KernelCost { KernelCost(flops: 0, bytes: 0) }
    /// No view is one too many for a kernel that does not look.
    var stridedInputs: Set<Int> { inputs }

    func makeInstance(on stream: any ComputeStream) -> any KernelInstance { NullInstance(backend: backend) }
}

private final class NullInstance: KernelInstance {
    private let backend: NullBackend

    init(backend: NullBackend) { self.backend = backend }

    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) { backend.ran() }
}
