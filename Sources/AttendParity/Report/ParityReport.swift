public import AttendRuntime

/// What a run of the kit found: counts by operation and backend, and every failure.
///
/// Not run is not passed: a backend passes only when nothing failed, everything was run, and something passed.
public struct ParityReport: Sendable {
    public let backends: [DeviceDescription]
    /// In the order of the cases; of one operation, in the order of the backends.
    public private(set) var rows: [Row] = []
    /// Every case on every backend.
    public private(set) var results: [CaseResult] = []
    public private(set) var failures: [CaseResult] = []
    /// Cases of which nothing was learnt.
    public private(set) var notRun: [CaseResult] = []
    /// The whole run.
    public internal(set) var seconds = 0.0
    /// What the backends took when they were asked apart from cases, by backend; empty where nobody asked.
    private(set) var audits: [String: [ClaimAudit.Pair]] = [:]
    private var places: [Key: Int] = [:]

    private struct Key: Hashable {
        var operation: String
        var backend: String
    }

    /// One operation on one backend.
    public struct Row: Sendable, Hashable {
        public let operation: String
        public let backend: String
        public internal(set) var passed = 0
        public internal(set) var failed = 0
        public internal(set) var unsupported = 0
        public internal(set) var notRun = 0
        /// Of those that passed: refused as a whole and run in parts.
        public internal(set) var decomposed = 0
        /// Elements about which the analysis says nothing.
        public internal(set) var undecided = 0
        public internal(set) var elements = 0
        /// The largest error as a share of its bound, over the elements that are right.
        public internal(set) var worstShare = 0.0
        /// The same over float32 elements that are not asked to be correctly rounded.
        public internal(set) var worstFreeShare = 0.0
        /// The case that showed it.
        public internal(set) var worstCase: String?
        /// Why cases are unsupported, with how many.
        public internal(set) var reasons: [String: Int] = [:]
        /// On the backend.
        public internal(set) var seconds = 0.0
        /// In the oracle, shared with the other backends.
        public internal(set) var oracleSeconds = 0.0

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

    /// Failures for which a smaller case is worth looking for: the first of each operation on each backend, but for
    /// those that take their time each time, or show only in many runs.
    package func failuresToShrink(atMost count: Int) -> [Int] {
        var known: Set<Key> = []
        let indices = failures.indices.filter { index in
            let result = failures[index]
            guard case .failed(let failure) = result.outcome.verdict, failure.kind != .timedOut,
                !result.subject.isRepeated
            else { return false }
            return known.insert(Key(operation: result.subject.operation, backend: result.backend)).inserted
        }
        return Array(indices.prefix(count))
    }

    package mutating func note(claims: [ClaimAudit.Pair], of backend: String) { audits[backend] = claims }

    package mutating func note(smaller: ParityCase, ofFailure index: Int) { failures[index].smaller = smaller }

    /// The sum over operations.
    public func total(of backend: String) -> Row {
        rows.filter { $0.backend == backend }.reduce(into: Row(operation: "all", backend: backend)) { $0.add($1) }
    }

    public func passes(_ backend: String) -> Bool {
        let total = total(of: backend)
        return total.failed == 0 && total.notRun == 0 && total.passed > 0 && untouched(backend).isEmpty
    }

    /// In how many of a backend's cases a planted fault acted; nil where none is planted.
    package func faultyCases(_ backend: String) -> Int? {
        let acts = results.filter { $0.backend == backend }.compactMap(\.outcome.faultActs)
        return acts.isEmpty ? nil : acts.count { $0 > 0 }
    }

    /// True when nothing failed and nothing was left open, and yet a backend does not pass: it supports nothing of
    /// what was asked for.
    public var isUnsupported: Bool {
        failures.isEmpty && notRun.isEmpty && backends.contains { total(of: $0.backend).unsupported > 0 } && !passes
    }

    /// True when every backend passes.
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
