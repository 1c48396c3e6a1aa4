/// Progress for logs, which keep every line: a line after 15 s at the earliest, when another tenth of the cases has run
/// or a minute has passed.
package struct ProgressLog: Sendable {
    /// The least time between two lines, and before the first.
    package static let pause = Duration.seconds(15)
    /// The time after which a line is due even with little progress.
    package static let patience = Duration.seconds(60)

    private var last = Duration.zero
    private var lastIndex = 0

    package init() {}

    /// The line for a step, such as `parity: 2,300 of 7,126 cases, 1 failure, 40 s`; nil if none is due.
    ///
    /// - Parameter time: The time since the start.
    package mutating func line(_ step: ParityRun.Progress, at time: Duration) -> String? {
        guard time - last >= ProgressLog.pause else { return nil }
        guard (step.index - lastIndex) * 10 >= step.count || time - last >= ProgressLog.patience else { return nil }
        (last, lastIndex) = (time, step.index)
        let failures = step.failures == 0 ? "" : ", \(step.failures) failure\(step.failures == 1 ? "" : "s")"
        let counts = "\(ParityReport.grouped(step.index)) of \(ParityReport.grouped(step.count)) cases"
        return "parity: \(counts)\(failures), \(time.components.seconds) s"
    }
}
