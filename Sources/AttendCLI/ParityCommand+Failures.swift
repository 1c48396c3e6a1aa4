import AttendParity
import AttendRuntime

/// What is found out about failures after a run.
extension ParityCommand {
    /// Runs a few failures again, each alone in a new worker; those that pass there after the cases before them.
    func rerunFailures(in report: inout ParityReport) throws {
        guard workers.count > 0 else { return }
        var search = OrderSearch()
        for index in report.failuresToRerun {
            let result = report.failures[index]
            let name = requestedName(of: result.backend, in: report)
            let rerun = search.rerun(result) { cases -> CaseResult? in
                // A worker that can't be started now must not end the report.
                let last = (try? self.report(on: cases, named: [name], jobs: 1))?.results.last
                // After the end of a worker, the rest ran in another one.
                guard case .failed = last?.outcome.verdict, last?.predecessors.count != cases.count - 1 else {
                    return last
                }
                return nil
            }
            if let rerun { report.note(rerun: rerun, ofFailure: index) }
        }
    }

    /// Shrinks a few failures; more would take too long.
    func shrinkFailures(in report: inout ParityReport) throws {
        for index in report.failuresToShrink(atMost: 6) {
            let result = report.failures[index]
            let name = requestedName(of: result.backend, in: report)
            var seen: [CaseResult] = []
            let smaller = try CaseShrinking.smallest(of: result) { candidates in
                guard !candidates.isEmpty else { return [] }
                let results = try self.report(on: candidates, named: [name]).results
                seen += results
                return results
            }
            guard let smaller, let found = seen.first(where: { $0.subject == smaller }) else { continue }
            report.note(smaller: found, ofFailure: index)
        }
    }

    /// The name by which the backend was requested; it may include a device, which the backend's own name does not.
    private func requestedName(of backend: String, in report: ParityReport) -> String {
        let names = self.backend.flatMap(ParityBackends.words)
        let place = report.backends.firstIndex { $0.backend == backend } ?? 0
        return names.count == report.backends.count ? names[place] : backend
    }
}
