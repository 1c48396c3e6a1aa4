import AttendParity
import Testing
import TinyBackend

/// The kit on a backend of one's own, one issue for each case that fails.
@Test func `the tiny backend computes what the specification says`() {
    let report = ParityRun(backends: [TinyBackend()]).report(on: CaseSelection(isQuick: true))
    for issue in report.issues { Issue.record("\(issue)") }
    // What is refused is counted, and is no failure; so a backend that refuses everything is one.
    #expect(report.total(of: "tiny").passed >= 40)
}
