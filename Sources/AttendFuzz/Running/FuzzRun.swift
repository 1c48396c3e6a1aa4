package import AttendParity
import AttendRuntime
import Foundation
import Synchronization

/// A run of mutated inputs in worker processes, so that a crash, hang or allocation fails only its case.
package struct FuzzRun: Sendable {
    package var command: WorkerCommand
    /// The number of concurrent workers.
    package var jobs: Int
    /// The processor time limit of a case.
    package var limit: Duration
    /// The limit of a case's wall-clock time, as a multiple of ``limit``, since the machine is shared.
    static let patience = 4
    package var memoryLimit: Int
    /// The time limit for a worker to generate the seeds of a kind.
    static let startLimit = Duration.seconds(120)
    /// The number of cases in a task.
    private static let taskCount = 100

    package init(_ command: WorkerCommand, jobs: Int, limit: Duration, memoryLimit: Int) {
        (self.command, self.jobs, self.limit, self.memoryLimit) = (command, jobs, limit, memoryLimit)
    }

    /// Runs the first cases of each kind.
    ///
    /// - Parameter progress: A callback with the number of finished cases, of all cases, and of findings.
    package func report(
        on kinds: [FuzzKind], seed: Int, count: Int, progress: (Int, Int, Int) -> Void = { _, _, _ in }
    ) throws(FuzzError) -> FuzzReport {
        var tasks: [FuzzTask] = []
        // Alternating, so that all kinds progress evenly.
        for first in stride(from: 0, to: count, by: FuzzRun.taskCount) {
            for kind in kinds {
                tasks.append(
                    FuzzTask(FuzzCase(kind, seed: seed, index: first), count: min(FuzzRun.taskCount, count - first)))
            }
        }
        return try report(on: tasks, seed: seed, total: kinds.count * count, progress: progress)
    }

    /// Runs a single case again.
    package func report(on subject: FuzzCase) throws(FuzzError) -> FuzzReport {
        try report(on: [FuzzTask(subject, count: 1)], seed: subject.seed, total: 1) { _, _, _ in }
    }

    private func report(
        on tasks: [FuzzTask], seed: Int, total: Int, progress: (Int, Int, Int) -> Void
    ) throws(FuzzError) -> FuzzReport {
        let start = ContinuousClock.now
        let ledger = FuzzLedger(tasks, report: FuzzReport(seed: seed))
        let slots = (0..<max(1, min(jobs, tasks.count))).map { _ in FuzzSlot(self, ledger) }
        for slot in slots { Thread.detachNewThread { slot.work() } }
        while ledger.waitUnfinished(slots.count) {
            let (done, findings) = ledger.counts
            progress(done, total, findings)
        }
        var (report, error) = ledger.outcome
        if let error { throw error }
        report.seconds = (ContinuousClock.now - start).inSeconds
        return report
    }
}

/// The open tasks and the report, shared by the workers' threads.
final class FuzzLedger: Sendable {
    private struct State {
        var tasks: [FuzzTask]
        var report: FuzzReport
        var error: FuzzError?
        var endedSlots = 0
    }

    private let state: Mutex<State>
    private let condition = NSCondition()

    init(_ tasks: [FuzzTask], report: FuzzReport) { state = Mutex(State(tasks: tasks.reversed(), report: report)) }

    var outcome: (FuzzReport, FuzzError?) { state.withLock { ($0.report, $0.error) } }
    var counts: (Int, Int) { state.withLock { ($0.report.caseCount, $0.report.findingCount) } }

    /// Takes an open task; nil if there is none, or after an error.
    func take() -> FuzzTask? { state.withLock { $0.error == nil ? $0.tasks.popLast() : nil } }

    func stop(_ error: FuzzError) { state.withLock { $0.error = $0.error ?? error } }

    func add(_ result: FuzzReport.Result) { state.withLock { $0.report.add(result) } }

    func endSlot() {
        condition.withLock {
            state.withLock { $0.endedSlots += 1 }
            condition.signal()
        }
    }

    /// Waits 50 ms or for an event; false if the threads of all workers have ended.
    func waitUnfinished(_ slots: Int) -> Bool {
        condition.withLock {
            if state.withLock({ $0.endedSlots < slots }) { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) }
            return state.withLock { $0.endedSlots < slots }
        }
    }
}
