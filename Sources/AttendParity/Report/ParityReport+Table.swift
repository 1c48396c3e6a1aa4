import AttendRuntime

extension ParityReport {
    /// A table for the terminal: a line per operation and backend, the sums, and every failure with the command to
    /// reproduce it. `worst share` is the largest error as a share of its bound; `float32` is the same over float32
    /// elements that need not be correctly rounded; `undecided`, if present, is the number of elements without a bound.
    public var table: String {
        let names = [
            "operation", "backend", "passed", "failed", "unsupported", "not run", "decomposed", "worst share", "float32"
        ]
        let widths = [
            max(9, rows.map(\.operation.count).max() ?? 0), max(7, rows.map(\.backend.count).max() ?? 0), 7, 7, 11, 7,
            10, 11, 7, 9
        ]
        func line(_ cells: [String]) -> String {
            zip(cells, zip(widths, widths.indices)).map { cell, place in
                let padding = String(repeating: " ", count: max(0, place.0 - cell.count))
                return place.1 < 2 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
        let totals = backends.map { total(of: $0.backend) }
        // A column of zeros is omitted.
        let hasUndecided = rows.contains { $0.undecided > 0 }
        var lines = [line(names + (hasUndecided ? ["undecided"] : []))]
        for row in rows { lines.append(line(ParityReport.cells(row, hasUndecided))) }
        lines.append("")
        for total in totals { lines.append(line(ParityReport.cells(total, hasUndecided))) }
        lines += [""] + backends.map { verdict(on: $0.backend) }
        lines += backends.map { claimLine($0.backend) } + complaints
        return lines.joined(separator: "\n")
    }

    private static func cells(_ row: Row, _ hasUndecided: Bool) -> [String] {
        [
            row.operation, row.backend, "\(row.passed)", "\(row.failed)", "\(row.unsupported)", "\(row.notRun)",
            "\(row.decomposed)", row.passed == 0 ? "-" : share(row.worstShare),
            row.worstFreeShare == 0 ? "-" : share(row.worstFreeShare)
        ] + (hasUndecided ? ["\(row.undecided)"] : [])
    }

    /// A share with three decimals.
    static func share(_ share: Double) -> String {
        let digits = String(Int((share * 1000).rounded()))
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(padded.dropLast(3)).\(padded.suffix(3))"
    }

    private static func open(_ total: Row) -> String {
        total.undecided > 0 ? ", \(total.undecided) of them undecided" : ""
    }

    /// The verdict in one sentence.
    func verdict(on backend: String) -> String {
        let total = total(of: backend)
        if passes(backend) {
            return
                """
                \(backend) passes: \(total.passed) case\(total.passed == 1 ? "" : "s"), \(total.elements) \
                elements\(ParityReport.open(total))
                """
        }
        var reasons: [String] = []
        if total.failed > 0 { reasons.append("\(total.failed) of \(total.count) cases failed") }
        if total.notRun > 0 { reasons.append("\(total.notRun) were not run") }
        if case let count = untouched(backend).count, count > 0 {
            reasons.append("no case covers \(count) claims")
        }
        if total.passed + total.failed + total.notRun == 0 {
            reasons.append(
                (["nothing ran"] + total.reasons.sorted { $0.value > $1.value }.prefix(3).map(\.key)).joined(
                    separator: "; "))
        }
        return "\(backend) does not pass: \(reasons.joined(separator: ", "))"
    }

    private var complaints: [String] { (failures.map(text) + notRun.map(text)).flatMap { ["", $0] } }

    /// The reasons why the report does not pass, one text each: every failure with its first wrong element and the
    /// command to reproduce it, every case that was not run, and every backend that does not pass for another reason.
    public var issues: [String] {
        let others = backends.filter { device in
            let total = total(of: device.backend)
            return !passes(device.backend) && total.failed == 0 && total.notRun == 0
        }
        let none = backends.isEmpty ? ["no backend was available"] : []
        return failures.map(text) + notRun.map(text) + others.map { verdict(on: $0.backend) } + none
    }

    private func text(_ result: CaseResult) -> String {
        var lines: [String] = []
        switch result.outcome.verdict {
        case .failed(let failure):
            lines = ["FAILED on \(result.backend): \(result.subject.name)", "  \(failure.message)"]
            if !result.outcome.kernels.isEmpty {
                lines.append("  kernels: \(result.outcome.kernels.joined(separator: ", "))")
            }
            lines.append("  replay: \(result.replay)")
            if let smaller = result.smallerReplay { lines.append("  smaller: \(smaller)") }
        case .notRun(let reason): lines = ["NOT RUN on \(result.backend): \(result.subject.name)", "  \(reason)"]
        case .passed, .unsupported: break
        }
        return lines.joined(separator: "\n")
    }
}
