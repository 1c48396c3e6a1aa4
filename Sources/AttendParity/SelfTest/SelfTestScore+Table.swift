public import AttendRuntime

extension SelfTestScore {
    /// A table for the terminal: a line per fault, the sums, uncaught faults and false alarms.
    public var table: String {
        let width = max(5, rows.map(\.fault.count).max() ?? 0)
        func line(_ name: String, _ cells: [String]) -> String {
            let padded = zip(cells, [9, 8, 9, 8, 8, 15]).map { $0.aligned(to: $1) }
            return name.aligned(to: width, isNumber: false) + "  " + padded.joined(separator: "  ")
        }
        var lines = [line("fault", ["seeds", "acted", "caught", "large", "caught", "shown by"])]
        for row in rows {
            lines.append(
                line(
                    row.fault,
                    [
                        "\(row.seeds.count) of \(seeds.count)", "\(row.acted)", "\(row.caught)", "\(row.actedLarge)",
                        "\(row.caughtLarge)", row.kinds.max { $0.value < $1.value }?.key.rawValue ?? "-"
                    ]))
        }
        return (lines + [""] + summary + complaints).joined(separator: "\n")
    }

    private var summary: [String] {
        let caught = rows.count - escaped.count
        return [
            """
            acted: cases that ran in which the fault changed a result; large: those with more than \
            \(SelfTestScore.largeCount) outputs.
            """,
            "\(caught) of \(rows.count) planted faults caught at every one of \(seeds.count) seeds; "
                + "\(falseAlarms.count) false alarms in \(caseCount) cases, \(largeCaseCount) of them large"
        ]
    }

    private var complaints: [String] {
        var lines: [String] = []
        for row in escaped {
            let missed = seeds.filter { !row.seeds.contains($0) }.map(String.init).joined(separator: ", ")
            lines += ["", "ESCAPED at seed \(missed): \(row.fault), \(row.summary)"]
            if row.acted == 0 { lines.append("  it never acted") }
        }
        for result in falseAlarms {
            lines += ["", "FALSE ALARM on \(result.backend): \(result.subject.name)"]
            switch result.outcome.verdict {
            case .failed(let failure): lines.append("  \(failure.message)")
            case .notRun(let reason): lines.append("  not run: \(reason)")
            case .passed, .unsupported: break
            }
            lines.append("  replay: \(result.replay)")
        }
        return lines
    }

    /// The score as one JSON object of version 1.
    public var json: JSONValue {
        .object([
            .init("version", .integer(1)), .init("passes", .bool(passes)), .init("backend", .string(backend.backend)),
            .init("seeds", .array(seeds.map { .integer($0) })), .init("cases", .integer(caseCount)),
            .init("large_cases", .integer(largeCaseCount)), .init("faults", .array(rows.map(json))),
            .init("false_alarms", .array(falseAlarms.map { .string($0.replay) })), .init("seconds", .number(seconds))
        ])
    }

    private func json(_ row: Row) -> JSONValue {
        var first: JSONValue = .null
        if let result = row.first, case .failed(let failure) = result.outcome.verdict {
            first = .object([.init("message", .string(failure.message)), .init("replay", .string(result.replay))])
        }
        return .object([
            .init("fault", .string(row.fault)), .init("summary", .string(row.summary)),
            .init("acts_on", .string(row.extent)), .init("operations", .array(row.operations.map { .string($0) })),
            .init("acted", .integer(row.acted)), .init("caught", .integer(row.caught)),
            .init("acted_large", .integer(row.actedLarge)), .init("caught_large", .integer(row.caughtLarge)),
            .init("seeds_caught", .integer(row.seeds.count)), .init("first", first),
            .init("missed", row.missed.map { .string($0) } ?? .null)
        ])
    }
}
