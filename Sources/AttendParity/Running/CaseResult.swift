/// One case on one backend.
public struct CaseResult: Sendable {
    public var subject: ParityCase
    public var backend: String
    public var outcome: CaseOutcome
    /// On the backend, all runs together.
    public var seconds = 0.0
    /// To build the case and to compute what it has to give.
    public var oracleSeconds = 0.0
    var replayForm = ReplayForm.swift()

    /// A smaller case that fails in the same way, where one was looked for and found.
    public internal(set) var smaller: ParityCase?

    /// What runs this case again, in the words of whoever asked for the run.
    public var replay: String { replayForm.text(for: subject, on: backend) }
    /// What runs the smaller one.
    public var smallerReplay: String? { smaller.map { replayForm.text(for: $0, on: backend) } }
}

/// How a report says that a case is run again.
public enum ReplayForm: Sendable, Hashable {
    /// A line of Swift, for backends that only the caller knows; `backend` in it stands for the one of that name.
    case swift(RoundingModel = RoundingModel())
    /// A command of the program `attend`, with what it needs beside backend and case, such as `--threads 2`: for backends
    /// that it knows by name.
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

    private static func argument(_ model: RoundingModel) -> String {
        var words: [String] = []
        if let precision = model.precision { words.append("precision: .\(precision)") }
        if model.flushesDenormals { words.append("flushesDenormals: true") }
        return words.isEmpty ? "" : ", model: RoundingModel(\(words.joined(separator: ", ")))"
    }
}

/// A word of a command as a shell takes it.
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
