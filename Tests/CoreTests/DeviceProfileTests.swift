import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// Predictions by what was measured.
@Suite struct DeviceProfileTests {
    private func profile(_ name: String, _ curves: [DeviceProfile.Work: [(Double, Double)]]) -> DeviceProfile {
        DeviceProfile(
            device: name, curves: curves.mapValues { $0.map { DeviceProfile.Point(amount: $0.0, seconds: $0.1) } })
    }

    @Test func `between points straight, below the first its launch, above the last in proportion`() {
        let curve = profile("x", [.product: [(100, 1), (300, 2), (1000, 9)]])
        for (amount, seconds) in [(1.0, 1.0), (100, 1), (200, 1.5), (300, 2), (650, 5.5), (1000, 9), (2000, 18)] {
            #expect(abs(curve.seconds(amount, of: .product) - seconds) < 1e-12, "\(amount)")
        }
        // What was not measured is never cheap: as slow as the slowest that is counted alike, a byte a nanosecond where
        // nothing is.
        #expect(abs(curve.seconds(600, of: .attention) - 6) < 1e-12)
        #expect(curve.seconds(5, of: .copy) == 5e-9)
        #expect(curve.peakFlops == 150)
    }

    @Test(.tags(.slow), .unlessFast) func `a device is measured in growing amounts`() throws {
        let profile = try DeviceProfile.measure([makeReference()])[0].get()
        #expect(profile.device == DeviceProfile.name(of: makeReference().device))
        for work in DeviceProfile.Work.allCases {
            let points = try #require(profile.curves[work])
            #expect(points.count > 1, "\(work)")
            #expect(points.allSatisfy { $0.seconds > 0 }, "\(work)")
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.amount < $1.amount }, "\(work)")
        }
        #expect(profile.peakFlops > 1e6)
        #expect(profile.peakBytes > 1e6)
    }

    @Test func `what a backend has no kernel for is not measured, and one that fails keeps no other from it`() throws {
        let outcomes = DeviceProfile.measure([MatmulAlone(), RefusingBackend()])
        let partial = try outcomes[0].get()
        try #require(partial.curves[.matmul]?.isEmpty == false)
        #expect(partial.curves[.product]?.isEmpty == false)
        #expect(partial.curves[.elements] == nil)
        #expect(partial.curves[.rows] == nil)
        #expect(partial.curves[.copy]?.count == 3)
        expectError(RunError.self, saying: "it refuses all") { try outcomes[1].get() }
    }

    /// The reference's products, and nothing else.
    private final class MatmulAlone: ForwardingBackend {
        let base: any ComputeBackend = makeReference()
        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            guard request.operation.primitive == .matmul else { throw UnsupportedOperation("products alone") }
            return try base.prepare(request)
        }
    }

    @Test func `the backend that is expected to be soonest comes first, what can't run the graph last`() throws {
        let inputs = try SampleBlock.inputs(batch: 1, tokens: 4)
        let graph = try SampleBlock.graph()
        func uniform(_ seconds: Double) -> DeviceProfile {
            var curves: [DeviceProfile.Work: [(Double, Double)]] = [:]
            for work in DeviceProfile.Work.allCases { curves[work] = [(1, seconds), (2, 2 * seconds)] }
            return profile("x", curves)
        }
        let candidates: [any ComputeBackend] = [DenseOnlyBackend(), makeReference(), RefusingBackend()]
        let ranking = try BackendRanking(
            graph, inputs: inputs, among: candidates, profiles: [uniform(3), uniform(1), uniform(0.1)])
        #expect(ranking.entries.map(\.candidate) == [1, 0, 2])
        let best = try #require(ranking.best)
        #expect(best.backend == "reference")
        let plan = try Program(graph, on: makeReference()).makeSession().plan(for: inputs)
        #expect(best.seconds == plan.predictedSeconds([uniform(1)]))
        // The program that was ranked runs with the plan that it was ranked by.
        let program = try #require(ranking.bestProgram)
        let session = try program.makeSession()
        #expect(try session.plan(for: inputs).predictedSeconds([uniform(1)]) == best.seconds)
        _ = try session.run(inputs)
        #expect(program.planCount == 1)
        #expect(program.backend.device.backend == "reference")
        // What is ranked is what runs: without passes it is another plan.
        let unchanged = try BackendRanking(
            graph, inputs: inputs, among: candidates, optimizer: .none,
            profiles: [uniform(3), uniform(1), uniform(0.1)])
        let longer = try Program(graph, on: makeReference(), optimizer: .none).makeSession().plan(for: inputs)
        #expect(unchanged.best?.seconds == longer.predictedSeconds([uniform(1)]))
        #expect(unchanged.best?.seconds != best.seconds)
        #expect(ranking.entries[2].refusal?.contains("refuses all") == true)
        expectError(GraphError.self, saying: "\"input\"") {
            try BackendRanking(graph, inputs: [:], among: candidates, profiles: [uniform(1), uniform(1), uniform(1)])
        }
    }

    private final class RefusingBackend: ComputeBackend {
        let device = DeviceDescription(backend: "refusing", name: "nothing", threads: 1)
        func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
            throw .outOfMemory(backend: "refusing", byteCount: byteCount)
        }
        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            throw UnsupportedOperation("it refuses all")
        }
        func makeStream() throws(BackendError) -> any ComputeStream {
            throw .failed(backend: "refusing", action: "make a stream", reason: "it refuses all")
        }
    }
}
