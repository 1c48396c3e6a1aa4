import AttendBackend

/// An operation made ready for a device: what to enqueue for it.
struct OpenCLKernel: Kernel {
    /// One thing to do.
    enum Step: Sendable {
        case launch(Launch)
        /// Copies an input to an output as it is, unless they are the same memory already.
        case copy(input: Int, output: Int, byteCount: Int)
    }

    let name: String
    let cost: KernelCost
    var steps: [Step] = []
    var stridedInputs: Set<Int> = []
    var overwritableInputs: Set<Int> = []
    var packings: [Int: String] = [:]
    /// Bytes of memory of its own that each instance needs.
    var scratchByteCount = 0
    /// For an index outside of its axis.
    var operation: String
    let engine: OpenCLEngine

    /// - Parameter flops: nil counts one for each element of the output.
    init(_ name: String, _ request: KernelRequest, _ engine: OpenCLEngine, flops: Double? = nil) {
        self.name = name
        self.engine = engine
        operation = request.operation.name
        let elements = request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }
        cost = KernelCost(flops: flops ?? Double(elements), bytes: Double(request.movedByteCount))
    }

    func packing(ofInput index: Int) -> String? { packings[index] }

    /// Adds a kernel to enqueue; one without items is left out.
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
