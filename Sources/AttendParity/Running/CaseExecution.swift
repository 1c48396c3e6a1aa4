import AttendRuntime

/// The execution of one case on one backend: run repeatedly, and compared with the expected results.
struct CaseExecution {
    let subject: ParityCase
    let built: BuiltCase
    let expectation: Expectation
    /// The expected results for the other values of the inputs.
    let otherExpectation: Expectation
    let model: RoundingModel
    /// Whether the sessions that run at once have memory beside protected pages: a kernel that leaves its buffers then
    /// ends the process.
    var protectsPages = false
    /// The number of runs with the same inputs, which must produce the same bits.
    private let runCount: Int

    /// - Throws: ``RunError`` for inputs that cause an error.
    init(subject: ParityCase, built: BuiltCase, model: RoundingModel, runCount: Int) throws(RunError) {
        (self.subject, self.built, self.model) = (subject, built, model)
        expectation = try built.expectation(model)
        otherExpectation = try built.withOthers.expectation(model)
        self.runCount = max(1, runCount, built.runCount)
    }

    func run(on backend: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)? = nil) -> CaseOutcome {
        var outcome = executed(on: backend, watcher)
        // An invalid index that was due to fail is not among the case's own inputs.
        if case .failed(var failure) = outcome.verdict, failure.values == nil, failure.kind != .dueError {
            failure.values = ShownValues(built, inputs: built.inputs, others: size)
            outcome.verdict = .failed(failure)
        }
        return outcome
    }

    private func executed(on backend: any ComputeBackend, _ watcher: (@Sendable (CaseStep) -> Void)?) -> CaseOutcome {
        let guarded = GuardedBackend(backend, watcher: watcher)
        var outcome = CaseOutcome(.passed)
        outcome.size = size
        let runs: CaseRuns
        func judgeFirst(_ outputs: [Tensor]) {
            FloatingPointEnvironment.inStandard {
                outcome.verdict = verdict(on: outputs) { outcome.count($0) }
            }
        }
        do throws(RunError) {
            if built.isDirect {
                runs = try DirectRun(built.graph, on: guarded).run(built, times: runCount)
                judgeFirst(runs.outputs[0])
            } else {
                runs = try runPlanned(on: guarded) { outputs in
                    judgeFirst(outputs)
                    if case .passed = outcome.verdict { return true }
                    return false
                }
            }
            (outcome.kernels, outcome.isDecomposed) = (runs.kernels, runs.isDecomposed)
        } catch .plan(.unsupported(let node, let operation, _, let reason)) {
            if let failure = guarded.misconduct {
                outcome.verdict = .failed(failure)
                return outcome
            }
            let place = operation == OperationID(subject.operation).description ? "" : "\(operation) in \(node): "
            return CaseOutcome(.unsupported(place + reason))
        } catch {
            // Without the counts of a first run that passed.
            outcome = CaseOutcome(.failed(failure(of: error, guarded)))
            outcome.size = size
            return outcome
        }
        FloatingPointEnvironment.inStandard { judge(runs, &outcome) }
        if built.isGraph { judgeNodes(on: backend, watcher, &outcome) }
        if outcome.isDecomposed { judgeParts(on: backend, watcher, &outcome) }
        switch outcome.verdict {
        case .passed: outcome.verdict = verdictOnConduct(of: guarded, outcome)
        case .failed(var failure) where failure.kind == .wrong || failure.kind == .planDiffers:
            // The environment may be the cause of the wrong result.
            guard let change = guarded.environmentChange else { break }
            failure.message += "; \(change)"
            outcome.verdict = .failed(failure)
        case .failed, .unsupported, .notRun: break
        }
        if case .passed = outcome.verdict, !built.isDirect {
            watcher?(.kernel("\(outcome.kernels.last ?? subject.operation), on two streams at once"))
            let rounds =
                built.runCount > 1
                ? ConcurrentRuns.manyRounds
                : built.elementCount <= 1 << 11 ? ConcurrentRuns.smallRounds : ConcurrentRuns.fewRounds
            var concurrent = ConcurrentRuns(built: built, rounds: rounds)
            // A quarter of the cases with a page at each side, the others with zones. A planted fault writes through
            // the backend's own copies.
            if protectsPages, !(backend is FaultyBackend) {
                switch subject.name.utf8.reduce(0, { $0 &+ Int($1) }) % 4 {
                case 0: concurrent.placement = .beforeProtected
                case 1: concurrent.placement = .afterProtected
                default: break
                }
            }
            if let failure = concurrent.failure(on: backend, expecting: [runs.outputs[0], runs.other]) {
                outcome.verdict = .failed(failure)
            }
        }
        return outcome
    }

    /// The failure of a run that ended with an error; for an invalid refusal, with the guard's description.
    private func failure(of error: RunError, _ guarded: GuardedBackend) -> CaseFailure {
        if case .plan(.faulty) = error, let failure = guarded.misconduct { return failure }
        return CaseFailure(.error, "the run failed: \(error)")
    }

    /// The verdict for correct results, depending on the backend's conduct.
    private func verdictOnConduct(of guarded: GuardedBackend, _ outcome: CaseOutcome) -> CaseOutcome.Verdict {
        if let failure = guarded.failureOfConduct() { return .failed(failure) }
        // The nodes of a graph are also judged one by one.
        guard outcome.elementCount > 0, outcome.undecided == outcome.elementCount, !built.isGraph else {
            return .passed
        }
        let reason = "the error analysis gives no bound for any of the \(outcome.elementCount) elements"
        // The cases are made for float32: in lower precision, some can't show anything about a backend.
        return model.narrow.map { .unsupported("in \($0) \(reason)") } ?? .notRun("nothing was judged: \(reason)")
    }

    /// - Parameter isRight: Judges the first run. Of a wrong one there are no more.
    private func runPlanned(
        on backend: GuardedBackend, isRight: ([Tensor]) -> Bool
    ) throws(RunError) -> CaseRuns {
        let session = try built.program(on: backend).makeSession()
        let places = try session.plan(for: built.inputs, capture: built.captures).placements
        func outputs(_ inputs: [String: Tensor]) throws(RunError) -> [Tensor] {
            try built.outputs(of: session, for: inputs)
        }
        var runs: [[Tensor]] = []
        var memory = MemoryWatch(isActive: protectsPages && runCount >= MemoryWatch.leastRuns, runs: runCount)
        let isPrimitive = Primitive(rawValue: subject.operation) != nil
        let isWhole = places.contains { $0.operation == OperationID(subject.operation).description }
        let isDecomposed = !isPrimitive && !isWhole && !built.isGraph
        for run in 0..<runCount {
            let outputs = try outputs(built.inputs)
            // Thousands of runs with the same bits share one copy; fewer are compared when all are there.
            let isShared = run > 0 && memory.isActive && zip(runs[0], outputs).allSatisfy { $0.hasSameBits(as: $1) }
            runs.append(isShared ? runs[0] : outputs)
            memory.note(run)
            // More runs of a kernel that is wrong show nothing.
            guard runs.count > 1 || isRight(runs[0]) else {
                return CaseRuns(outputs: runs, other: [], kernels: places.map(\.kernel), isDecomposed: isDecomposed)
            }
        }
        let other = try outputs(built.others)
        runs.append(try outputs(built.inputs))
        var complaint: String?
        for due in built.dueErrors where complaint == nil {
            var found: RunError?
            do throws(RunError) {
                _ = try outputs(built.inputs.merging([due.input: due.tensor]) { $1 })
            } catch {
                found = error
            }
            complaint = due.complaint(about: found)
            // The kernel must be usable after an error.
            if complaint == nil { runs.append(try outputs(built.inputs)) }
        }
        return CaseRuns(
            outputs: runs, other: other, dueErrorComplaint: complaint, memoryComplaint: memory.complaint,
            kernels: places.map(\.kernel), isDecomposed: isDecomposed)
    }

    // MARK: Judging

    /// The number of elements of all expected outputs.
    var size: Int { expectation.outputs.reduce(0) { $0 + $1.value.elementCount } }

    /// The verdict on the outputs of one run with the case's inputs.
    ///
    /// - Parameter note: Called with each comparison, up to the first that fails.
    func verdict(on outputs: [Tensor], note: (Comparison) -> Void = { _ in }) -> CaseOutcome.Verdict {
        guard outputs.count == expectation.outputs.count else {
            return .failed(CaseFailure(.error, "the run gave \(outputs.count) outputs"))
        }
        for (tensor, expected) in zip(outputs, expectation.outputs) {
            let comparison = expected.value.compare(tensor, keepsZeroSigns: built.keepsZeroSigns)
            note(comparison)
            if !comparison.isRight {
                return verdict(on: comparison, output: expected.name, found: tensor, expected: expected.value)
            }
        }
        return .passed
    }

    private func judge(_ results: CaseRuns, _ outcome: inout CaseOutcome) {
        let runs = results.outputs
        guard case .passed = outcome.verdict else { return }
        for (index, run) in runs.enumerated().dropFirst() {
            for (tensor, first) in zip(run, zip(runs[0], expectation.outputs)) {
                guard let position = tensor.firstDifferentBit(from: first.0) else { continue }
                var failure = CaseFailure(
                    .notRepeatable,
                    "run \(index + 1) and run 1 differ in the bits of \(first.1.name), first at position \(position)")
                failure.output = first.1.name
                failure.elementCount = tensor.elementCount
                failure.values = ShownValues(built, first.1.name, tensor, run: index + 1, first: first.0)
                outcome.verdict = .failed(failure)
                return
            }
        }
        for (tensor, expected) in zip(results.other, otherExpectation.outputs) {
            let comparison = expected.value.compare(tensor, keepsZeroSigns: built.keepsZeroSigns)
            guard !comparison.isRight, otherExpectation.undecidedBranches == 0 else { continue }
            var failure = CaseFailure(comparison, output: expected.name)
            failure.values = ShownValues(built, inputs: built.others, expected.name, tensor, expected.value)
            failure.message = "wrong with other inputs after \(runCount) runs of the same kernel: \(failure.message)"
            outcome.verdict = .failed(failure)
            return
        }
        if let complaint = results.dueErrorComplaint {
            outcome.verdict = .failed(CaseFailure(.dueError, complaint))
        } else if let complaint = results.memoryComplaint {
            outcome.verdict = .failed(CaseFailure(.memoryGrows, complaint))
        }
    }

    private func verdict(
        on comparison: Comparison, output: String, found: Tensor, expected: ExpectedTensor
    ) -> CaseOutcome.Verdict {
        if expectation.undecidedBranches > 0 {
            return .notRun(expectation.undecidedReason)
        }
        var failure = CaseFailure(comparison, output: output)
        failure.values = ShownValues(built, inputs: built.inputs, output, found, expected)
        return .failed(failure)
    }
}

/// The results of a case's runs.
struct CaseRuns {
    /// The outputs of each run with the case's inputs, in the graph's order. Runs with the other inputs and runs that
    /// ended with a due error are between them.
    var outputs: [[Tensor]]
    /// The outputs of the run with the other values of the inputs.
    var other: [Tensor]
    /// The description of the first due error that did not occur as specified; nil if all did.
    var dueErrorComplaint: String?
    /// The growth of the process' memory over many runs; nil for none.
    var memoryComplaint: String?
    /// The kernels of one run, in execution order.
    var kernels: [String]
    var isDecomposed: Bool
}
