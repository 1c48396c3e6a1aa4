public import AttendRuntime

/// How the kit did against its planted faults.
public struct SelfTestScore: Sendable {
    public let backend: DeviceDescription
    public let seeds: [Int]
    /// Of those in this process, then of those that run in workers.
    public internal(set) var rows: [Row]
    /// Cases that failed, or could not be judged, without a fault.
    public internal(set) var falseAlarms: [CaseResult] = []
    /// Cases that ran without a fault.
    public internal(set) var caseCount = 0
    /// Of these: with more than ``largeCount`` elements of results.
    public internal(set) var largeCaseCount = 0
    public internal(set) var seconds = 0.0

    public static let largeCount = 1024

    /// One fault.
    public struct Row: Sendable {
        public let fault: String
        public let summary: String
        /// `element`, `row`, `memory`, `thread` or `run`: what one act of the fault spoils.
        public let extent: String
        public let operations: [String]
        /// Cases in which the fault changed something.
        public internal(set) var acted = 0
        /// Of these: failed.
        public internal(set) var caught = 0
        public internal(set) var actedLarge = 0
        public internal(set) var caughtLarge = 0
        /// The seeds at which at least one case failed.
        public internal(set) var seeds: Set<Int> = []
        /// How many cases failed in which way.
        public internal(set) var kinds: [CaseFailure.Kind: Int] = [:]
        /// The first case that failed.
        public internal(set) var first: CaseResult?
        /// A case in which the fault acted and which passed.
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

    /// True when every fault was caught at every seed and nothing else was complained of.
    public var passes: Bool { !rows.isEmpty && !seeds.isEmpty && escaped.isEmpty && falseAlarms.isEmpty }
}
