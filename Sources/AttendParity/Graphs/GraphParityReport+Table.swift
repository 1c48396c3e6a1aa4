public import AttendRuntime

extension GraphParityReport {
    /// A table for the terminal: one line per operation of the plan, then the errors.
    public var table: String {
        var lines: [String] = []
        let rows = operations
        let width = max(9, rows.map(\.name.count).max() ?? 0)
        func line(_ name: String, _ cells: [String]) -> String {
            name.aligned(to: width, isNumber: false) + cells.map { "  " + $0.aligned(to: 11) }.joined()
        }
        lines.append(line("operation", ["steps", "wrong", "elements", "undecided", "worst share"]))
        for row in rows {
            lines.append(
                line(
                    row.name,
                    [
                        "\(row.steps)", "\(row.wrong)", "\(row.elements)", "\(row.undecided)",
                        ParityReport.share(row.worstShare)
                    ]))
        }
        return (lines + ["", verdict] + complaints).joined(separator: "\n")
    }

    private struct OperationRow {
        var name: String
        var steps = 0
        var wrong = 0
        var elements = 0
        var undecided = 0
        var worstShare = 0.0
    }

    private var operations: [OperationRow] {
        var rows: [OperationRow] = []
        for step in steps {
            let place = rows.firstIndex { $0.name == step.place.operation } ?? rows.count
            if place == rows.count { rows.append(OperationRow(name: step.place.operation)) }
            rows[place].steps += 1
            if step.isWrong { rows[place].wrong += 1 }
            rows[place].elements += step.elementCount
            rows[place].undecided += step.undecided
            rows[place].worstShare = max(rows[place].worstShare, step.worstShare)
        }
        return rows
    }

    /// The result in one sentence.
    public var verdict: String {
        let elements = steps.reduce(0) { $0 + $1.elementCount }
        let time = "\(ParityReport.share(seconds)) s"
        guard passes else {
            let wrong = steps.count(where: \.isWrong)
            let reasons: [(applies: Bool, text: String)] = [
                (wrong > 0, "\(wrong) of \(stepCount) steps are wrong"),
                (!unjudged.isEmpty, "\(unjudged.count) were not judged"),
                (planDifference != nil, "the plan differs from a node-by-node run"),
                (passDifference != nil, "passes changed the result"),
                (trespass != nil, "memory outside the results was written"),
                (failure != nil, "the run failed after \(steps.count) of \(stepCount) steps")
            ]
            return
                """
                \(graph) on \(device.backend) does not pass: \
                \(reasons.filter(\.applies).map(\.text).joined(separator: ", ")) (\(time))
                """
        }
        let nodes = comparedNodes ? ", same bits as node by node" : ""
        let meaning = comparedPasses ? ", passes change no result" : ""
        let counts = "\(steps.count) steps, \(elements) elements"
        return "\(graph) on \(device.backend) passes: \(counts)\(meaning)\(nodes) (\(time))"
    }

    private var complaints: [String] {
        var lines: [String] = []
        if let first = firstDivergence {
            lines += ["", "FIRST DIVERGENCE on \(device.backend): \(first)", "  kernel: \(first.place.kernel)"]
        }
        for step in steps.filter(\.isWrong).dropFirst().prefix(8) { lines.append("  also: \(step)") }
        for step in unjudged.prefix(8) { lines.append("NOT JUDGED: \(step)") }
        if let planDifference { lines += ["", "PLAN: \(planDifference)"] }
        if let passDifference { lines += ["", "PASSES: \(passDifference)"] }
        if let trespass { lines += ["", "MEMORY: \(trespass)"] }
        if let failure { lines += ["", "FAILED: \(failure)"] }
        return lines
    }

    /// The report as one JSON object of version 1. Numbers that JSON can't represent are strings: `"nan"`, `"inf"`.
    public var json: JSONValue {
        .object([
            .init("version", .integer(1)), .init("graph", .string(graph)), .init("backend", .string(device.backend)),
            .init("device", .string(device.name)), .init("passes", .bool(passes)),
            .init("steps", .integer(stepCount)), .init("wrong_steps", .integer(steps.count(where: \.isWrong))),
            .init("first_divergence", firstDivergence.map(json) ?? .null),
            .init("plan_compared", .bool(comparedNodes)),
            .init("plan_difference", planDifference.map { .string($0.description) } ?? .null),
            .init("optimized_compared", .bool(comparedPasses)),
            .init("optimized_difference", passDifference.map { .string($0.description) } ?? .null),
            .init("trespass", trespass.map { .string($0) } ?? .null),
            .init("failure", failure.map { .string($0) } ?? .null),
            .init("judged", .array(steps.map(json))), .init("seconds", .number(seconds))
        ])
    }

    private func json(_ step: Step) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("node", .string(step.place.node)), .init("operation", .string(step.place.operation)),
            .init("backend", .string(step.place.backend)), .init("kernel", .string(step.place.kernel)),
            .init("elements", .integer(step.elementCount)), .init("undecided_elements", .integer(step.undecided)),
            .init("worst_share", .number(step.worstShare)), .init("oracle_seconds", .number(step.oracleSeconds))
        ]
        switch step.outcome {
        case .right: members.append(.init("outcome", .string("right")))
        case .open(let reason):
            members += [.init("outcome", .string("open")), .init("reason", .string(reason))]
        case .unjudged(let reason):
            members += [.init("outcome", .string("unjudged")), .init("reason", .string(reason))]
        case .wrong(let output, let comparison):
            members += [
                .init("outcome", .string("wrong")), .init("output", output.map { .string($0) } ?? .null),
                .init("wrong_elements", .integer(comparison.wrongCount)),
                .init("first", comparison.first.map(ParityReport.json) ?? .null)
            ]
        }
        return .object(members)
    }
}
