import AttendRuntime

/// The time of one kernel alone, without copies to and from the device, or of a whole model.
struct KernelBench {
    /// The times of the runs of one shape on one backend, in seconds.
    struct Result {
        let shape: BenchShape
        let backend: String
        let dtype: DType
        let kernel: String
        let flops: Double
        let seconds: [Double]
        /// Bytes of all operands, each once.
        let byteCount: Int
        /// What the backend reached in the same rounds; nil if it lacks the kernels.
        var roofline: Roofline?

        var minimum: Double { seconds.min() ?? 0 }
        var median: Double { seconds.sorted()[seconds.count / 2] }
        var gflops: Double { flops / minimum / 1e9 }
        var gigabytesPerSecond: Double { Double(byteCount) / minimum / 1e9 }
        /// The least time by the roofline, of arithmetic or memory whichever is longer, as a share of the minimum.
        var rooflineShare: Double? {
            roofline.map { max(flops / $0.flopsPerSecond, Double(byteCount) / $0.bytesPerSecond) / minimum }
        }
    }

    /// The rates that a backend reaches: of arithmetic by a large product, and of memory by a sum over as many bytes as
    /// the shape has (Williams, Waterman and Patterson 2009).
    struct Roofline {
        let flopsPerSecond: Double
        let bytesPerSecond: Double
    }

    /// A kernel or a model ready to run.
    final class Prepared {
        let shape: BenchShape
        let backend: any ComputeBackend
        let byteCount: Int
        private let dtype: DType
        private let kernel: String
        private let flops: Double
        private let body: () throws -> Void
        private(set) var seconds: [Double] = []
        private(set) var total = 0.0

        /// A model on a backend.
        init(_ model: BenchModel, _ dtype: DType, on backend: any ComputeBackend) throws {
            (shape, self.backend, self.dtype) = (model.shape, backend, dtype)
            let session = try Program(model.graph, on: backend).makeSession()
            let plan = try session.plan(for: model.inputs)
            let costs = plan.kernels.map(\.cost)
            (flops, byteCount) = (costs.reduce(0) { $0 + $1.flops }, Int(costs.reduce(0) { $0 + $1.bytes }))
            kernel = "\(costs.count) kernels"
            let inputs = model.inputs
            body = { _ = try session.run(inputs) }
        }

        /// A kernel on a backend.
        ///
        /// - Throws: `UnsupportedOperation` or `BackendError` of the backend.
        init(_ shape: BenchShape, _ dtype: DType, on backend: any ComputeBackend) throws {
            (self.shape, self.backend, self.dtype, flops) = (shape, backend, dtype, shape.flops)
            let (request, tensors) = try shape.request(dtype)
            let kernel = try backend.prepare(request)
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
            let (slices, outputs) = (inputs, try request.outputs.map { try $0.map(slice) })
            byteCount = request.movedByteCount
            let instance = try kernel.makeInstance(on: stream)
            try stream.synchronize()
            self.kernel = kernel.name
            body = {
                try instance.run(inputs: slices, outputs: outputs)
                try stream.synchronize()
            }
        }

        /// Runs once; the time counts unless it is a warm-up.
        func run(isWarmUp: Bool = false) throws {
            let start = ContinuousClock.now
            try body()
            let time = (ContinuousClock.now - start).inSeconds
            guard !isWarmUp else { return }
            seconds.append(time)
            total += time
        }

        var minimum: Double { seconds.min() ?? 0 }

        /// Runs for a turn, at least once: short kernels find their operands in the caches, as they do in a loop of their
        /// own. The first run of a turn finds those of others there, and does not count.
        func takeTurn() throws {
            let start = ContinuousClock.now
            if minimum < KernelBench.turn.inSeconds / 2 { try run(isWarmUp: true) }
            repeat { try run() } while ContinuousClock.now - start < KernelBench.turn
        }

        /// Forgets the times so far.
        func forget() { (seconds, total) = ([], 0) }

        var result: Result {
            Result(
                shape: shape, backend: backend.device.backend, dtype: dtype, kernel: kernel, flops: flops,
                seconds: seconds, byteCount: byteCount, roofline: nil)
        }
    }

    /// The two kernels of a backend's roofline.
    private final class Ceiling {
        private let product: Prepared
        private let read: Prepared

        /// Nil for a backend that lacks one of the kernels in the dtype.
        init?(_ backend: any ComputeBackend, _ product: Prepared?, _ dtype: DType, byteCount: Int) throws {
            guard let product else { return nil }
            self.product = product
            let count = max(1, byteCount / max(1, dtype.byteCount))
            do {
                read = try Prepared(BenchShape(.read, [count]), dtype, on: backend)
            } catch is UnsupportedOperation {
                return nil
            }
            try read.run(isWarmUp: true)
        }

        /// Runs both once, while they have had less than the time.
        func run(within seconds: Double) throws {
            for kernel in [product, read] where kernel.seconds.count < leastRuns || kernel.total < seconds {
                try kernel.takeTurn()
            }
        }

        var roofline: Roofline {
            let (product, read) = (product.result, read.result)
            return Roofline(
                flopsPerSecond: product.gflops * 1e9, bytesPerSecond: read.gigabytesPerSecond * 1e9)
        }
    }

    /// A square product of at least a few milliseconds, up to 4096³; nil for a backend without it in the dtype.
    private static func largeProduct(_ dtype: DType, on backend: any ComputeBackend) throws -> Prepared? {
        var size = 256
        while true {
            let product: Prepared
            do {
                product = try Prepared(BenchShape(.matmul, [size, size, size]), dtype, on: backend)
            } catch is UnsupportedOperation {
                return nil
            }
            try product.run(isWarmUp: true)
            try product.run()
            if product.minimum >= 0.004 || size == 4096 { return product }
            size *= 2
        }
    }

    /// The time of a turn.
    fileprivate static let turn = Duration.milliseconds(10)

    /// The fewest runs of a shape, however long one takes.
    private static let leastRuns = 3

    /// Measures shapes on all backends, in turns, until the time is used on each.
    ///
    /// - Parameters:
    ///   - begun: Called before each shape, with its index.
    ///   - refused: Called for a backend that lacks a shape's kernel.
    static func results(
        _ shapes: [BenchShape], _ dtype: DType, on backends: [any ComputeBackend], seconds: Double,
        begun: (Int) -> Void, refused: (_ shape: BenchShape, _ backend: String, _ reason: String) -> Void
    ) throws -> [Result] {
        let products = try backends.map { try largeProduct(dtype, on: $0) }
        var results: [Result] = []
        for (index, shape) in shapes.enumerated() {
            begun(index)
            var prepared: [(kernel: Prepared, ceiling: Ceiling?)] = []
            let model = shape.kind == .model ? try BenchModel(shape, dtype) : nil
            for (backend, product) in zip(backends, products) {
                do {
                    let kernel =
                        try model.map { try Prepared($0, dtype, on: backend) } ?? Prepared(shape, dtype, on: backend)
                    product?.forget()
                    prepared.append((kernel, try Ceiling(backend, product, dtype, byteCount: kernel.byteCount)))
                } catch let refusal as UnsupportedOperation {
                    refused(shape, backend.device.backend, refusal.reason)
                }
            }
            try measure(prepared, seconds: seconds)
            results += prepared.map { kernel, ceiling in
                var result = kernel.result
                result.roofline = ceiling?.roofline
                return result
            }
        }
        return results
    }

    private static func measure(_ prepared: [(kernel: Prepared, ceiling: Ceiling?)], seconds: Double) throws {
        for (kernel, _) in prepared {
            let start = ContinuousClock.now
            repeat { try kernel.run(isWarmUp: true) } while ContinuousClock.now - start < .milliseconds(50)
        }
        var open = prepared
        while !open.isEmpty {
            for (kernel, ceiling) in open {
                try ceiling?.run(within: seconds)
                try kernel.takeTurn()
            }
            open.removeAll { $0.kernel.seconds.count >= leastRuns && $0.kernel.total >= seconds }
        }
    }
}
