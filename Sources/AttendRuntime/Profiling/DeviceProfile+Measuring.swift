public import AttendBackend
import AttendGraph

extension DeviceProfile {
    /// Measures the devices, for about a second or less each.
    ///
    /// Backends take turns, so that drifting clock speeds affect all alike, and the fastest of several rounds counts. A
    /// kind of work that takes long already is not measured at larger amounts. A kind that a backend has no kernel for
    /// has no curve.
    ///
    /// - Returns: For each backend its profile, or the error of a failed run.
    public static func measure(_ backends: [any ComputeBackend]) -> [Result<DeviceProfile, RunError>] {
        var profiles = backends.map {
            Result<DeviceProfile, RunError>.success(.init(device: name(of: $0.device), curves: [:]))
        }
        func attempt(_ index: Int, _ body: (inout DeviceProfile) throws(RunError) -> Void) {
            guard case .success(var profile) = profiles[index] else { return }
            do throws(RunError) {
                try body(&profile)
                profiles[index] = .success(profile)
            } catch .plan {
                // No kernel for it: nothing to measure.
            } catch {
                profiles[index] = .failure(error)
            }
        }
        for work in Work.allCases where work != .copy {
            for sample in DeviceSample.samples(of: work) {
                var trials: [Int: DeviceTrial] = [:]
                for index in backends.indices {
                    attempt(index) { profile throws(RunError) in
                        guard (profile.curves[work]?.last?.seconds ?? 0) < patience else { return }
                        trials[index] = try DeviceTrial(sample, on: backends[index])
                    }
                }
                for _ in 0..<rounds {
                    for (index, trial) in trials { attempt(index) { _ throws(RunError) in try trial.run() } }
                }
                for (index, trial) in trials {
                    attempt(index) { profile in profile.curves[work, default: []].append(trial.point(work)) }
                }
            }
        }
        for size in copySizes {
            for index in backends.indices {
                attempt(index) { profile throws(RunError) in
                    profile.curves[.copy, default: []].append(try copyPoint(size, on: backends[index]))
                }
            }
        }
        return profiles
    }

    private static let rounds = 5
    /// Seconds beyond which larger amounts of the same work are skipped.
    private static let patience = 0.02
    private static let copySizes = [1 << 8, 1 << 14, 1 << 20]

    /// Time of a round-trip copy.
    private static func copyPoint(_ count: Int, on backend: any ComputeBackend) throws(RunError) -> Point {
        let clock = ContinuousClock()
        var fastest = Double.infinity
        do {
            let tensor = try Tensor(uniform: [count], seed: 1)
            let buffer = BufferSlice(
                try backend.makeBuffer(byteCount: count * backend.storageByteCount(of: .float32)))
            let stream = try backend.makeStream()
            for _ in 0..<rounds {
                let time = try clock.measure {
                    try stream.copyIn(tensor, to: buffer)
                    _ = try stream.copyOut(buffer, dtype: .float32, shape: [count])
                }
                fastest = min(fastest, time.inSeconds)
            }
        } catch let error as BackendError {
            throw .backend(error, node: nil)
        } catch {
            preconditionFailure("a small shape must be valid: \(error)")
        }
        return Point(amount: Double(4 * count), seconds: fastest)
    }
}

/// A graph of one node, for measuring a device.
struct DeviceSample {
    let graph: Graph
    let inputs: [String: Tensor]

    /// - Parameter build: Makes the output value from the inputs.
    private init(
        _ shapes: [[Int]], _ build: (GraphBuilder, [Value]) throws(GraphError) -> Value
    ) {
        do {
            let builder = GraphBuilder("sample")
            var (values, inputs) = ([Value](), [String: Tensor]())
            for (index, shape) in shapes.enumerated() {
                values.append(try builder.input("x\(index)", .float32, shape.map { Size($0) }))
                inputs["x\(index)"] = try Tensor(uniform: shape, in: -1...1, seed: index + 1)
            }
            try builder.output("y", build(builder, values))
            (graph, self.inputs) = (try builder.build(), inputs)
        } catch {
            preconditionFailure("a measured sample must be a valid graph: \(error)")
        }
    }

    private static func product(_ rows: Int, _ from: Int, _ to: Int) -> DeviceSample {
        DeviceSample([[rows, from]]) { builder, values throws(GraphError) in
            guard let weight = try? Tensor(uniform: [to, from], in: -1...1, seed: 9) else {
                preconditionFailure("a matrix has a shape")
            }
            return try values[0].linear(weight: builder.constant(weight))
        }
    }

    private static func attention(_ heads: Int, _ tokens: Int, _ width: Int) -> DeviceSample {
        let shape = [1, heads, tokens, width]
        return DeviceSample([shape, shape, shape]) { builder, values throws(GraphError) in
            try builder.apply(.attention, inputs: ["query": values[0], "key": values[1], "value": values[2]])[0]
        }
    }

    static func samples(of work: DeviceProfile.Work) -> [DeviceSample] {
        switch work {
        case .thinProduct: [product(1, 64, 64), product(1, 384, 384), product(1, 1024, 1024), product(4, 1024, 1024)]
        case .product:
            [
                product(16, 64, 64), product(64, 128, 128), product(128, 384, 384), product(512, 384, 384),
                product(256, 1024, 1024)
            ]
        case .matmul:
            [(1, 16, 16), (4, 64, 32), (12, 128, 64)].map { batch, rows, width in
                DeviceSample([[batch, rows, width], [batch, width, rows]]) { _, values throws(GraphError) in
                    try values[0].matmul(values[1])
                }
            }
        case .attention: [attention(2, 8, 16), attention(12, 64, 32), attention(12, 128, 32), attention(24, 256, 64)]
        case .rows:
            [[8, 16], [64, 128], [512, 384], [2048, 768]].map { shape in
                DeviceSample([shape]) { builder, values throws(GraphError) in
                    try builder.apply(.gelu, inputs: ["input": values[0]])[0]
                }
            }
        case .elements:
            [[8, 16], [64, 128], [512, 384], [2048, 768]].map { shape in
                DeviceSample([shape, shape]) { _, values throws(GraphError) in try values[0] + values[1] }
            }
        case .copy: []
        }
    }
}

/// A sample bound to a device, with its fastest time.
private final class DeviceTrial: RunObserver {
    private let session: Session
    private let inputs: [String: Tensor]
    private let clock = ContinuousClock()
    private var started: ContinuousClock.Instant?
    private var seconds = 0.0
    private var cost = KernelCost(flops: 0, bytes: 0)
    private var fastest = Double.infinity

    init(_ sample: DeviceSample, on backend: any ComputeBackend) throws(RunError) {
        session = try Program(sample.graph, on: backend, optimizer: .none).makeSession()
        inputs = sample.inputs
        // Packs, compiles and fills caches.
        _ = try session.run(inputs)
        session.observer = self
    }

    func run() throws(RunError) {
        (seconds, cost) = (0, KernelCost(flops: 0, bytes: 0))
        _ = try session.run(inputs)
        fastest = min(fastest, seconds)
    }

    func willRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        started = clock.now
    }

    func didRun(_ step: RunStep) throws(BackendError) {
        try step.finish()
        if let started { seconds += (clock.now - started).inSeconds }
        cost.flops += step.placement.cost.flops
        cost.bytes += step.placement.cost.bytes
    }

    func point(_ work: DeviceProfile.Work) -> DeviceProfile.Point {
        // Only kernel times are summed, without observer overhead.
        .init(amount: max(work.isCountedInBytes ? cost.bytes : cost.flops, 1), seconds: max(fastest, 1e-9))
    }
}
