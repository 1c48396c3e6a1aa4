import AttendRuntime

/// The execution of a case with states: several runs in one session, each of which continues from the states of the one
/// before.
///
/// One session runs alone, and each run is compared with the oracle. Then two sessions with other values take turns, and
/// a third one has all values in one arena: neither changes any bits.
struct StateExecution {
    let subject: ParityCase
    let built: BuiltCase
    private let expected: [Expectation]
    private let otherExpected: [Expectation]

    /// - Throws: ``RunError`` for inputs that cause an error.
    init(subject: ParityCase, built: BuiltCase, model: RoundingModel) throws(RunError) {
        (self.subject, self.built) = (subject, built)
        expected = try built.expectations(model, of: built.stateRuns)
        otherExpected = try built.expectations(model, of: built.otherStateRuns)
    }

    func run(on backend: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)? = nil) -> CaseOutcome {
        let guarded = GuardedBackend(backend, watcher: watcher)
        var outcome = CaseOutcome(.passed)
        outcome.size = expected.reduce(0) { $0 + $1.outputs.reduce(0) { $0 + $1.value.elementCount } }
        do throws(RunError) {
            let program = built.program(on: guarded)
            let session = try program.makeSession()
            outcome.kernels = try session.plan(for: built.inputs).placements.map(\.kernel)
            var alone: [[Tensor]] = []
            for (run, inputs) in built.stateRuns.enumerated() {
                alone.append(try built.outputs(of: session, for: inputs))
                judge(alone[run], expected[run], "run \(run + 1) of the session", &outcome)
                guard case .passed = outcome.verdict else { return outcome }
            }
            try runInTurns(program, alone, &outcome)
            try runInArena(backend, alone, &outcome)
        } catch .plan(.unsupported(_, _, _, let reason)) {
            outcome.verdict = guarded.misconduct.map { .failed($0) } ?? .unsupported(reason)
            return outcome
        } catch {
            outcome.verdict = .failed(CaseFailure(.error, "the run failed: \(error)"))
            return outcome
        }
        if case .passed = outcome.verdict, let failure = guarded.failureOfConduct() {
            outcome.verdict = .failed(failure)
        }
        return outcome
    }

    /// Two sessions of one program, the runs of each between those of the other.
    private func runInTurns(
        _ program: Program, _ alone: [[Tensor]], _ outcome: inout CaseOutcome
    ) throws(RunError) {
        let (first, second) = (try program.makeSession(), try program.makeSession())
        for run in built.stateRuns.indices {
            compare(
                try built.outputs(of: first, for: built.stateRuns[run]), alone[run],
                "run \(run + 1), between runs of another session,", &outcome)
            let other = try built.outputs(of: second, for: built.otherStateRuns[run])
            judge(other, otherExpected[run], "run \(run + 1) of the second session", &outcome)
        }
    }

    private func runInArena(
        _ backend: any ComputeBackend, _ alone: [[Tensor]], _ outcome: inout CaseOutcome
    ) throws(RunError) {
        let session = try Program(built.graph, on: backend, optimizer: .none, memory: .arena).makeSession()
        for run in built.stateRuns.indices {
            compare(
                try built.outputs(of: session, for: built.stateRuns[run]), alone[run],
                "run \(run + 1), with all values in one arena,", &outcome)
        }
    }

    private func judge(
        _ outputs: [Tensor], _ expectation: Expectation, _ place: String, _ outcome: inout CaseOutcome
    ) {
        guard case .passed = outcome.verdict else { return }
        for (tensor, expected) in zip(outputs, expectation.outputs) {
            let comparison = FloatingPointEnvironment.inStandard { expected.value.compare(tensor) }
            outcome.count(comparison)
            guard !comparison.isRight else { continue }
            guard expectation.undecidedBranches == 0 else {
                outcome.verdict = .notRun(expectation.undecidedReason)
                return
            }
            var failure = CaseFailure(comparison, output: expected.name)
            failure.message = "\(place): \(failure.message)"
            outcome.verdict = .failed(failure)
            return
        }
    }

    private func compare(
        _ found: [Tensor], _ alone: [Tensor], _ place: String, _ outcome: inout CaseOutcome
    ) {
        guard case .passed = outcome.verdict else { return }
        for (output, (tensor, expected)) in zip(built.graph.outputs, zip(found, alone)) {
            guard let position = tensor.firstDifferentBit(from: expected) else { continue }
            outcome.verdict = .failed(
                CaseFailure(
                    .notRepeatable,
                    "\(place) has other bits of \(output.name) than alone, first at position \(position)"))
            return
        }
    }
}
