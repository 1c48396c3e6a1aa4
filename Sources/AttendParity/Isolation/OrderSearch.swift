/// The search for the cause of failures that depend on what ran before: each is run again alone, and if it passes,
/// after the cases that ran before it in its worker.
package struct OrderSearch {
    /// The number of cases before a failure that are kept.
    package static let reach = 64
    /// The limit of runs of one failure, without the one alone.
    package static let runLimit = 8
    /// The limit of failures whose predecessors are searched.
    package static let searchLimit = 5
    /// The limit of failures that are run again.
    package static let rerunLimit = 24

    private var searches = 0

    package init() {}

    /// Runs a failure again.
    ///
    /// - Parameter run: Runs cases in one new process, in order, on the result's backend; returns the result of the last
    ///   one. Nil if they did not all run in one process.
    /// - Returns: nil if the case alone was inconclusive.
    package mutating func rerun<Failure>(
        _ result: CaseResult, run: ([ParityCase]) throws(Failure) -> CaseResult?
    ) throws(Failure) -> CaseRerun? {
        guard case .failed(let failure) = result.outcome.verdict else { return nil }
        switch try run([result.subject])?.outcome.verdict {
        case .failed: return .fails
        case .passed, .unsupported: break
        case .notRun, nil: return nil
        }
        let before = result.predecessors
        guard !before.isEmpty else { return .notReproduced(predecessors: 0) }
        guard searches < OrderSearch.searchLimit else { return .passes }
        searches += 1
        var runs = 0
        func fails(after cases: [ParityCase]) throws(Failure) -> Bool {
            runs += 1
            guard case .failed(let found) = try run(cases + [result.subject])?.outcome.verdict else { return false }
            return found.kind == failure.kind
        }
        // The last 1, 2, 4, 8, … cases before it.
        var count = 1
        while try !fails(after: before.suffix(count)) {
            guard count < before.count else { return .notReproduced(predecessors: before.count) }
            count = min(2 * count, before.count)
        }
        // One of the halves may be enough; the older one holds a case that is needed.
        var sequence = Array(before.suffix(count))
        var isShorter = true
        while isShorter, sequence.count > 1 {
            isShorter = false
            let half = sequence.count / 2
            for part in [Array(sequence.prefix(half)), Array(sequence.suffix(sequence.count - half))]
            where runs < OrderSearch.runLimit {
                if try fails(after: part) {
                    (sequence, isShorter) = (part, true)
                    break
                }
            }
        }
        return .failsAfter(sequence)
    }
}

extension ParityReport {
    /// The indices of failures to run again: the smallest of each group, then the second of each, and so on; of
    /// timeouts one.
    package var failuresToRerun: [Int] {
        let groups = groups
        var hasTimeout = false
        let turns = groups.map(\.indices.count).max() ?? 0
        let indices = (0..<turns).lazy.flatMap { turn in
            groups.filter { turn < $0.indices.count }.map { (kind: $0.kind, index: $0.indices[turn]) }
        }
        var chosen: [Int] = []
        for (kind, index) in indices {
            guard chosen.count < OrderSearch.rerunLimit else { break }
            guard kind != .timedOut || !hasTimeout else { continue }
            if kind == .timedOut { hasTimeout = true }
            chosen.append(index)
        }
        return chosen
    }

    package mutating func note(rerun: CaseRerun, ofFailure index: Int) { failures[index].rerun = rerun }

    package mutating func note(smaller: CaseResult, ofFailure index: Int) {
        failures[index].smaller = smaller.subject
        if case .failed(let failure) = smaller.outcome.verdict { failures[index].smallerFailure = failure }
    }
}
