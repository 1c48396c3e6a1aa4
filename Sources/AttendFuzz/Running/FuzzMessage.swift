import AttendParity

/// A message of a fuzzing worker to its parent.
package enum FuzzMessage: WorkerLine {
    case ready
    /// The seeds of a kind are about to be generated.
    case preparing(String)
    /// The case of this number is about to be generated.
    case begun(Int)
    /// Its files are generated, with these mutations.
    case made(Int, String)
    case ended(Int, FuzzBench.Outcome, microseconds: Int, peakBytes: Int)
    /// All requested cases are finished.
    case done
    /// The worker can't run cases.
    case failed(String)

    package var text: String {
        switch self {
        case .ready: "ready "
        case .preparing(let kind): "preparing \(kind)"
        case .begun(let index): "begun \(index)"
        case .made(let index, let mutations): "made \(index) \(mutations)"
        case .ended(let index, let outcome, let microseconds, let peakBytes):
            """
            ended \(index) \(outcome.verdict.rawValue) \(outcome.isRead ? 1 : 0) \(microseconds) \(peakBytes) \
            \(outcome.message)
            """
        case .done: "done "
        case .failed(let reason): "failed \(reason)"
        }
    }

    package init?(parsing line: String) {
        let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
        func rest(_ start: Int) -> String {
            line.split(separator: " ", maxSplits: start, omittingEmptySubsequences: false).dropFirst(start).joined()
        }
        switch words[0] {
        case "ready": self = .ready
        case "preparing": self = .preparing(rest(1))
        case "begun":
            guard words.count == 2, let index = Int(words[1]) else { return nil }
            self = .begun(index)
        case "made":
            guard words.count > 1, let index = Int(words[1]) else { return nil }
            self = .made(index, rest(2))
        case "ended":
            guard words.count == 7, let index = Int(words[1]), let verdict = FuzzVerdict(rawValue: words[2]),
                let microseconds = Int(words[4]), let peakBytes = Int(words[5])
            else { return nil }
            let outcome = FuzzBench.Outcome(verdict: verdict, isRead: words[3] == "1", message: rest(6))
            self = .ended(index, outcome, microseconds: microseconds, peakBytes: peakBytes)
        case "done": self = .done
        case "failed": self = .failed(rest(1))
        default: return nil
        }
    }

    package var beginsAnew: Bool { if case .begun = self { true } else { false } }
}

/// A task of a worker: consecutive cases, one line.
struct FuzzTask {
    var first: FuzzCase
    /// The number of cases.
    var count: Int

    var line: String { "\(first.name) \(count)\n" }

    init(_ first: FuzzCase, count: Int) { (self.first, self.count) = (first, count) }

    init?(parsing line: String) {
        let words = line.split(separator: " ")
        guard words.count == 2, let first = try? FuzzCase(parsing: String(words[0])), let count = Int(words[1]) else {
            return nil
        }
        self.init(first, count: count)
    }
}
