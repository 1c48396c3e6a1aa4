/// The search for fewer mutations with the same outcome.
package enum FuzzShrinking {
    /// The maximum number of findings to shrink.
    private static let limit = 12
    /// The maximum number of mutations of a case.
    private static let mutationLimit = 3

    package static func shrink(_ report: inout FuzzReport, with run: FuzzRun) throws(FuzzError) {
        for index in report.findings.indices.prefix(limit) {
            report.findings[index].smaller = try smaller(report.findings[index].result, with: run)
        }
    }

    private static func smaller(_ result: FuzzReport.Result, with run: FuzzRun) throws(FuzzError) -> FuzzCase? {
        let count = result.mutations.isEmpty ? 0 : result.mutations.split(separator: ";").count
        guard count > 1, result.subject.kept == nil else { return nil }
        for step in 0..<min(count, mutationLimit) {
            var candidate = result.subject
            candidate.kept = [step]
            let found = try run.report(on: candidate).findings.first
            if found?.result.outcome.verdict == result.outcome.verdict { return candidate }
        }
        return nil
    }
}
