import AttendRuntime

extension ParityReport {
    /// The failures for the table: of each group the smallest case, or all of them; then the cases that were not run.
    func complaints(_ showsAll: Bool) -> [String] {
        let blocks = groups.flatMap { group -> [String] in
            guard !showsAll, let first = group.indices.first else { return group.indices.map { text(failures[$0]) } }
            return [text(failures[first]) + more(than: group)]
        }
        return (blocks + notRun.map(text)).flatMap { ["", $0] }
    }

    /// A line such as `27 more alike (--all): softmax, wrong, sizes`; empty for a group of one.
    private func more(than group: FailureGroup) -> String {
        guard group.indices.count > 1 else { return "" }
        let count = ParityReport.grouped(group.indices.count - 1)
        return "\n  \(count) more alike (\(failures[group.indices[0]].replayForm.showingAll)): \(group.title)"
    }

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
            lines += (failure.values?.lines ?? []).map { "    \($0)" }
            if !result.outcome.kernels.isEmpty {
                lines.append("  kernels: \(result.outcome.kernels.joined(separator: ", "))")
            }
            lines.append("  replay: \(result.replay)")
            if let smaller = result.smallerReplay {
                lines.append("  smaller: \(smaller)")
                lines += (result.smallerFailure?.values?.lines ?? []).map { "    \($0)" }
            }
            lines += result.rerunLines.map { "  \($0)" }
        case .notRun(let reason): lines = ["NOT RUN on \(result.backend): \(result.subject.name)", "  \(reason)"]
        case .passed, .unsupported: break
        }
        return lines.joined(separator: "\n")
    }
}

extension CaseResult {
    /// What another run of the case alone showed, and the command for the cases that it depends on.
    var rerunLines: [String] {
        switch rerun {
        case .fails, nil: []
        case .passes: ["alone: passes; the failure depends on what ran before, or on chance"]
        case .failsAfter(let cases):
            [
                "alone: passes; the failure depends on what ran before: "
                    + (cases.count == 1 ? "it fails after 1 other case" : "it fails after \(cases.count) other cases"),
                "sequence: \(sequenceReplay ?? "")"
            ]
        case .notReproduced(0): ["alone: passes; nothing ran before it in its worker, so the failure depends on chance"]
        case .notReproduced(let count):
            [
                "alone: passes; not reproduced by the \(count == 1 ? "case" : "\(count) cases") before it: the failure "
                    + "depends on chance, or on earlier cases"
            ]
        }
    }
}
