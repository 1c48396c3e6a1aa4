import AttendRuntime
import Foundation

extension IsolatedRun {
    /// Audits the claims of the backends in another worker, and adds them to the report.
    package func audit(_ operations: [String], in report: inout ParityReport) throws(WorkerError) {
        guard !operations.isEmpty, !report.backends.isEmpty else { return }
        let worker: WorkerProcess<WorkerMessage>
        do {
            worker = try WorkerProcess(command)
        } catch {
            throw .died("cannot start a worker from \(command.program.path): \(error)")
        }
        worker.allow(.seconds(300))
        var audited = 0
        while let message = worker.next() {
            switch message {
            case .ready: _ = worker.send(WorkerTask(claimsOf: operations).line)
            case .claims(let index, let pairs):
                guard report.backends.indices.contains(index) else { continue }
                report.note(claims: pairs, of: report.backends[index].backend)
                audited += 1
            case .done:
                worker.dismiss()
                guard audited == report.backends.count else { throw .died("the worker reported no claims") }
                return
            case .refused(let reason, let code):
                _ = worker.end()
                throw .refused(reason, code: code)
            case .making, .leftOut, .backend, .kernel, .finished: break
            }
        }
        let death = worker.end()
        throw .died("the worker \(death.text(after: .seconds(300))) while it reported its claims")
    }
}
