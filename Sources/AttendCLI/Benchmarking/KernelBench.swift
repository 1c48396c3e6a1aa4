import AttendRuntime

/// The time of one kernel alone, without copies to and from the device.
struct KernelBench {
    /// The times of the runs of one shape on one backend, in seconds.
    struct Result {
        let shape: BenchShape
        let backend: String
        let dtype: DType
        let kernel: String
        let seconds: [Double]
        /// Bytes of all operands, each once.
        let byteCount: Int

        var minimum: Double { seconds.min() ?? 0 }
        var median: Double { seconds.sorted()[seconds.count / 2] }
        var gflops: Double { shape.flops / minimum / 1e9 }
        var gigabytesPerSecond: Double { Double(byteCount) / minimum / 1e9 }
    }

    /// A kernel ready to run.
    final class Prepared {
        let shape: BenchShape
        let backend: any ComputeBackend
        private let dtype: DType
        private let kernel: any Kernel
        private let instance: any KernelInstance
        private let stream: any ComputeStream
        private let inputs: [BufferSlice?]
        private let outputs: [BufferSlice?]
        private let byteCount: Int
        private(set) var seconds: [Double] = []
        private(set) var total = 0.0

        /// - Throws: `UnsupportedOperation` or `BackendError` of the backend.
        init(_ shape: BenchShape, _ dtype: DType, on backend: any ComputeBackend) throws {
            (self.shape, self.backend, self.dtype) = (shape, backend, dtype)
            let (request, tensors) = try shape.request(dtype)
            kernel = try backend.prepare(request)
            let stream = try backend.makeStream()
            stream.prepare([kernel])
            func slice(_ operand: Operand) throws -> BufferSlice {
                BufferSlice(
                    try backend.makeBuffer(
                        byteCount: operand.elementCount * backend.storageByteCount(of: operand.dtype)))
            }
            var inputs: [BufferSlice?] = []
            for (index, tensor) in tensors.enumerated() {
                guard let tensor, let operand = request.inputs[index] else {
                    inputs.append(nil)
                    continue
                }
                if operand.isConstant, let layout = kernel.packing(ofInput: index) {
                    inputs.append(BufferSlice(try backend.pack(tensor, layout: layout)))
                    continue
                }
                let slice = try slice(operand)
                try stream.copyIn(tensor, to: slice)
                inputs.append(slice)
            }
            (self.inputs, self.stream) = (inputs, stream)
            outputs = try request.outputs.map { try $0.map(slice) }
            byteCount = request.movedByteCount
            instance = try kernel.makeInstance(on: stream)
            try stream.synchronize()
        }

        /// Runs once; the time counts unless it is a warm-up.
        func run(isWarmUp: Bool = false) throws {
            let start = ContinuousClock.now
            try instance.run(inputs: inputs, outputs: outputs)
            try stream.synchronize()
            let time = (ContinuousClock.now - start).inSeconds
            guard !isWarmUp else { return }
            seconds.append(time)
            total += time
        }

        var result: Result {
            Result(
                shape: shape, backend: backend.device.backend, dtype: dtype, kernel: kernel.name, seconds: seconds,
                byteCount: byteCount)
        }
    }

    /// The fewest runs of a shape, however long one takes.
    private static let leastRuns = 3

    /// Measures a shape on all backends, in turns, until the time is used on each.
    static func results(
        _ shape: BenchShape, _ dtype: DType, on backends: [any ComputeBackend], seconds: Double,
        refused: (_ backend: String, _ reason: String) -> Void
    ) throws -> [Result] {
        var prepared: [Prepared] = []
        for backend in backends {
            do {
                prepared.append(try Prepared(shape, dtype, on: backend))
            } catch let refusal as UnsupportedOperation {
                refused(backend.device.backend, refusal.reason)
            }
        }
        for kernel in prepared {
            let start = ContinuousClock.now
            repeat { try kernel.run(isWarmUp: true) } while ContinuousClock.now - start < .milliseconds(50)
        }
        var open = prepared
        while !open.isEmpty {
            for kernel in open { try kernel.run() }
            open.removeAll { $0.seconds.count >= leastRuns && $0.total >= seconds }
        }
        return prepared.map(\.result)
    }
}
