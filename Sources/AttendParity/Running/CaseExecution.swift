import AttendRuntime

/// The execution of one case on one backend: run repeatedly, and compared with the expected results.
struct CaseExecution {
    let subject: ParityCase
    let built: BuiltCase
    let expectation: Expectation
    let model: RoundingModel
    /// The number of runs with the same inputs, which must produce the same bits.
    private let runCount: Int

    init(subject: ParityCase, built: BuiltCase, expectation: Expectation, model: RoundingModel, runCount: Int) {
        (self.subject, self.built, self.expectation, self.model) = (subject, built, expectation, model)
        self.runCount = max(1, runCount, built.runCount)
    }

    func run(on backend: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)? = nil) -> CaseOutcome {
        let guarded = GuardedBackend(backend, watcher: watcher)
        var outcome = CaseOutcome(.passed)
        outcome.size = expectation.outputs.reduce(0) { $0 + $1.value.elementCount }
        let runs: [[Tensor]]
        do throws(RunError) {
            let results =
                try built.isDirect
                ? DirectRun(built.graph, on: guarded).run(built.inputs, times: runCount)
                : runPlanned(on: guarded)
            (runs, outcome.kernels, outcome.isDecomposed) = (results.outputs, results.kernels, results.isDecomposed)
        } catch .plan(.unsupported(let node, let operation, _, let reason)) {
            if let failure = misconduct(of: guarded) {
                outcome.verdict = .failed(failure)
                return outcome
            }
            let place = operation == OperationID(subject.operation).description ? "" : "\(operation) in \(node): "
            return CaseOutcome(.unsupported(place + reason))
        } catch {
            outcome.verdict = .failed(failure(of: error, guarded))
            return outcome
        }
        FloatingPointEnvironment.inStandard { judge(runs, &outcome) }
        if built.isGraph { judgeNodes(on: backend, watcher, &outcome) }
        switch outcome.verdict {
        case .passed: outcome.verdict = verdictOnConduct(of: guarded, outcome)
        case .failed(var failure) where failure.kind == .wrong || failure.kind == .planDiffers:
            // The environment may be the cause of the wrong result.
            guard let change = guarded.environmentChange else { break }
            failure.message += "; \(change)"
            outcome.verdict = .failed(failure)
        case .failed, .unsupported, .notRun: break
        }
        return outcome
    }

    /// The failure of a run that ended with an error; for an invalid refusal, with the guard's description.
    private func failure(of error: RunError, _ guarded: GuardedBackend) -> CaseFailure {
        if case .plan(.faulty) = error, let failure = misconduct(of: guarded) { return failure }
        return CaseFailure(.error, "the run failed: \(error)")
    }

    /// The verdict for correct results, depending on the backend's conduct.
    private func verdictOnConduct(of guarded: GuardedBackend, _ outcome: CaseOutcome) -> CaseOutcome.Verdict {
        if let failure = misconduct(of: guarded) { return .failed(failure) }
        do throws(BackendError) {
            if let trespass = try guarded.violation() { return .failed(CaseFailure(.trespass, trespass)) }
        } catch {
            return .failed(CaseFailure(.error, "memory can't be read after the run: \(error)"))
        }
        // The nodes of a graph are also judged one by one.
        guard outcome.elementCount > 0, outcome.undecided == outcome.elementCount, !built.isGraph else {
            return .passed
        }
        let reason = "the analysis says nothing about any of the \(outcome.elementCount) elements"
        // The cases are made for float32: in lower precision, some can't show anything about a backend.
        return model.narrow.map { .unsupported("in \($0) \(reason)") } ?? .notRun("nothing was judged: \(reason)")
    }

    /// A violation by the backend other than wrong results.
    private func misconduct(of guarded: GuardedBackend) -> CaseFailure? {
        if let change = guarded.environmentChange { return CaseFailure(.environment, change) }
        return guarded.falseRefusal.map { CaseFailure(.falseRefusal, $0) }
    }

    private func runPlanned(on backend: GuardedBackend) throws(RunError) -> CaseRuns {
        // A single node: passes have cases of their own. Values have separate buffers, so that writes past their end
        // are detected.
        let program = Program(built.graph, on: backend, optimizer: .none, memory: .buffers)
        let session = try program.makeSession()
        let places = try session.plan(for: built.inputs, capture: built.captures).placements
        var runs: [[Tensor]] = []
        for _ in 0..<runCount {
            let results = try session.run(built.inputs, capture: built.captures)
            runs.append(built.graph.outputs.compactMap { results[$0.name] })
        }
        let isPrimitive = Primitive(rawValue: subject.operation) != nil
        let isWhole = places.contains { $0.operation == OperationID(subject.operation).description }
        return CaseRuns(
            outputs: runs, kernels: places.map(\.kernel), isDecomposed: !isPrimitive && !isWhole && !built.isGraph)
    }

    // MARK: Judging

    private func judge(_ runs: [[Tensor]], _ outcome: inout CaseOutcome) {
        guard runs[0].count == expectation.outputs.count else {
            outcome.verdict = .failed(CaseFailure(.error, "the run gave \(runs[0].count) outputs"))
            return
        }
        for (tensor, expected) in zip(runs[0], expectation.outputs) {
            let comparison = expected.value.compare(tensor, keepsZeroSigns: built.keepsZeroSigns)
            outcome.worstShare = max(outcome.worstShare, comparison.worstShare)
            outcome.worstFreeShare = max(outcome.worstFreeShare, comparison.worstFreeShare)
            outcome.undecided += comparison.undecided
            outcome.elementCount += comparison.elementCount
            if !comparison.isRight {
                outcome.verdict = verdict(on: comparison, output: expected.name)
                return
            }
        }
        for (index, run) in runs.enumerated().dropFirst() {
            for (tensor, first) in zip(run, zip(runs[0], expectation.outputs)) {
                guard let position = tensor.firstDifferentBit(from: first.0) else { continue }
                var failure = CaseFailure(
                    .notRepeatable,
                    "run \(index + 1) gave other bits than run 1 in \(first.1.name), first at position \(position)")
                failure.output = first.1.name
                failure.elementCount = tensor.elementCount
                outcome.verdict = .failed(failure)
                return
            }
        }
    }

    /// Reports the first wrong node. If no node is wrong but the result is, the plan is wrong; so is a plan whose bits
    /// differ from those of its nodes run one by one.
    private func judgeNodes(
        on backend: any ComputeBackend, _ watcher: (@Sendable (CaseStep) -> Void)?, _ outcome: inout CaseOutcome
    ) {
        let report: GraphParityReport
        do throws(RunError) {
            var parity = GraphParity(built.graph, on: backend, model: model)
            parity.watcher = watcher
            report = try parity.report(on: built.inputs)
        } catch {
            outcome.verdict = .failed(CaseFailure(.error, "the run of the nodes one by one failed: \(error)"))
            return
        }
        if let failure = report.failure {
            outcome.verdict = .failed(CaseFailure(.error, failure))
            return
        }
        if let step = report.firstDivergence, case .wrong(_, let comparison) = step.outcome {
            let message = "\(step.title) is the first that is wrong: \(step.complaint ?? "")"
            note(message, comparison, &outcome)
        } else if let difference = report.planDifference {
            note("\(difference)", nil, &outcome)
        } else if let difference = report.passDifference {
            note("\(difference)", nil, &outcome)
        } else if case .failed(var failure) = outcome.verdict, failure.kind == .wrong {
            failure.message += "; each node by itself is right"
            outcome.verdict = .failed(failure)
        }
    }

    /// Adds the nodes' message to that of the results, or replaces a verdict without one.
    private func note(_ message: String, _ comparison: Comparison?, _ outcome: inout CaseOutcome) {
        switch outcome.verdict {
        case .failed(var failure) where failure.kind == .wrong:
            failure.message += "; \(message)"
            outcome.verdict = .failed(failure)
        case .passed, .notRun:
            var failure = CaseFailure(comparison == nil ? .planDiffers : .wrong, message)
            failure.element = comparison?.first
            (failure.wrongCount, failure.elementCount) = (comparison?.wrongCount ?? 0, comparison?.elementCount ?? 0)
            outcome.verdict = .failed(failure)
        case .failed, .unsupported: break
        }
    }

    private func verdict(on comparison: Comparison, output: String) -> CaseOutcome.Verdict {
        if expectation.undecidedBranches > 0 {
            return .notRun(
                "\(expectation.undecidedBranches) branches hang on digits that are not certain, and the result differs")
        }
        var failure = CaseFailure(.wrong, comparison.complaint.map { "\(output) \($0)" } ?? "")
        failure.output = output
        failure.element = comparison.first
        failure.wrongCount = comparison.wrongCount
        failure.elementCount = comparison.elementCount
        if let element = comparison.first {
            failure.message = "\(output): \(element)"
            if comparison.wrongCount > 1 {
                failure.message += "; \(comparison.wrongCount) of \(comparison.elementCount) elements are wrong"
            }
        }
        return .failed(failure)
    }
}

/// The results of a case's runs.
struct CaseRuns {
    /// The outputs of each run, in the graph's order.
    var outputs: [[Tensor]]
    /// The kernels of one run, in execution order.
    var kernels: [String]
    var isDecomposed: Bool
}
