import AttendRuntime

extension ParityReport {
    /// The report as a self-contained HTML page: the verdicts, the failures with the commands to reproduce them, and a
    /// table of operations. Every tag is closed, so that XML parsers can read it too.
    public var html: String {
        let title = "attend parity: \(passes ? "passes" : "does not pass")"
        var lines = [
            "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\"/>",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>", "<title>\(title)</title>",
            "<style>", ParityReport.style, "</style>", "</head>", "<body>", "<h1>\(title)</h1>"
        ]
        lines.append("<ul>")
        for device in backends { lines.append(item(device)) }
        lines.append("</ul>")
        lines += section("Failed", groups.flatMap { $0.indices.map { failures[$0] } }) + section("Not run", notRun)
        lines += operationsTable
        lines.append("<p>\(MarkupText.seconds(seconds)) s in all.</p>")
        if let budgetLine { lines.append("<p>\(MarkupText.escaped(budgetLine)).</p>") }
        return (lines + ["</body>", "</html>", ""]).joined(separator: "\n")
    }

    private static let style = """
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
        table { border-collapse: collapse; } td, th { padding: .2rem .7rem; border-bottom: 1px solid #8884; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
        .good { color: #17803d; } .bad { color: #c02626; font-weight: 600; } .open { color: #a15c07; }
        code { background: #8882; padding: .1rem .3rem; overflow-wrap: anywhere; } section { margin: 1rem 0; }
        :root { color-scheme: light dark; }
        """

    private func item(_ device: DeviceDescription) -> String {
        let style = passes(device.backend) ? "good" : "bad"
        let place = MarkupText.escaped("\(device.name), \(device.threads) threads")
        return "<li><span class=\"\(style)\">\(MarkupText.escaped(verdict(on: device.backend)))</span> (\(place))</li>"
    }

    private func section(_ title: String, _ results: [CaseResult]) -> [String] {
        guard !results.isEmpty else { return [] }
        var lines = ["<h2>\(title)</h2>"]
        for result in results {
            let message =
                switch result.outcome.verdict {
                case .failed(let failure): failure.message
                case .notRun(let reason), .unsupported(let reason): reason
                case .passed: ""
                }
            lines.append("<section class=\"case\">")
            let name = MarkupText.escaped(result.subject.name)
            lines.append("<b>\(MarkupText.escaped(result.backend))</b> <code>\(name)</code><br/>")
            lines.append("\(MarkupText.escaped(message))<br/>")
            if !result.outcome.kernels.isEmpty {
                lines.append("kernels: \(MarkupText.escaped(result.outcome.kernels.joined(separator: ", ")))<br/>")
            }
            lines.append("<code>\(MarkupText.escaped(result.replay))</code>")
            if let smaller = result.smallerReplay {
                lines.append("<br/>smaller: <code>\(MarkupText.escaped(smaller))</code>")
            }
            for line in result.rerunLines { lines.append("<br/>\(MarkupText.escaped(line))") }
            if case .failed(let failure) = result.outcome.verdict, let values = failure.values {
                lines.append("<pre>\(values.lines.map(MarkupText.escaped).joined(separator: "\n"))</pre>")
            }
            lines.append("</section>")
        }
        return lines
    }

    private var operationsTable: [String] {
        let heads = ["passed", "failed", "unsupported", "not run", "undecided", "worst share"].map {
            "<th class=\"n\">\($0)</th>"
        }
        var lines = ["<h2>Operations</h2>", "<table>"]
        lines.append("<tr><th>operation</th><th>backend</th>\(heads.joined())<th>reasons</th></tr>")
        for row in rows + backends.map({ total(of: $0.backend) }) {
            let share = row.passed == 0 ? "" : ParityReport.share(row.worstShare)
            let cells = [
                cell(row.passed, "good"), cell(row.failed, "bad"), cell(row.unsupported, "open"),
                cell(row.notRun, "bad"), cell(row.undecided, "open"), "<td class=\"n\">\(share)</td>"
            ]
            let reasons = row.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3).map(\.key)
            let names = "<td>\(row.operation)</td><td>\(MarkupText.escaped(row.backend))</td>"
            lines.append(
                "<tr>\(names)\(cells.joined())<td>\(MarkupText.escaped(reasons.joined(separator: "; ")))</td></tr>")
        }
        return lines + ["</table>"]
    }

    private func cell(_ count: Int, _ style: String) -> String {
        count == 0 ? "<td class=\"n\"></td>" : "<td class=\"n \(style)\">\(count)</td>"
    }
}
