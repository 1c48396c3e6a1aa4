/// The report of a run.
package struct FuzzReport: Sendable {
    /// The result of one case.
    package struct Result: Sendable {
        package var subject: FuzzCase
        package var outcome: FuzzBench.Outcome
        /// The mutations of the files.
        package var mutations: String
        package var seconds: Double
        /// The peak memory of the worker so far in bytes.
        package var peakBytes: Int
    }

    /// The counts of one kind of cases.
    package struct Summary: Sendable {
        package var kind: FuzzKind
        package var caseCount = 0
        /// The number of cases with accepted files.
        package var readCount = 0
        package var rightCount = 0
        package var refusedCount = 0
        package var findingCount = 0
        package var seconds = 0.0
        package var slowest: (seconds: Double, name: String) = (0, "")
        package var peak: (bytes: Int, name: String) = (0, "")

        /// The share of files that got past parsing.
        package var readShare: Double { caseCount == 0 ? 0 : Double(readCount) / Double(caseCount) }
    }

    /// Cases that seem to have one cause, represented by the first.
    package struct Finding: Sendable {
        package var result: Result
        package var count = 1
        /// The case with fewer mutations; nil if none was found.
        package var smaller: FuzzCase?

        package var subject: FuzzCase { smaller ?? result.subject }
    }

    package let seed: Int
    package internal(set) var seconds = 0.0
    package private(set) var summaries: [Summary] = []
    package internal(set) var findings: [Finding] = []
    /// The latest result; for a single case, its own.
    package private(set) var last: Result?
    private var places: [String: Int] = [:]

    init(seed: Int) { self.seed = seed }

    package var caseCount: Int { summaries.reduce(0) { $0 + $1.caseCount } }
    package var findingCount: Int { summaries.reduce(0) { $0 + $1.findingCount } }

    mutating func add(_ result: Result) {
        let kind = result.subject.kind
        last = result
        if !summaries.contains(where: { $0.kind == kind }) {
            summaries.append(Summary(kind: kind))
            summaries.sort { FuzzReport.place($0.kind) < FuzzReport.place($1.kind) }
        }
        guard let index = summaries.firstIndex(where: { $0.kind == kind }) else { return }
        summaries[index].add(result)
        guard result.outcome.verdict.isFinding else { return }
        let signature = FuzzReport.signature(result)
        if let known = places[signature] {
            findings[known].count += 1
        } else {
            places[signature] = findings.count
            findings.append(Finding(result: result))
        }
    }

    private static func place(_ kind: FuzzKind) -> Int { FuzzKind.allCases.firstIndex(of: kind) ?? 0 }

    /// The signature of a finding: its message without numbers, quotations and places; for a crash, the mutations of
    /// its files.
    private static func signature(_ result: Result) -> String {
        let verdict = result.outcome.verdict
        let isGone = verdict == .crash || verdict == .hang || verdict == .memory
        let text = isGone ? result.mutations : result.outcome.message
        var (words, isQuoted) = ("", false)
        for character in text.prefix(400) {
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted, !character.isNumber, character != "/" { words.append(character) }
        }
        return "\(result.subject.kind.rawValue) \(verdict.rawValue) \(words.prefix(isGone ? 60 : 90))"
    }
}

extension FuzzReport.Summary {
    mutating func add(_ result: FuzzReport.Result) {
        caseCount += 1
        seconds += result.seconds
        if result.outcome.isRead { readCount += 1 }
        switch result.outcome.verdict {
        case .right: rightCount += 1
        case .refused: refusedCount += 1
        case .wrong, .unhelpful, .crash, .hang, .memory: findingCount += 1
        }
        if result.seconds > slowest.seconds { slowest = (result.seconds, result.subject.name) }
        if result.peakBytes > peak.bytes { peak = (result.peakBytes, result.subject.name) }
    }
}
