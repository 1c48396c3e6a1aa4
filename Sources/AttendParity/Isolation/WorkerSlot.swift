import AttendRuntime
import Foundation
import Synchronization

/// A sequence of workers, on a thread of the parent.
final class WorkerSlot: Sendable {
    private let run: IsolatedRun
    private let ledger: WorkLedger
    private let startLimit: Duration
    private let worker = Mutex<WorkerProcess<WorkerMessage>?>(nil)
    /// The cases that the current worker has run, the last ones.
    private let history = Mutex<[ParityCase]>([])

    init(_ run: IsolatedRun, _ ledger: WorkLedger, startLimit: Duration) {
        (self.run, self.ledger, self.startLimit) = (run, ledger, startLimit)
    }

    /// Runs cases until there are no more.
    func work() {
        while let index = ledger.take() {
            var first = 0
            repeat {
                guard let worker = readyWorker(for: index, from: first) else { break }
                first = run(index, from: first, on: worker)
            } while first < ledger.devices.count
        }
        let last = worker.withLock { worker in
            defer { worker = nil }
            return worker
        }
        last?.dismiss()
        ledger.endSlot()
    }

    // MARK: Starting

    /// The current worker, or a new one. If none can be started, the case counts as not run.
    private func readyWorker(for index: Int, from first: Int) -> WorkerProcess<WorkerMessage>? {
        if let worker = worker.withLock({ $0 }) { return worker }
        do throws(WorkerError) {
            return try start()
        } catch {
            let devices = ledger.devices
            guard !devices.isEmpty else {
                ledger.stop(error)
                return nil
            }
            for backend in devices.indices.dropFirst(first) {
                note(.notRun("cannot start a worker: \(error)"), backend, index)
            }
            return nil
        }
    }

    private func start() throws(WorkerError) -> WorkerProcess<WorkerMessage> {
        let started: WorkerProcess<WorkerMessage>
        do {
            started = try WorkerProcess(run.command)
        } catch {
            throw .died("cannot start a worker from \(run.command.program.path): \(error)")
        }
        started.allow(startLimit)
        worker.withLock { $0 = started }
        history.withLock { $0 = [] }
        var (making, leftOut) = ("", [String]())
        while let message = started.next() {
            switch message {
            case .making(let name): making = name
            case .leftOut(let reason): leftOut.append(reason)
            case .ready(let devices):
                started.allow(nil)
                ledger.noteReady(devices, leftOut: leftOut)
                return started
            case .refused(let reason, let code):
                forget()
                _ = started.end()
                throw .refused(reason, code: code)
            case .backend, .kernel, .finished, .claims, .done: break
            }
        }
        forget()
        let death = started.end()
        let place = making.isEmpty ? "" : " while it created the backend \"\(making)\""
        throw .died("the worker \(death.text(after: startLimit))\(place)\(said(death))")
    }

    private func forget() { worker.withLock { $0 = nil } }

    // MARK: Running

    /// Runs a case on the backends from an index on.
    ///
    /// - Returns: The backend to continue with; the number of backends if the case is finished.
    private func run(_ index: Int, from first: Int, on worker: WorkerProcess<WorkerMessage>) -> Int {
        let subject = ledger.cases[index]
        let devices = ledger.devices
        worker.allow(run.limit)
        _ = worker.send(WorkerTask(first: first, name: subject.name).line)
        var (next, kernel, hasBegun) = (first, String?.none, false)
        while let message = worker.next() {
            switch message {
            case .backend:
                (hasBegun, kernel) = (true, nil)
                worker.allow(run.limit)
            case .kernel(let name): kernel = name
            case .finished(let backend, let outcome, let seconds, let oracleSeconds):
                guard backend == next, devices.indices.contains(backend) else { continue }
                add(
                    CaseResult(
                        subject: subject, backend: devices[backend].backend, outcome: outcome, seconds: seconds,
                        oracleSeconds: oracleSeconds), to: index)
                (next, hasBegun) = (backend + 1, false)
            case .done:
                worker.allow(nil)
                history.withLock { $0 = Array(($0 + [subject]).suffix(OrderSearch.reach)) }
                for backend in devices.indices.dropFirst(next) {
                    note(.notRun("the worker gave no result"), backend, index)
                }
                return devices.count
            case .making, .leftOut, .ready, .refused, .claims: break
            }
        }
        forget()
        let death = worker.end()
        let what = "the worker \(death.text(after: run.limit))"
        guard hasBegun, devices.indices.contains(next) else {
            // Not caused by the backend.
            for backend in devices.indices.dropFirst(next) {
                note(.notRun("\(what) before the backend started\(said(death))"), backend, index)
            }
            return devices.count
        }
        let place = kernel.map { "in kernel \($0)" } ?? "before the first kernel"
        let kind: CaseFailure.Kind = if case .late = death.cause { .timedOut } else { .died }
        note(.failed(CaseFailure(kind, "\(what), \(place)\(said(death))")), next, index, kernel: kernel)
        return next + 1
    }

    private func said(_ death: WorkerDeath) -> String {
        death.lastWords.isEmpty ? "" : "; its last output: \(death.lastWords)"
    }

    private func note(_ verdict: CaseOutcome.Verdict, _ backend: Int, _ index: Int, kernel: String? = nil) {
        var outcome = CaseOutcome(verdict)
        outcome.kernels = kernel.map { [$0] } ?? []
        add(
            CaseResult(subject: ledger.cases[index], backend: ledger.devices[backend].backend, outcome: outcome),
            to: index)
    }
    /// Adds a result; a failure with the cases that ran before it.
    private func add(_ result: CaseResult, to index: Int) {
        var result = result
        if case .failed = result.outcome.verdict { result.predecessors = history.withLock { $0 } }
        ledger.add(result, to: index)
    }
}
