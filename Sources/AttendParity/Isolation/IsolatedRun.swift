import AttendRuntime
import Foundation
import Synchronization

/// Runs cases in processes of their own, so that a backend that dies or hangs costs one case and no more.
///
/// This process never loads a backend. It starts workers, gives each a case at a time, and learns of every step before
/// it is taken; when a worker is gone, the backend it was at has failed the case, and a new worker takes the rest.
package struct IsolatedRun: Sendable {
    package var command: WorkerCommand
    /// Workers at a time.
    package var jobs: Int
    /// For the oracle of a case, and again for each backend.
    package var limit: Duration
    package var replayForm = ReplayForm.command()
    /// For a worker to load its backends, the drivers included.
    private static let startLimit = Duration.seconds(120)

    package init(_ command: WorkerCommand, jobs: Int, limit: Duration) {
        (self.command, self.jobs, self.limit) = (command, jobs, limit)
    }

    /// Runs the cases; the report has them in the order given, whichever was done first.
    ///
    /// - Parameter leftOut: Is told of backends that are not there.
    package func report(
        on cases: [ParityCase], progress: (ParityRun.Progress) -> Void = { _ in }, leftOut: (String) -> Void = { _ in }
    ) throws(WorkerError) -> ParityReport {
        let clock = ContinuousClock()
        let start = clock.now
        let ledger = WorkLedger(cases)
        let slots = (0..<max(1, min(jobs, cases.count))).map { _ in
            WorkerSlot(self, ledger, startLimit: IsolatedRun.startLimit)
        }
        for slot in slots { Thread.detachNewThread { slot.work() } }
        while ledger.waitUnfinished(slots.count) {
            if let (index, failures) = ledger.progress {
                progress(
                    ParityRun.Progress(subject: cases[index], index: index, count: cases.count, failures: failures))
            }
        }
        let outcome = ledger.outcome
        if let error = outcome.error { throw error }
        for reason in outcome.leftOut { leftOut(reason) }
        var report = ParityReport(backends: outcome.devices)
        for result in outcome.results.joined() {
            var result = result
            result.replayForm = replayForm
            report.add(result)
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }
}

/// Why no worker runs.
package enum WorkerError: Error, Sendable, CustomStringConvertible {
    /// What the worker said, and the exit code that it means.
    case refused(String, code: Int32)
    /// The worker was gone before it was ready.
    case died(String)

    package var description: String {
        switch self {
        case .refused(let reason, _): reason
        case .died(let reason): reason
        }
    }
}

/// What is to be done, and what came of it; all workers' threads write here.
final class WorkLedger: Sendable {
    struct Outcome: Sendable {
        var devices: [DeviceDescription] = []
        var leftOut: [String] = []
        var error: WorkerError?
        /// For each case the results, in the order of the backends.
        var results: [[CaseResult]]
    }

    private struct State {
        var nextCase = 0
        var finishedCases = 0
        var endedSlots = 0
        var failures = 0
        var outcome: Outcome
    }

    let cases: [ParityCase]
    private let state: Mutex<State>
    private let condition = NSCondition()

    init(_ cases: [ParityCase]) {
        self.cases = cases
        state = Mutex(State(outcome: Outcome(results: cases.map { _ in [] })))
    }

    var outcome: Outcome { state.withLock { $0.outcome } }

    /// The case that was begun last, and how many failed.
    var progress: (Int, Int)? { state.withLock { $0.nextCase > 0 ? ($0.nextCase - 1, $0.failures) : nil } }

    /// The backends, as the first worker found them.
    var devices: [DeviceDescription] { state.withLock { $0.outcome.devices } }

    /// Waits a moment. False when all workers' threads have ended.
    func waitUnfinished(_ slots: Int) -> Bool {
        condition.withLock {
            if state.withLock({ $0.endedSlots < slots }) { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) }
            return state.withLock { $0.endedSlots < slots }
        }
    }

    func endSlot() {
        condition.withLock {
            state.withLock { $0.endedSlots += 1 }
            condition.signal()
        }
    }

    /// A case that nobody has taken; nil when there is none, or no use in going on.
    func take() -> Int? {
        state.withLock { state in
            guard state.outcome.error == nil, state.nextCase < cases.count else { return nil }
            state.nextCase += 1
            return state.nextCase - 1
        }
    }

    func noteReady(_ devices: [DeviceDescription], leftOut: [String]) {
        state.withLock { state in
            guard state.outcome.devices.isEmpty else { return }
            (state.outcome.devices, state.outcome.leftOut) = (devices, leftOut)
        }
    }

    /// Nothing can be run at all.
    func stop(_ error: WorkerError) { state.withLock { $0.outcome.error = $0.outcome.error ?? error } }

    func add(_ result: CaseResult, to index: Int) {
        state.withLock { state in
            state.outcome.results[index].append(result)
            if case .failed = result.outcome.verdict { state.failures += 1 }
        }
    }
}
