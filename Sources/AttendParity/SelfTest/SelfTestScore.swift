public import AttendRuntime

/// The score of the kit against its planted faults.
public struct SelfTestScore: Sendable {
    /// The device of the backend that got the faults.
    public let backend: DeviceDescription
    /// The seeds of the cases.
    public let seeds: [Int]
    /// The rows of faults run in this process, then of those run in workers.
    public internal(set) var rows: [Row]
    /// The cases that failed or were inconclusive without a fault.
    public internal(set) var falseAlarms: [CaseResult] = []
    /// The number of cases that ran without a fault.
    public internal(set) var caseCount = 0
    /// The number of these with more than ``largeCount`` elements of results.
    public internal(set) var largeCaseCount = 0
    /// The time of the whole self-test in seconds.
    public internal(set) var seconds = 0.0

    /// The number of result elements above which a case is large.
    public static let largeCount = 1024

    /// The counts of one fault.
    public struct Row: Sendable {
        /// The fault's name.
        public let fault: String
        /// A short description of the fault.
        public let summary: String
        /// The extent of one act of the fault: `element`, `row`, `memory`, `thread` or `run`.
        public let extent: String
        /// The operations with the fault.
        public let operations: [String]
        /// The number of cases in which the fault changed something.
        public internal(set) var acted = 0
        /// The number of these that failed.
        public internal(set) var caught = 0
        /// The number of large cases in which the fault changed something.
        public internal(set) var actedLarge = 0
        /// The number of these that failed.
        public internal(set) var caughtLarge = 0
        /// The seeds at which at least one case failed.
        public internal(set) var seeds: Set<Int> = []
        /// The number of failed cases by kind.
        public internal(set) var kinds: [CaseFailure.Kind: Int] = [:]
        /// The first failed case.
        public internal(set) var first: CaseResult?
        /// A case that passed although the fault acted; nil if there is none.
        public internal(set) var missed: String?

        init(fault: any ListedFault) {
            (self.fault, summary, operations) = (fault.name, fault.summary, fault.operations)
            extent = fault.extent.rawValue
        }

        mutating func note(_ result: CaseResult, at seed: Int) {
            let isLarge = result.outcome.size > SelfTestScore.largeCount
            acted += 1
            if isLarge { actedLarge += 1 }
            guard case .failed(let failure) = result.outcome.verdict else {
                if missed == nil || isLarge { missed = result.subject.name }
                return
            }
            caught += 1
            if isLarge { caughtLarge += 1 }
            seeds.insert(seed)
            kinds[failure.kind, default: 0] += 1
            if first == nil {
                var result = result
                result.replayForm = .command(options: ["--fault \(fault)"])
                first = result
            }
        }
    }

    mutating func note(honest result: CaseResult) {
        switch result.outcome.verdict {
        case .passed: caseCount += 1
        case .unsupported: return
        case .failed, .notRun:
            caseCount += 1
            falseAlarms.append(result)
        }
        if result.outcome.size > SelfTestScore.largeCount { largeCaseCount += 1 }
    }

    /// The faults that were not caught at every seed.
    public var escaped: [Row] { rows.filter { $0.seeds.count < seeds.count } }

    /// Whether every fault was caught at every seed, without false alarms.
    public var passes: Bool { !rows.isEmpty && !seeds.isEmpty && escaped.isEmpty && falseAlarms.isEmpty }
}
