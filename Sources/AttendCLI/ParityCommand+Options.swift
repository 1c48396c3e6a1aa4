import ArgumentParser
import AttendParity
import AttendRuntime

/// The options that were given, and the cases that they select.
extension ParityCommand {
    var ofCases: [(isGiven: Bool, name: String)] {
        [
            (!cases.isEmpty, "--case"), (!operation.isEmpty, "--operation"), (quick, "--quick"), (deep, "--deep"),
            (seed != nil, "--seed"), (seeds != nil, "--seeds"), (planted.selfTest, "--self-test"),
            (workers.jobs != nil, "--jobs")
        ]
    }

    var ofReports: [(isGiven: Bool, name: String)] {
        [(files.junit != nil, "--junit"), (files.html != nil, "--html"), (files.all, "--all")]
    }

    var ofLimits: [(isGiven: Bool, name: String)] {
        [
            (workers.timeout != nil, "--timeout"), (time != nil, "--time"),
            (shrink != nil, shrink == false ? "--no-shrink" : "--shrink")
        ]
    }

    func names(_ options: [(isGiven: Bool, name: String)]) -> [String] {
        options.filter(\.isGiven).map(\.name)
    }

    /// The time for the cases; nil for all of them.
    ///
    /// - Throws: `ValidationError` for a text that is no time.
    var budget: Duration? {
        get throws {
            guard let time else { return nil }
            let units = ["s": 1.0, "m": 60, "h": 3600]
            let unit = time.last.flatMap { units[String($0)] }
            let number = Double(unit == nil ? time : String(time.dropLast()))
            guard let seconds = number.map({ $0 * (unit ?? 1) }), seconds >= 0.1, seconds <= 604_800 else {
                throw ValidationError(
                    "--time must be a time from 0.1s to 168h, such as 60s, 5m or 1h, found \"\(time)\"")
            }
            return .milliseconds(Int(seconds * 1000))
        }
    }

    /// The operations to audit; none for a part of the cases, which can't cover all claims of a backend.
    var auditedOperations: [String] {
        guard cases.isEmpty, !quick, time == nil, planted.fault.isEmpty else { return [] }
        return wantedOperations.isEmpty ? CaseCatalog.operations : wantedOperations
    }

    var wantedOperations: [String] { operation.flatMap(ParityBackends.words) }

    func selectedCases() throws -> [ParityCase] {
        guard cases.isEmpty else {
            do {
                return try cases.map { try ParityCase(parsing: $0) }
            } catch {
                throw ValidationError("--case \(error)")
            }
        }
        var selection = CaseSelection(isQuick: quick, seed: seed ?? 1, seededCount: seeds, isDeep: deep)
        selection.watchesMemory = workers.count > 0
        // With a given number of threads all cases run with that one.
        if threads == nil { selection.threadCounts = selection.usualThreadCounts }
        let operations = wantedOperations.isEmpty ? CaseCatalog.operations : wantedOperations
        let selected = operations.flatMap { CaseCatalog.cases(of: $0, selection) }
        return time == nil ? CaseOrder.likelyFirst(selected) : CaseOrder.acrossOperations(selected)
    }
}
