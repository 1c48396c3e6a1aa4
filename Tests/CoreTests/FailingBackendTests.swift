import AttendRuntime
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

/// Kernels that fail and devices that go, in the middle of a run.
@Suite struct FailingBackendTests {
    /// The reference, whose kernel runs fail where they are told to.
    private final class Failing: ForwardingBackend {
        let base: any ComputeBackend = makeReference()
        let device = DeviceDescription(backend: "failing", name: "fails when told to", threads: 1)
        /// Runs of kernels until the one that fails; nil for none. It fails once, or from then on.
        let plan = Mutex<(countdown: Int?, error: BackendError, isLasting: Bool)>(
            (nil, .failed(backend: "failing", action: "run", reason: "it was told to"), false))

        func fail(after count: Int, _ error: BackendError, isLasting: Bool = false) {
            plan.withLock { $0 = (count, error, isLasting) }
        }
        func recover() { plan.withLock { $0.countdown = nil } }

        fileprivate func check() throws(BackendError) {
            try plan.withLock { plan throws(BackendError) in
                guard let countdown = plan.countdown else { return }
                if countdown > 0 {
                    plan.countdown = countdown - 1
                } else {
                    if !plan.isLasting { plan.countdown = nil }
                    throw plan.error
                }
            }
        }

        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            FailingKernel(base: try base.prepare(request), backend: self)
        }
    }

    private struct FailingKernel: ForwardingKernel {
        let base: any Kernel
        let backend: Failing
        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            Instance(base: try base.makeInstance(on: stream), backend: backend)
        }

        private final class Instance: KernelInstance {
            let base: any KernelInstance
            let backend: Failing
            init(base: any KernelInstance, backend: Failing) { (self.base, self.backend) = (base, backend) }
            func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
                try backend.check()
                try base.run(inputs: inputs, outputs: outputs)
            }
        }
    }

    /// A sum over runs: what a failed run must not change.
    private static func counter() throws -> Graph {
        let builder = GraphBuilder("counter")
        let x = try builder.input("x", .float32, [3])
        let sum = try builder.state("sum", .float32, [3])
        let next = try builder.apply(.add, [sum, x.exp()], named: "next")
        try builder.update(sum, with: next)
        try builder.output("y", builder.apply(.tanh, [next], named: "last"))
        return try builder.build()
    }

    @Test func `a kernel that fails is named, states stay, and the session goes on`() throws {
        let backend = Failing()
        let session = try Program(Self.counter(), on: backend).makeSession()
        let honest = try Program(Self.counter(), on: makeReference()).makeSession()
        let inputs = ["x": try Tensor([0.1, 0.2, 0.3] as [Float], shape: [3])]
        #expect(try session.run(inputs) == honest.run(inputs))
        let cause = BackendError.failed(backend: "failing", action: "run", reason: "a bad day")
        for (count, node) in [(0, "exp"), (1, "next"), (2, "last")] {
            backend.fail(after: count, cause)
            let error = #expect(throws: RunError.self) { try session.run(inputs) }
            guard case .backend(let found, let place) = try #require(error) else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(found == cause, "\(String(describing: place))")
            #expect(place?.contains(node) == true, "\(String(describing: place))")
        }
        #expect(try session.run(inputs) == honest.run(inputs))
    }

    @Test func `a session whose device is lost says so from then on, a new one may go on`() throws {
        let backend = Failing()
        let program = Program(try Self.counter(), on: backend)
        let session = try program.makeSession()
        let inputs = ["x": try Tensor([0.1, 0.2, 0.3] as [Float], shape: [3])]
        let first = try session.run(inputs)
        let lost = BackendError.deviceLost(backend: "failing", reason: "somebody pulled the plug")
        backend.fail(after: 1, lost, isLasting: true)
        #expect(throws: RunError.backend(lost, node: "next")) { try session.run(inputs) }
        backend.recover()
        // What its states hold nobody knows.
        #expect(throws: RunError.backend(lost, node: nil)) { try session.run(inputs) }
        #expect(try program.makeSession().run(inputs) == first)
    }

    @Test func `an observer that throws ends the run at its kernel`() throws {
        final class Objector: RunObserver {
            func willRun(_ step: RunStep) throws(BackendError) {
                guard step.placement.node == "next" else { return }
                throw .failed(backend: "observer", action: "look on", reason: "it has seen enough")
            }
            func didRun(_ step: RunStep) throws(BackendError) {}
        }
        let session = try Program(Self.counter(), on: makeReference()).makeSession()
        let inputs = ["x": try Tensor([0.1, 0.2, 0.3] as [Float], shape: [3])]
        session.observer = Objector()
        let error = #expect(throws: RunError.self) { try session.run(inputs) }
        #expect("\(try #require(error))".contains("node \"next\""))
        session.observer = nil
        let honest = try Program(Self.counter(), on: makeReference()).makeSession()
        #expect(try session.run(inputs) == honest.run(inputs))
    }
}
