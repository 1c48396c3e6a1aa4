public import AttendRuntime

extension ParityReport {
    /// The report as one JSON object of version 1. Numbers that JSON can't represent are strings: `"nan"`, `"inf"`.
    public var json: JSONValue {
        .object([
            .init("version", .integer(1)), .init("passes", .bool(passes)),
            .init("backends", .array(backends.map(json))),
            .init("operations", .array(rows.map(json))),
            .init("claims", claimsJSON),
            .init("failures", .array(failures.map(json))),
            .init("not_run", .array(notRun.map(json))),
            .init("seconds", .number(seconds)),
            .init("groups", .array(groups.map(json))),
            .init("cases", .object([.init("selected", .integer(selectedCount)), .init("ran", .integer(ranCount))]))
        ])
    }

    private func json(_ group: FailureGroup) -> JSONValue {
        let members = group.indices.map { failures[$0] }
        return .object([
            .init("backend", .string(group.backend)), .init("operation", .string(group.operation)),
            .init("kind", .string(group.kind.rawValue)),
            .init("dimension", group.dimension.map { .string($0) } ?? .null),
            .init("passes_alone", .bool(group.passesAlone)),
            .init("smallest", members.first.map { .string($0.subject.name) } ?? .null),
            .init("replay", members.first.map { .string($0.replay) } ?? .null),
            .init("cases", .array(members.map { .string($0.subject.name) }))
        ])
    }

    private func json(_ device: DeviceDescription) -> JSONValue {
        .object([
            .init("name", .string(device.backend)), .init("device", .string(device.name)),
            .init("threads", .integer(device.threads)),
            .init("instruction_set", device.instructionSet.map { .string($0) } ?? .null),
            .init("library", device.library.map { .string($0) } ?? .null),
            .init("passes", .bool(passes(device.backend))), .init("total", json(total(of: device.backend)))
        ])
    }

    private func json(_ row: Row) -> JSONValue {
        let reasons = row.reasons.sorted { $0.key < $1.key }.map { reason, count in
            JSONValue.object([.init("reason", .string(reason)), .init("cases", .integer(count))])
        }
        return .object([
            .init("operation", .string(row.operation)), .init("backend", .string(row.backend)),
            .init("passed", .integer(row.passed)), .init("failed", .integer(row.failed)),
            .init("unsupported", .integer(row.unsupported)), .init("not_run", .integer(row.notRun)),
            .init("decomposed", .integer(row.decomposed)), .init("elements", .integer(row.elements)),
            .init("undecided_elements", .integer(row.undecided)),
            .init("worst_share", .number(row.worstShare)), .init("worst_float32_share", .number(row.worstFreeShare)),
            .init("worst_case", row.worstCase.map { .string($0) } ?? .null),
            .init("unsupported_reasons", .array(reasons)), .init("seconds", .number(row.seconds)),
            .init("oracle_seconds", .number(row.oracleSeconds))
        ])
    }

    private func json(_ result: CaseResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("case", .string(result.subject.name)), .init("operation", .string(result.subject.operation)),
            .init("backend", .string(result.backend)), .init("replay", .string(result.replay)),
            .init("smaller_replay", result.smallerReplay.map { .string($0) } ?? .null)
        ]
        switch result.outcome.verdict {
        case .failed(let failure):
            members += [
                .init("kind", .string(failure.kind.rawValue)), .init("message", .string(failure.message)),
                .init("kernels", .array(result.outcome.kernels.map { .string($0) })),
                .init("output", failure.output.map { .string($0) } ?? .null),
                .init("wrong_elements", .integer(failure.wrongCount)),
                .init("elements", .integer(failure.elementCount)),
                .init("first", failure.element.map(ParityReport.json) ?? .null),
                .init("values", failure.values?.json ?? .null), .init("part", failure.part?.json ?? .null),
                .init("smaller_values", result.smallerFailure?.values?.json ?? .null),
                .init("alone", result.rerun.map { result.json($0) } ?? .null)
            ]
        case .notRun(let reason), .unsupported(let reason): members.append(.init("message", .string(reason)))
        case .passed: break
        }
        return .object(members)
    }

    static func json(_ element: WrongElement) -> JSONValue {
        .object([
            .init("index", .array(element.index.map { .integer($0) })), .init("value", json(element.value)),
            .init("oracle", json(element.oracle)), .init("bound", json(element.bound)),
            .init("expected", element.expected.map { .string($0) } ?? .null)
        ])
    }

    private static func json(_ number: Double) -> JSONValue {
        number.isFinite ? .number(number) : .string(number.isNaN ? "nan" : number < 0 ? "-inf" : "inf")
    }
}

extension ShownValues {
    fileprivate var json: JSONValue {
        .object([
            .init("inputs", .array(inputs.map(\.json))), .init("output", output?.json ?? .null),
            .init("expected", expected?.json ?? .null)
        ])
    }
}

extension ShownValues.Row {
    fileprivate var json: JSONValue {
        .object([
            .init("name", .string(name)), .init("type", .string(type)),
            .init("elements", .array(elements.map { .string($0) }))
        ])
    }
}

extension WrongPart {
    fileprivate var json: JSONValue {
        .object([
            .init("node", .string(node)), .init("operation", .string(operation)), .init("kernel", .string(kernel)),
            .init("message", .string(message))
        ])
    }
}

extension CaseResult {
    /// The rerun: whether the case passes alone, after which cases it fails, and after how many it still passes.
    fileprivate func json(_ rerun: CaseRerun) -> JSONValue {
        var (after, tried) = (JSONValue.null, JSONValue.null)
        switch rerun {
        case .fails, .passes: break
        case .failsAfter(let cases): after = .array(cases.map { .string($0.name) })
        case .notReproduced(let count): tried = .integer(count)
        }
        return .object([
            .init("passes", .bool(rerun != .fails)), .init("fails_after", after),
            .init("sequence_replay", sequenceReplay.map { .string($0) } ?? .null), .init("passes_after_last", tried)
        ])
    }
}
