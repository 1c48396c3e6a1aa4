import AttendRuntime

extension ParityReport {
    /// A table for the terminal: a line per operation and backend, the sums, a legend of the columns, the failures with
    /// the commands to reproduce them, and the verdicts. Of failures that probably have one cause, the smallest case is
    /// shown, see ``groups``. `worst share` is the largest error as a share of its bound; `float32` is the same over
    /// float32 elements that need not be correctly rounded; `undecided`, if present, is the number of elements without
    /// a bound.
    public var table: String { table(showingAll: false) }

    /// The same.
    ///
    /// - Parameter showsAll: Whether every failure is shown, instead of one of each group.
    public func table(showingAll showsAll: Bool) -> String {
        let names = [
            "operation", "backend", "passed", "failed", "unsupported", "not run", "decomposed", "worst share", "float32"
        ]
        let widths = [
            max(9, rows.map(\.operation.count).max() ?? 0), max(7, rows.map(\.backend.count).max() ?? 0), 7, 7, 11, 7,
            10, 11, 7, 9
        ]
        func line(_ cells: [String]) -> String {
            zip(cells, zip(widths, widths.indices)).map { cell, place in
                cell.aligned(to: place.0, isNumber: place.1 >= 2)
            }.joined(separator: "  ")
        }
        let totals = backends.map { total(of: $0.backend) }
        // A column of zeros is omitted.
        let hasUndecided = rows.contains { $0.undecided > 0 }
        var lines = [line(names + (hasUndecided ? ["undecided"] : []))]
        for row in rows { lines.append(line(ParityReport.cells(row, hasUndecided))) }
        lines.append("")
        for total in totals { lines.append(line(ParityReport.cells(total, hasUndecided))) }
        let legend = legend(hasUndecided)
        if !legend.isEmpty { lines += ["", legend] }
        lines += complaints(showsAll) + [""] + backends.map { claimLine($0.backend) }
        lines += budgetLine.map { [$0] } ?? []
        // Last, so that they are what a terminal shows at the end.
        lines += backends.map { verdict(on: $0.backend) }
        return lines.joined(separator: "\n")
    }

    private static func cells(_ row: Row, _ hasUndecided: Bool) -> [String] {
        [
            row.operation, row.backend, "\(row.passed)", "\(row.failed)", "\(row.unsupported)", "\(row.notRun)",
            "\(row.decomposed)", row.passed == 0 ? "-" : share(row.worstShare),
            row.worstFreeShare == 0 ? "-" : share(row.worstFreeShare)
        ] + (hasUndecided ? ["\(row.undecided)"] : [])
    }

    /// The meaning of columns whose heads do not say it, for those in which anything stands.
    private func legend(_ hasUndecided: Bool) -> String {
        var words = rows.contains(where: { $0.passed > 0 }) ? ["worst share: largest error / bound"] : []
        if rows.contains(where: { $0.worstFreeShare > 0 }) {
            words.append("float32: without correctly rounded elements")
        }
        if rows.contains(where: { $0.decomposed > 0 }) { words.append("decomposed: refused whole, ran in parts") }
        if hasUndecided { words.append("undecided: elements without a bound") }
        return words.joined(separator: "; ")
    }

    /// The share of cases that ran within a limited time; nil without a limit.
    var budgetLine: String? {
        guard let budget else { return nil }
        let counts = "\(ParityReport.grouped(ranCount)) of \(ParityReport.grouped(selectedCount))"
        return "ran \(counts) cases in \(budget.inSeconds) s, the likeliest to find a fault first"
    }

    /// A count such as `7,126`.
    package static func grouped(_ count: Int) -> String {
        var (digits, groups) = (Substring(String(count)), [Substring]())
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
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
}
