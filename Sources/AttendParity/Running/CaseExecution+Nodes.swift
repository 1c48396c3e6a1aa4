import AttendRuntime

/// The judgment of single nodes.
extension CaseExecution {
    /// Reports the first wrong node. If no node is wrong but the result is, the plan is wrong; so is a plan whose bits
    /// differ from those of its nodes run one by one.
    func judgeNodes(
        on backend: any ComputeBackend, _ watcher: (@Sendable (CaseStep) -> Void)?, _ outcome: inout CaseOutcome
    ) {
        let report: GraphParityReport
        do throws(RunError) {
            var parity = GraphParity(built.graph, on: backend, model: model)
            parity.watcher = watcher
            report = try parity.report(on: built.inputs)
        } catch {
            outcome.verdict = .failed(CaseFailure(.error, "the node-by-node run failed: \(error)"))
            return
        }
        if let failure = report.failure {
            outcome.verdict = .failed(CaseFailure(.error, failure))
            return
        }
        if let step = report.firstDivergence, case .wrong(_, let comparison) = step.outcome {
            let message = "\(step.title) is the first wrong node: \(step.complaint ?? "")"
            note(message, comparison, &outcome)
        } else if let difference = report.planDifference {
            note("\(difference)", nil, &outcome)
        } else if let difference = report.passDifference {
            note("\(difference)", nil, &outcome)
        } else if case .failed(var failure) = outcome.verdict, failure.kind == .wrong {
            failure.message += "; each single node is right"
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

    /// Names the first wrong primitive of a wrong operation that was refused as a whole and ran in parts. Each part is
    /// compared with the oracle on its actual inputs, in a run with the case's inputs and in one with the others.
    func judgeParts(
        on backend: any ComputeBackend, _ watcher: (@Sendable (CaseStep) -> Void)?, _ outcome: inout CaseOutcome
    ) {
        guard case .failed(var failure) = outcome.verdict, failure.kind == .wrong else { return }
        let recorder = StepRecorder(judge: StepJudge(composites: built.graph.composites, model: model)) { _ in }
        do throws(RunError) {
            let session = try built.program(on: GuardedBackend(backend, watcher: watcher)).makeSession()
            session.observer = recorder
            _ = try built.outputs(of: session, for: built.inputs)
            _ = try built.outputs(of: session, for: built.others)
        } catch {
            // The failure remains what it is; the steps before the error may show its cause.
            failure.message += "; another run of its parts failed: \(error)"
        }
        if let step = recorder.steps.first(where: \.isWrong) {
            let place = step.place
            failure.part = WrongPart(
                node: place.node, operation: place.operation, kernel: place.kernel, message: step.complaint ?? "")
            let complaint = step.complaint ?? ""
            failure.message += "; it ran in parts, of which \(step.title) is the first wrong one: \(complaint)"
        } else if !recorder.steps.isEmpty, recorder.steps.allSatisfy(\.isRight) {
            failure.message += "; it ran in parts, each of which is right on its own inputs"
        }
        outcome.verdict = .failed(failure)
    }
}

extension GraphParityReport.Step {
    fileprivate var isRight: Bool { if case .right = outcome { true } else { false } }
}
