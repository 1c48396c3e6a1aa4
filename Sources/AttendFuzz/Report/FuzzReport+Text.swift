import Foundation

extension FuzzReport {
    /// The report as text: one line per kind, then the findings, each with the command to reproduce it.
    ///
    /// - Parameter replay: The command without the case.
    package func text(replay: String) -> String {
        let time = String(format: "%.1f", seconds)
        var lines = ["seed \(seed): \(caseCount) cases in \(time) s, \(findingCount) findings", ""]
        lines.append(
            FuzzReport.row(["kind", "cases", "read", "right", "refused", "findings", "slowest", "peak"]))
        lines += summaries.map { summary in
            FuzzReport.row([
                summary.kind.rawValue, "\(summary.caseCount)", String(format: "%.1f%%", 100 * summary.readShare),
                "\(summary.rightCount)", "\(summary.refusedCount)", "\(summary.findingCount)",
                String(format: "%.0f ms", 1000 * summary.slowest.seconds), "\(summary.peak.bytes >> 20) MiB"
            ])
        }
        for (index, finding) in findings.enumerated() {
            lines += ["", "\(index + 1). \(finding.heading)"]
            lines.append("   mutations: \(finding.result.mutations)")
            lines.append("   replay: \(replay) \(finding.subject.name)")
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [12, 8, 8, 8, 8, 9, 10, 9]
        return zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined()
    }
}

extension FuzzReport.Finding {
    package var heading: String {
        let times = count > 1 ? " (\(count) similar cases)" : ""
        return "\(result.outcome.verdict.rawValue), \(result.subject.name)\(times): \(result.outcome.message)"
    }
}
