import AttendParity
import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// What a backend does to the thread is its failure, and reaches neither the oracle nor others' results.
@Suite struct FloatingPointTests {
    private static let flushing = FloatingPointEnvironment.standard.with(flushingDenormals: true)
    private static let down = FloatingPointEnvironment.standard.with(roundingDown: true)

    /// Denormals in, denormals out.
    private static let tiny = "add[lhs=9x130,rhs=9x130,values=tiny,seed=43]"

    @inline(never) @_optimize(none) private static func sum(_ left: Double, _ right: Double) -> Double { left + right }

    @Test func `another environment changes results, so that the tests below say something`() {
        Self.flushing.apply()
        let flushed = Self.sum(0x1p-1060, 0x1p-1060)
        Self.down.apply()
        let rounded = Self.sum(1, 0x1.8p-53)
        FloatingPointEnvironment.standard.apply()
        #expect(flushed == 0)
        #expect(rounded == 1)
        #expect(Self.sum(0x1p-1060, 0x1p-1060) > 0)
        #expect(Self.sum(1, 0x1.8p-53) > 1)
        #expect("\(Self.down)" == "rounding down")
        #expect("\(Self.flushing)" == "denormal results flushed to 0, denormal operands taken as 0")
    }

    @Test func `the environment of whoever asks is kept, and the run has its own`() throws {
        Self.flushing.apply()
        let report = Result { try ParityRun(backends: [simd]).report(on: [named(Self.tiny)]) }
        let after = FloatingPointEnvironment.current
        FloatingPointEnvironment.standard.apply()
        #expect(after == Self.flushing)
        #expect(try report.get().passes)
    }

    @Test(arguments: [
        ("multiply-leaves-rounding-down", "multiply[lhs=9x130,rhs=9x130,seed=61]", "rounding down"),
        ("exp-leaves-flushing", "exp[shape=9x130,seed=2]", "denormal operands taken as 0")
    ])
    func `a kernel that leaves the environment changed fails, and backends beside it do not suffer`(
        fault: String, name: String, words: String
    ) throws {
        let faulty = PlantedFaults.backend(simd, with: try #require(PlantedFaults.fault(named: fault)))
        let cases = try [named(name), named(Self.tiny), named("softmax[shape=33x40,seed=0]")]
        let honest = ParityRun(backends: [simd]).report(on: cases)
        var results = ParityRun(backends: [faulty, simd]).report(on: cases).results
        #expect(FloatingPointEnvironment.current == .standard)
        guard case .failed(let failure) = results.removeFirst().outcome.verdict else {
            Issue.record("the fault was not found")
            return
        }
        #expect(failure.kind == .environment, "\(failure.message)")
        #expect(failure.message.contains(words), "\(failure.message)")
        #expect(failure.message.hasPrefix("the kernel \""))
        for result in results {
            guard case .passed = result.outcome.verdict else {
                Issue.record("\(result.subject) on \(result.backend): \(result.outcome.verdict)")
                continue
            }
            let alone = honest.results.first { $0.subject == result.subject }
            #expect(result.outcome.worstShare == alone?.outcome.worstShare)
        }
    }

    /// A backend that is right when it is prepared for, and changes the thread while it prepares.
    private final class Preparing: ForwardingBackend {
        let base: any ComputeBackend = simd
        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            FloatingPointTests.flushing.apply()
            return try base.prepare(request)
        }
    }

    @Test func `preparing is watched as well, of refusals too`() throws {
        let run = ParityRun(backends: [Preparing()])
        for name in [Self.tiny, "add[lhs=9x130,rhs=9x130,dtype=float16,seed=61]"] {
            let failure = try #require(failures(in: run.report(on: [named(name)])).first)
            #expect(failure.kind == .environment)
            #expect(failure.message.hasPrefix("preparing add.v1 left"))
        }
    }

    @Test func `what was changed while a backend was made keeps its cases from passing`() throws {
        var run = ParityRun(backends: [simd, makeReference()])
        run.loadComplaints = [0: "loading it left the floating-point environment changed"]
        let report = try run.report(on: [named(Self.tiny)])
        #expect(failures(in: report).map(\.kind) == [.environment])
        #expect(report.passes("reference"))
    }

    @Test func `a shadow judges in its own environment`() throws {
        let built = try named(Self.tiny).build()
        let session = try Program(built.graph, on: simd, optimizer: .none).makeSession()
        let shadow = Shadow(of: built.graph)
        session.observer = Changing(shadow)
        _ = try session.run(built.inputs)
        FloatingPointEnvironment.standard.apply()
        #expect(shadow.judgedCount > 0, "\(shadow.first.map { "\($0)" } ?? "")")
        #expect(shadow.first == nil, "\(shadow.first.map { "\($0)" } ?? "")")
    }

    /// As a kernel would that leaves the thread rounding down.
    private final class Changing: RunObserver {
        private let shadow: Shadow
        init(_ shadow: Shadow) { self.shadow = shadow }
        func willRun(_ step: RunStep) throws(BackendError) { try shadow.willRun(step) }
        func didRun(_ step: RunStep) throws(BackendError) {
            FloatingPointTests.flushing.apply()
            try shadow.didRun(step)
        }
    }
}
