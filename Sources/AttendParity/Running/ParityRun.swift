public import AttendRuntime

/// Runs cases on backends and gathers what came of it.
///
/// ```swift
/// let run = ParityRun(backends: [backend])
/// let report = run.report(on: CaseCatalog.cases(CaseSelection(isQuick: true)))
/// #expect(report.passes)
/// ```
public struct ParityRun: Sendable {
    public let backends: [any ComputeBackend]
    public let model: RoundingModel
    /// Runs of each case, which must all give the same bits.
    public var runCount = 2
    /// How the report says that a case is run again. By default as a line of Swift.
    public var replayForm: ReplayForm
    /// What making a backend did to the thread that made it, by the backend's index: no case of it passes.
    package var loadComplaints: [Int: String] = [:]
    /// Is told of every step before it is taken, so that somebody knows of the last one if there is no next.
    package var watcher: (@Sendable (CaseStep) -> Void)?

    public init(backends: [any ComputeBackend], model: RoundingModel = RoundingModel()) {
        self.backends = backends
        self.model = model
        replayForm = .swift(model)
    }

    /// What is being done, before each case.
    public struct Progress: Sendable {
        public var subject: ParityCase
        public var index: Int
        public var count: Int
        public var failures: Int
    }

    /// Runs the cases one after another, each on all backends; the oracle computes each once.
    public func report(
        on cases: [ParityCase], progress: (Progress) -> Void = { _ in }
    ) -> ParityReport {
        let clock = ContinuousClock()
        let start = clock.now
        var report = ParityReport(backends: backends.map(\.device))
        for (index, subject) in cases.enumerated() {
            progress(
                Progress(subject: subject, index: index, count: cases.count, failures: report.failures.count))
            for result in results(of: subject) { report.add(result) }
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }

    /// Runs a selection of all cases. Where it is a whole one, what the backends claim is audited as well.
    ///
    /// ```swift
    /// @Test func `my backend computes what the specification says`() {
    ///     let report = ParityRun(backends: [MyBackend()]).report(on: CaseSelection())
    ///     for issue in report.issues { Issue.record("\(issue)") }
    /// }
    /// ```
    ///
    /// - Complexity: About 4,300 cases of up to a few thousand elements, 960 for a quick selection; most of the time goes to the
    ///   oracle.
    public func report(on selection: CaseSelection, progress: (Progress) -> Void = { _ in }) -> ParityReport {
        var report = report(on: CaseCatalog.cases(selection), progress: progress)
        if !selection.isQuick { audit(CaseCatalog.operations, in: &report) }
        return report
    }

    /// Asks the backends what they claim of these operations, and adds it to a report.
    package func audit(_ operations: [String], in report: inout ParityReport) {
        for backend in backends {
            report.note(claims: ClaimAudit(of: backend).claims(of: operations), of: backend.device.backend)
        }
    }

    /// One case on all backends.
    public func results(of subject: ParityCase) -> [CaseResult] {
        var results: [CaseResult] = []
        run(subject, from: 0) { results.append($1) }
        return results
    }

    /// One case on the backends from an index on.
    package func run(_ subject: ParityCase, from first: Int, finished: (Int, CaseResult) -> Void) {
        // Whatever the thread's last user left: inputs, oracle and kernels have the environment that kernels may expect.
        FloatingPointEnvironment.inStandard { runInStandard(subject, from: first, finished: finished) }
    }

    private func runInStandard(_ subject: ParityCase, from first: Int, finished: (Int, CaseResult) -> Void) {
        let clock = ContinuousClock()
        let start = clock.now
        let execution: CaseExecution
        do {
            let built = try subject.build().rounded(for: model)
            execution = CaseExecution(
                subject: subject, built: built, expectation: try built.expectation(model), model: model,
                runCount: runCount)
        } catch {
            for index in backends.indices.dropFirst(first) {
                finished(
                    index,
                    CaseResult(
                        subject: subject, backend: backends[index].device.backend,
                        outcome: CaseOutcome(.notRun("the oracle: \(error)")), replayForm: replayForm))
            }
            return
        }
        let oracleSeconds = (clock.now - start).inSeconds
        for index in backends.indices.dropFirst(first) {
            watcher?(.backend(index))
            let start = clock.now
            FloatingPointEnvironment.standard.apply()
            let faulty = backends[index] as? FaultyBackend
            let acts = faulty?.actCount ?? 0
            var outcome = execution.run(on: backends[index], watcher: watcher)
            outcome.faultActs = faulty.map { $0.actCount - acts }
            if case .passed = outcome.verdict, let complaint = loadComplaints[index] {
                outcome.verdict = .failed(CaseFailure(.environment, complaint))
            }
            finished(
                index,
                CaseResult(
                    subject: subject, backend: backends[index].device.backend, outcome: outcome,
                    seconds: (clock.now - start).inSeconds, oracleSeconds: oracleSeconds,
                    replayForm: replayForm))
        }
    }
}

/// Where a run is.
package enum CaseStep: Sendable {
    /// The oracle is done, and this backend begins.
    case backend(Int)
    case kernel(String)
}
