public import AttendRuntime

/// A run of cases on backends, with a report.
///
/// ```swift
/// let run = ParityRun(backends: [backend])
/// let report = run.report(on: CaseCatalog.cases(CaseSelection(isQuick: true)))
/// #expect(report.passes)
/// ```
public struct ParityRun: Sendable {
    /// The backends under test.
    public let backends: [any ComputeBackend]
    /// The required precision.
    public let model: RoundingModel
    /// The number of runs of each case, which must all have the same bits.
    public var runCount = 2
    /// The form of the instructions to reproduce a case; a line of Swift by default.
    public var replayForm: ReplayForm
    /// Makes a backend once more, by its index, with another number of threads. Nil, the default, leaves out the cases
    /// with a number of threads of their own.
    public var withThreads: (@Sendable (_ backend: Int, _ threads: Int) throws -> any ComputeBackend)?
    private let variants = ThreadVariants()
    /// Changes of the thread's environment by creating a backend, by the backend's index; none of its cases passes
    /// then.
    package var loadComplaints: [Int: String] = [:]
    /// The number of drawings of special values in a case whose results have no bound.
    package var drawingCount = 16
    /// Whether kernels run beside protected pages too, for a process of its own.
    package var protectsPages = false
    /// A callback before every step, so that the last step is known if a backend crashes.
    package var watcher: (@Sendable (CaseStep) -> Void)?

    /// A run on these backends.
    public init(backends: [any ComputeBackend], model: RoundingModel = RoundingModel()) {
        self.backends = backends
        self.model = model
        replayForm = .swift(model)
    }

    /// The progress of a run, reported before each case.
    public struct Progress: Sendable {
        /// The next case.
        public var subject: ParityCase
        /// The case's index, from 0 up.
        public var index: Int
        /// The number of cases.
        public var count: Int
        /// The number of failures so far.
        public var failures: Int

        package init(subject: ParityCase, index: Int, count: Int, failures: Int) {
            (self.subject, self.index, self.count, self.failures) = (subject, index, count, failures)
        }
    }

    /// Runs the cases one after another, each on all backends; the oracle computes each once.
    ///
    /// - Complexity: The oracle and ``runCount`` guarded runs per backend, for each case.
    public func report(
        on cases: [ParityCase], progress: (Progress) -> Void = { _ in }
    ) -> ParityReport {
        report(on: cases, within: nil, progress: progress)
    }

    /// Runs the cases until the time is used; nil for all of them.
    package func report(
        on cases: [ParityCase], within budget: Duration?, progress: (Progress) -> Void = { _ in }
    ) -> ParityReport {
        let clock = ContinuousClock()
        let start = clock.now
        var report = ParityReport(backends: backends.map(\.device))
        (report.selectedCount, report.budget) = (cases.count, budget)
        for (index, subject) in cases.enumerated() {
            if let budget, clock.now - start >= budget { break }
            progress(
                Progress(subject: subject, index: index, count: cases.count, failures: report.failures.count))
            for result in results(of: subject) { report.add(result) }
            report.ranCount += 1
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }

    /// Runs a selection of cases, of each operation those first that most likely find a fault; a full selection also
    /// audits the claims of the backends.
    ///
    /// ```swift
    /// @Test func `my backend computes what the specification says`() {
    ///     let report = ParityRun(backends: [MyBackend()]).report(on: CaseSelection())
    ///     for issue in report.issues { Issue.record("\(issue)") }
    /// }
    /// ```
    ///
    /// - Complexity: About 18,000 cases, most of a few thousand elements and some of a million; 3,800 for a quick
    ///   selection. Most of the time is spent in the oracle.
    public func report(on selection: CaseSelection, progress: (Progress) -> Void = { _ in }) -> ParityReport {
        var selection = selection
        if withThreads != nil { selection.threadCounts = selection.usualThreadCounts }
        var report = report(on: CaseOrder.likelyFirst(CaseCatalog.cases(selection)), progress: progress)
        if !selection.isQuick { audit(CaseCatalog.operations, in: &report) }
        return report
    }

    /// Audits the claims of the backends for these operations, and adds them to a report.
    package func audit(_ operations: [String], in report: inout ParityReport) {
        for backend in backends {
            report.note(claims: ClaimAudit(of: backend).claims(of: operations), of: backend.device.backend)
        }
    }

    /// Runs one case on all backends.
    public func results(of subject: ParityCase) -> [CaseResult] {
        var results: [CaseResult] = []
        run(subject, from: 0) { results.append($1) }
        return results
    }

    /// Runs one case on the backends from an index on.
    package func run(_ subject: ParityCase, from first: Int, finished: (Int, CaseResult) -> Void) {
        // Independent of the thread's previous state, inputs, oracle and kernels run in the standard environment.
        FloatingPointEnvironment.inStandard { runInStandard(subject, from: first, finished: finished) }
    }

    /// A case ready to run: with the expected results of its runs.
    enum Execution {
        case single(CaseExecution)
        case crowd(CrowdExecution)
        case states(StateExecution)

        func run(on backend: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)?) -> CaseOutcome {
            switch self {
            case .single(let execution): execution.run(on: backend, watcher: watcher)
            case .crowd(let execution): execution.run(on: backend, watcher: watcher)
            case .states(let execution): execution.run(on: backend, watcher: watcher)
            }
        }
    }

    /// Builds a case and computes its expected results. Where special numbers leave every element of a result without a
    /// bound, the values are drawn again.
    ///
    /// - Throws: ``CaseError`` or `RunError` for a case that can't be built or whose inputs cause an error.
    func execution(of subject: ParityCase) throws -> Execution {
        func single(_ subject: ParityCase, _ built: BuiltCase) throws -> CaseExecution {
            var execution = try CaseExecution(
                subject: subject, built: built.rounded(for: model), model: model, runCount: runCount)
            execution.protectsPages = protectsPages
            return execution
        }
        guard subject.isCrowd else {
            let built = try subject.build()
            guard built.stateRuns.isEmpty else {
                return .states(try StateExecution(subject: subject, built: built.rounded(for: model), model: model))
            }
            var execution = try single(subject, built)
            var drawings = 1..<(subject.hasSpecialValues && model.narrow == nil ? drawingCount : 1)
            while execution.expectation.isOpen, let drawing = drawings.popFirst() {
                execution = try single(subject, subject.redrawn(drawing).build())
            }
            return .single(execution)
        }
        return .crowd(
            CrowdExecution(
                seed: try CaseReader(subject).seed, members: try subject.members().map { try single($0, $1) }))
    }

    /// The backend for a case: with the case's own number of threads, where it has one.
    ///
    /// - Throws: ``CaseError`` where there is no way to make it, and the errors of making it.
    private func backend(_ index: Int, for subject: ParityCase) throws -> any ComputeBackend {
        guard let threads = subject.threadCount else { return backends[index] }
        guard let withThreads else {
            throw CaseError(subject.name, "threads needs a run that can make its backends once more")
        }
        return try variants.backend(index, threads: threads) { index, threads in
            let made = try withThreads(index, threads)
            return (backends[index] as? FaultyBackend)?.variant(on: made, threads: threads) ?? made
        }
    }

    private func runInStandard(_ subject: ParityCase, from first: Int, finished: (Int, CaseResult) -> Void) {
        let clock = ContinuousClock()
        let start = clock.now
        let execution: Execution
        do {
            execution = try self.execution(of: subject)
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
            let backend: any ComputeBackend
            do {
                backend = try self.backend(index, for: subject)
            } catch {
                let outcome = CaseOutcome(.notRun("the backend can't be made with these threads: \(error)"))
                finished(
                    index,
                    CaseResult(
                        subject: subject, backend: backends[index].device.backend, outcome: outcome,
                        replayForm: replayForm))
                continue
            }
            FloatingPointEnvironment.standard.apply()
            let faulty = backends[index] as? FaultyBackend
            let acts = faulty?.actCount ?? 0
            var outcome = execution.run(on: backend, watcher: watcher)
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

/// A step of a run.
package enum CaseStep: Sendable {
    /// The oracle has finished, and this backend begins.
    case backend(Int)
    case kernel(String)
}
