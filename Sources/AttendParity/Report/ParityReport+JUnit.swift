import AttendRuntime

extension ParityReport {
    /// The report as JUnit XML for continuous integration: a suite per backend, a test per case. Unsupported cases are
    /// skipped; cases that were not run are errors, because they did not pass.
    public var junit: String {
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        let all = backends.map { total(of: $0.backend) }
        lines.append("<testsuites name=\"attend parity\" \(ParityReport.counts(all, seconds: seconds))>")
        for device in backends {
            let name = MarkupText.escaped(device.backend)
            let total = total(of: device.backend)
            lines.append("  <testsuite name=\"\(name)\" \(ParityReport.counts([total], seconds: total.seconds))>")
            if total.count == 0 {
                lines.append("    <system-err>nothing ran</system-err>")
            }
            for result in results where result.backend == device.backend {
                lines += ParityReport.testCase(result)
            }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>", ""]).joined(separator: "\n")
    }

    private static func counts(_ rows: [Row], seconds: Double) -> String {
        func sum(_ count: (Row) -> Int) -> Int { rows.reduce(0) { $0 + count($1) } }
        return "tests=\"\(sum(\.count))\" failures=\"\(sum(\.failed))\" errors=\"\(sum(\.notRun))\" "
            + "skipped=\"\(sum(\.unsupported))\" time=\"\(MarkupText.seconds(seconds))\""
    }

    private static func testCase(_ result: CaseResult) -> [String] {
        let place = MarkupText.escaped("\(result.backend).\(result.subject.operation)")
        let head =
            "    <testcase classname=\"\(place)\" name=\"\(MarkupText.escaped(result.subject.name))\" "
            + "time=\"\(MarkupText.seconds(result.seconds))\""
        let inner: String
        switch result.outcome.verdict {
        case .passed: return [head + "/>"]
        case .unsupported(let reason): inner = "<skipped message=\"\(MarkupText.escaped(reason))\"/>"
        case .notRun(let reason): inner = "<error type=\"not_run\" message=\"\(MarkupText.escaped(reason))\"/>"
        case .failed(let failure):
            let lines =
                ["replay: \(result.replay)"] + result.rerunLines + (failure.values?.lines ?? []).map { "  \($0)" }
            let text = MarkupText.escaped(lines.joined(separator: "\n"))
            inner =
                "<failure type=\"\(failure.kind.rawValue)\" message=\"\(MarkupText.escaped(failure.message))\">\(text)"
                + "</failure>"
        }
        return [head + ">", "      " + inner, "    </testcase>"]
    }
}
