import AttendParity
import AttendRuntime
import Foundation
import Synchronization

/// Runs workers one after another, on a thread of the parent.
final class FuzzSlot: Sendable {
    private let run: FuzzRun
    private let ledger: FuzzLedger
    private let worker = Mutex<WorkerProcess<FuzzMessage>?>(nil)

    init(_ run: FuzzRun, _ ledger: FuzzLedger) { (self.run, self.ledger) = (run, ledger) }

    /// Runs cases until there are no more.
    func work() {
        while let task = ledger.take() {
            var (next, end) = (task.first.index, task.first.index + task.count)
            while next < end {
                guard let worker = readyWorker() else {
                    end = next
                    break
                }
                var rest = task.first
                rest.index = next
                next = serve(FuzzTask(rest, count: end - next), on: worker)
            }
        }
        let last = worker.withLock { worker in
            defer { worker = nil }
            return worker
        }
        last?.dismiss()
        ledger.endSlot()
    }

    private func readyWorker() -> WorkerProcess<FuzzMessage>? {
        if let worker = worker.withLock({ $0 }) { return worker }
        do {
            let started = try WorkerProcess<FuzzMessage>(run.command)
            started.allow(FuzzRun.startLimit)
            while let message = started.next() {
                guard case .ready = message else { continue }
                worker.withLock { $0 = started }
                return started
            }
            let death = started.end()
            throw FuzzError("a worker \(death.text(after: FuzzRun.startLimit)) before it was ready: \(death.lastWords)")
        } catch {
            ledger.stop(FuzzError("cannot start a worker from \(run.command.program.path): \(error)"))
            return nil
        }
    }

    /// Runs a task.
    ///
    /// - Returns: The number of the case to continue with.
    private func serve(_ task: FuzzTask, on worker: WorkerProcess<FuzzMessage>) -> Int {
        let end = task.first.index + task.count
        worker.allow(FuzzRun.startLimit)
        _ = worker.send(Data(task.line.utf8))
        var (current, mutations) = (Int?.none, "")
        while let message = worker.next() {
            switch message {
            case .ready, .preparing: break
            case .begun(let index):
                (current, mutations) = (index, "")
                worker.allow(run.limit * FuzzRun.patience)
            case .made(_, let text): mutations = text
            case .ended(let index, let outcome, let microseconds, let peakBytes):
                current = nil
                worker.allow(FuzzRun.startLimit)
                note(index, task, outcome, mutations, Double(microseconds) * 1e-6, peakBytes)
            case .done: return end
            case .failed(let reason):
                ledger.stop(FuzzError("a worker failed: \(reason)"))
                return end
            }
        }
        self.worker.withLock { $0 = nil }
        let death = worker.end()
        let words = death.lastWords.isEmpty ? "" : "; its last output: \(death.lastWords)"
        guard let current else {
            ledger.stop(FuzzError("a worker \(death.text(after: FuzzRun.startLimit)) outside of any case\(words)"))
            return end
        }
        let (verdict, cause): (FuzzVerdict, String) =
            switch death.cause {
            case .late: (.hang, death.text(after: run.limit * FuzzRun.patience))
            case .signal(ProcessLimits.timeSignal): (.hang, "ran for \(run.limit.inSeconds) s")
            default: (FuzzSlot.isOutOfMemory(death) ? .memory : .crash, death.text(after: run.limit))
            }
        let outcome = FuzzBench.Outcome(verdict: verdict, isRead: false, message: "the process \(cause)\(words)")
        note(current, task, outcome, mutations, 0, 0)
        return current + 1
    }

    /// Whether the last output of a process reports a failed allocation.
    private static func isOutOfMemory(_ death: WorkerDeath) -> Bool {
        ["failed to allocate", "allocate memory", "bad_alloc", "out of memory", "Out of memory"].contains {
            death.lastWords.contains($0)
        }
    }

    private func note(
        _ index: Int, _ task: FuzzTask, _ outcome: FuzzBench.Outcome, _ mutations: String, _ seconds: Double,
        _ peakBytes: Int
    ) {
        var subject = task.first
        subject.index = index
        ledger.add(
            FuzzReport.Result(
                subject: subject, outcome: outcome, mutations: mutations, seconds: seconds, peakBytes: peakBytes))
    }
}
