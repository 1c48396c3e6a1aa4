package import AttendRuntime

extension FuzzReport {
    /// - Parameter replay: The command without the case.
    package func json(replay: String) -> JSONValue {
        .object([
            .init("version", .integer(1)), .init("seed", .integer(seed)), .init("seconds", .number(seconds)),
            .init("kinds", .array(summaries.map(\.json))),
            .init("findings", .array(findings.map { $0.json(replay: replay) }))
        ])
    }
}

extension FuzzReport.Summary {
    fileprivate var json: JSONValue {
        .object([
            .init("kind", .string(kind.rawValue)), .init("cases", .integer(caseCount)),
            .init("read", .integer(readCount)),
            .init("read_share", .number(readShare)), .init("right", .integer(rightCount)),
            .init("refused", .integer(refusedCount)), .init("findings", .integer(findingCount)),
            .init("slowest_seconds", .number(slowest.seconds)), .init("slowest_case", .string(slowest.name)),
            .init("peak_bytes", .integer(peak.bytes)), .init("peak_case", .string(peak.name))
        ])
    }
}

extension FuzzReport.Finding {
    fileprivate func json(replay: String) -> JSONValue {
        .object([
            .init("verdict", .string(result.outcome.verdict.rawValue)), .init("case", .string(subject.name)),
            .init("first_case", .string(result.subject.name)), .init("count", .integer(count)),
            .init("message", .string(result.outcome.message)), .init("mutations", .string(result.mutations)),
            .init("replay", .string("\(replay) \(subject.name)"))
        ])
    }
}
