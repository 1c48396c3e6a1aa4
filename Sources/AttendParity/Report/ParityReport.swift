public import AttendRuntime

/// The report of a run: counts by operation and backend, and every failure.
///
/// A backend passes only if nothing failed, every case was run, and at least one passed: not run is not passed.
public struct ParityReport: Sendable {
    /// The devices of the backends.
    public let backends: [DeviceDescription]
    /// The counts by operation and backend, in the order of the cases; of one operation, in the order of the backends.
    public private(set) var rows: [Row] = []
    /// The result of every case on every backend.
    public private(set) var results: [CaseResult] = []
    /// The failed cases.
    public internal(set) var failures: [CaseResult] = []
    /// The inconclusive cases.
    public private(set) var notRun: [CaseResult] = []
    /// The time of the whole run in seconds.
    public internal(set) var seconds = 0.0
    /// The number of selected cases; fewer ran if the time was limited.
    public internal(set) var selectedCount = 0
    /// The number of cases that ran.
    public internal(set) var ranCount = 0
    /// The limit of the time for cases; nil for none.
    package internal(set) var budget: Duration?
    /// The audited claims by backend, independent of cases; empty without an audit.
    private(set) var audits: [String: [ClaimAudit.Pair]] = [:]
    private var places: [Key: Int] = [:]

    private struct Key: Hashable {
        var operation: String
        var backend: String
    }

    /// The counts of one operation on one backend.
    public struct Row: Sendable, Hashable {
        /// The operation's name; `all` for a sum.
        public let operation: String
        /// The backend's name.
        public let backend: String
        /// The number of passed cases.
        public internal(set) var passed = 0
        /// The number of failed cases.
        public internal(set) var failed = 0
        /// The number of unsupported cases.
        public internal(set) var unsupported = 0
        /// The number of inconclusive cases.
        public internal(set) var notRun = 0
        /// The number of passed cases whose operation was refused as a whole and run in parts.
        public internal(set) var decomposed = 0
        /// The number of elements without a bound.
        public internal(set) var undecided = 0
        /// The number of compared elements.
        public internal(set) var elements = 0
        /// The largest error as a share of its bound, over correct elements.
        public internal(set) var worstShare = 0.0
        /// The same over float32 elements that need not be correctly rounded.
        public internal(set) var worstFreeShare = 0.0
        /// The case with ``worstShare``.
        public internal(set) var worstCase: String?
        /// The reasons of unsupported cases with their counts.
        public internal(set) var reasons: [String: Int] = [:]
        /// The time on the backend in seconds.
        public internal(set) var seconds = 0.0
        /// The time of the oracle in seconds, common to all backends.
        public internal(set) var oracleSeconds = 0.0

        /// The number of cases.
        public var count: Int { passed + failed + unsupported + notRun }
    }

    init(backends: [DeviceDescription]) { self.backends = backends }

    mutating func add(_ result: CaseResult) {
        let key = Key(operation: result.subject.operation, backend: result.backend)
        let place = places[key] ?? rows.count
        if place == rows.count {
            places[key] = place
            rows.append(Row(operation: key.operation, backend: key.backend))
        }
        rows[place].add(result)
        results.append(result)
        switch result.outcome.verdict {
        case .failed: failures.append(result)
        case .notRun: notRun.append(result)
        case .passed, .unsupported: break
        }
    }

    package mutating func note(claims: [ClaimAudit.Pair], of backend: String) { audits[backend] = claims }

    /// The sum over all operations of a backend.
    public func total(of backend: String) -> Row {
        rows.filter { $0.backend == backend }.reduce(into: Row(operation: "all", backend: backend)) { $0.add($1) }
    }

    /// Whether a backend passes: no case failed, all were run, at least one passed, and no claim is unchecked.
    public func passes(_ backend: String) -> Bool {
        let total = total(of: backend)
        return total.failed == 0 && total.notRun == 0 && total.passed > 0 && untouched(backend).isEmpty
    }

    /// The number of a backend's cases in which a planted fault acted; nil without a planted fault.
    package func faultyCases(_ backend: String) -> Int? {
        let acts = results.filter { $0.backend == backend }.compactMap(\.outcome.faultActs)
        return acts.isEmpty ? nil : acts.count { $0 > 0 }
    }

    /// Whether a backend does not pass only because it supports no requested operation: nothing failed, and everything
    /// was run.
    public var isUnsupported: Bool {
        failures.isEmpty && notRun.isEmpty && backends.contains { total(of: $0.backend).unsupported > 0 } && !passes
    }

    /// Whether every backend passes, and there is at least one.
    public var passes: Bool { !backends.isEmpty && backends.allSatisfy { passes($0.backend) } }
}

extension ParityReport.Row {
    fileprivate mutating func add(_ result: CaseResult) {
        let outcome = result.outcome
        switch outcome.verdict {
        case .passed:
            passed += 1
            if outcome.isDecomposed { decomposed += 1 }
            worstFreeShare = max(worstFreeShare, outcome.worstFreeShare)
            if outcome.worstShare > worstShare || worstCase == nil {
                (worstShare, worstCase) = (outcome.worstShare, result.subject.name)
            }
        case .failed: failed += 1
        case .unsupported(let reason):
            unsupported += 1
            reasons[reason, default: 0] += 1
        case .notRun: notRun += 1
        }
        undecided += outcome.undecided
        elements += outcome.elementCount
        seconds += result.seconds
        oracleSeconds += result.oracleSeconds
    }

    fileprivate mutating func add(_ other: Self) {
        passed += other.passed
        failed += other.failed
        unsupported += other.unsupported
        notRun += other.notRun
        decomposed += other.decomposed
        undecided += other.undecided
        elements += other.elements
        if other.worstCase != nil, other.worstShare > worstShare || worstCase == nil {
            (worstShare, worstCase) = (other.worstShare, other.worstCase)
        }
        worstFreeShare = max(worstFreeShare, other.worstFreeShare)
        reasons.merge(other.reasons, uniquingKeysWith: +)
        seconds += other.seconds
        oracleSeconds += other.oracleSeconds
    }
}
