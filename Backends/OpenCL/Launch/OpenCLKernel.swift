import AttendBackend

/// An operation prepared for a device: the steps to enqueue.
struct OpenCLKernel: Kernel {
    /// One command to enqueue.
    enum Step: Sendable {
        case launch(Launch)
        /// Copies an input to an output unchanged, unless they share memory already.
        case copy(input: Int, output: Int, byteCount: Int)
    }

    let name: String
    let cost: KernelCost
    var steps: [Step] = []
    var stridedInputs: Set<Int> = []
    var overwritableInputs: Set<Int> = []
    var packings: [Int: String] = [:]
    /// Bytes of scratch memory per instance.
    var scratchByteCount = 0
    /// The operation's name, for errors.
    var operation: String
    let engine: OpenCLEngine

    /// - Parameter flops: Floating-point operations per run; nil for one per output element.
    init(_ name: String, _ request: KernelRequest, _ engine: OpenCLEngine, flops: Double? = nil) {
        self.name = name
        self.engine = engine
        operation = request.operation.name
        let elements = request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }
        cost = KernelCost(flops: flops ?? Double(elements), bytes: Double(request.movedByteCount))
    }

    func packing(ofInput index: Int) -> String? { packings[index] }

    /// Adds a launch, unless its grid is empty.
    mutating func add(_ launch: Launch) {
        if launch.global.allSatisfy({ $0 > 0 }) { steps.append(.launch(launch)) }
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        guard let stream = stream as? OpenCLStream else {
            throw .failed(backend: OpenCL.name, action: "run \(name)", reason: "the stream belongs to another backend")
        }
        return try OpenCLKernelInstance(self, stream)
    }
}
