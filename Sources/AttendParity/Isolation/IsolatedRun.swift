import AttendRuntime
import Foundation
import Synchronization

/// A run of cases in worker processes, so that a backend that crashes or hangs fails only one case.
///
/// This process never loads a backend. It starts workers, sends each one case at a time, and is notified of every step
/// in advance. If a worker dies, the current backend has failed the case, and a new worker continues with the rest.
package struct IsolatedRun: Sendable {
    package var command: WorkerCommand
    /// The number of concurrent workers.
    package var jobs: Int
    /// The time limit for the oracle of a case, and for each backend.
    package var limit: Duration
    package var replayForm = ReplayForm.command()
    /// The time limit for a worker to load its backends, drivers included.
    private static let startLimit = Duration.seconds(120)

    package init(_ command: WorkerCommand, jobs: Int, limit: Duration) {
        (self.command, self.jobs, self.limit) = (command, jobs, limit)
    }

    /// Runs the cases; the report has them in the given order, independent of the order of completion.
    ///
    /// - Parameters:
    ///   - budget: The time after which no case is begun; nil for all cases.
    ///   - leftOut: A callback for backends that are not available.
    package func report(
        on cases: [ParityCase], within budget: Duration? = nil,
        progress: (ParityRun.Progress) -> Void = { _ in }, leftOut: (String) -> Void = { _ in }
    ) throws(WorkerError) -> ParityReport {
        let clock = ContinuousClock()
        let start = clock.now
        let ledger = WorkLedger(cases, until: budget.map { start + $0 })
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
        (report.selectedCount, report.budget) = (cases.count, budget)
        report.ranCount = outcome.results.count { !$0.isEmpty }
        for result in outcome.results.joined() {
            var result = result
            result.replayForm = replayForm
            report.add(result)
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }
}

/// An error that prevents all workers from running.
package enum WorkerError: Error, Sendable, CustomStringConvertible {
    /// The worker's error message, with its exit code.
    case refused(String, code: Int32)
    /// The worker exited before it was ready.
    case died(String)

    package var description: String {
        switch self {
        case .refused(let reason, _): reason
        case .died(let reason): reason
        }
    }
}

/// The open cases and the results; shared by the threads of all workers.
final class WorkLedger: Sendable {
    struct Outcome: Sendable {
        var devices: [DeviceDescription] = []
        var leftOut: [String] = []
        var error: WorkerError?
        /// The results of each case, in the order of the backends.
        var results: [[CaseResult]]
    }

    private struct State {
        var nextCase = 0
        var endedSlots = 0
        var failures = 0
        var outcome: Outcome
    }

    let cases: [ParityCase]
    private let state: Mutex<State>
    private let condition = NSCondition()

    /// The time after which no case is begun.
    private let deadline: ContinuousClock.Instant?

    init(_ cases: [ParityCase], until deadline: ContinuousClock.Instant? = nil) {
        (self.cases, self.deadline) = (cases, deadline)
        state = Mutex(State(outcome: Outcome(results: cases.map { _ in [] })))
    }

    var outcome: Outcome { state.withLock { $0.outcome } }

    /// The index of the last started case, and the number of failures.
    var progress: (Int, Int)? { state.withLock { $0.nextCase > 0 ? ($0.nextCase - 1, $0.failures) : nil } }

    /// The backends of the first worker.
    var devices: [DeviceDescription] { state.withLock { $0.outcome.devices } }

    /// Waits 50 ms or for an event; false if the threads of all workers have ended.
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

    /// Takes the next open case; nil if there is none, or after an error.
    func take() -> Int? {
        state.withLock { state in
            guard state.outcome.error == nil, state.nextCase < cases.count else { return nil }
            if let deadline, ContinuousClock.now >= deadline { return nil }
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

    /// Stops the run with an error.
    func stop(_ error: WorkerError) { state.withLock { $0.outcome.error = $0.outcome.error ?? error } }

    func add(_ result: CaseResult, to index: Int) {
        state.withLock { state in
            state.outcome.results[index].append(result)
            if case .failed = result.outcome.verdict { state.failures += 1 }
        }
    }
}
