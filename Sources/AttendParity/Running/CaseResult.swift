/// The result of one case on one backend.
public struct CaseResult: Sendable {
    /// The case.
    public var subject: ParityCase
    /// The backend's name.
    public var backend: String
    /// The outcome.
    public var outcome: CaseOutcome
    /// The time on the backend in seconds, for all runs.
    public var seconds = 0.0
    /// The time to build the case and compute the expected results, in seconds.
    public var oracleSeconds = 0.0
    var replayForm = ReplayForm.swift()

    /// A smaller case that fails in the same way; nil if none was searched for or found.
    public internal(set) var smaller: ParityCase?
    /// The failure of the smaller case.
    public internal(set) var smallerFailure: CaseFailure?

    /// The cases that ran before this one in the same worker, the last 64 at most; only of a failure.
    package var predecessors: [ParityCase] = []
    /// The result of another run of a failed case, alone in a process of its own; nil if there was none.
    public internal(set) var rerun: CaseRerun?

    /// The command or code that reproduces this case, see ``ReplayForm``.
    public var replay: String { replayForm.text(for: subject, on: backend) }
    /// The command or code that reproduces the smaller case; nil without one.
    public var smallerReplay: String? { smaller.map { replayForm.text(for: $0, on: backend) } }
    /// The command that reproduces a failure that depends on the cases before it; nil for other failures.
    public var sequenceReplay: String? {
        guard case .failsAfter(let cases) = rerun else { return nil }
        return replayForm.text(forSequence: cases + [subject], on: backend)
    }
}

/// The result of another run of a failed case, alone in a process of its own.
public enum CaseRerun: Sendable, Hashable {
    /// It failed again.
    case fails
    /// It passed; why it failed before was not searched for.
    case passes
    /// It passed, and failed in the same way after these cases in one process: it depends on what ran before.
    case failsAfter([ParityCase])
    /// It passed, also after as many of the cases that ran before it: they were run again in one process.
    case notReproduced(predecessors: Int)
}

/// The form of the instructions to reproduce a case.
public enum ReplayForm: Sendable, Hashable {
    /// A line of Swift, for backends known only to the caller; `backend` in it is the one of that name.
    case swift(RoundingModel = RoundingModel())
    /// A command of the program `attend`, for backends that it knows by name, with options other than backend and case,
    /// such as `--threads 2`.
    case command(options: [String] = [])

    func text(for subject: ParityCase, on backend: String) -> String {
        switch self {
        case .swift(let model):
            let name = "\"\(subject.name)\""
            return "try print(ParityRun(backends: [backend]\(ReplayForm.argument(model)))"
                + ".report(on: [ParityCase(parsing: \(name))]).table)"
        case .command(let options):
            let words = ["attend parity --backend", ShellWord.quoted(backend)] + options
            return (words + ["--case '\(subject.name)'"]).joined(separator: " ")
        }
    }

    /// The same for several cases in one process, in order.
    func text(forSequence cases: [ParityCase], on backend: String) -> String {
        switch self {
        case .swift(let model):
            let list = cases.map { "ParityCase(parsing: \"\($0.name)\")" }.joined(separator: ", ")
            return "try print(ParityRun(backends: [backend]\(ReplayForm.argument(model))).report(on: [\(list)]).table)"
        case .command(let options):
            let words = ["attend parity --backend", ShellWord.quoted(backend)] + options + ["--jobs 1"]
            return (words + cases.map { "--case '\($0.name)'" }).joined(separator: " ")
        }
    }

    /// How to see every failure.
    var showingAll: String {
        switch self {
        case .swift: "ParityReport.issues"
        case .command: "--all"
        }
    }

    private static func argument(_ model: RoundingModel) -> String {
        var words: [String] = []
        if let precision = model.precision { words.append("precision: .\(precision)") }
        if model.flushesDenormals { words.append("flushesDenormals: true") }
        return words.isEmpty ? "" : ", model: RoundingModel(\(words.joined(separator: ", ")))"
    }
}

/// The quoting of shell words.
package enum ShellWord {
    package static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || "-_./:@%+=,".unicodeScalars.contains(scalar))
            }
        guard !isPlain else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
