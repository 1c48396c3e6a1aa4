/// The cases of similar operations.
protocol CaseFamily: Sendable {
    var operations: [String] { get }
    /// The keys of the settings, in the order of names.
    func keys(of operation: String) -> [String]
    /// The structured cases: sizes 0 and 1, odd sizes, sizes next to tile boundaries, views, dtypes.
    func grid(of operation: String) -> [ParityCase]
    /// A random case, deterministic for a seed.
    func seeded(_ operation: String, _ seed: Int) -> ParityCase
    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase
}

/// A selection of cases.
public struct CaseSelection: Sendable, Hashable {
    /// Whether to run only a part of every operation's grid.
    public var isQuick: Bool
    /// The seed of the run, from which the seeds of the cases derive.
    public var seed: Int
    /// The number of random cases for each operation.
    public var seededCount: Int
    /// Whether crowds have 100 members, and the memory of every operation is watched.
    public var isDeep: Bool
    /// The numbers of threads with which some cases of every operation run as well; these need
    /// ``ParityRun/withThreads``.
    public var threadCounts: [Int] = []
    /// Whether some operations run one case 10,000 times. Only workers, in which nothing else runs, watch their memory.
    package var watchesMemory = false

    /// A selection; by default all of the grid.
    ///
    /// - Parameter seededCount: nil for 150, 8 for a quick selection or 2,500 for a deep one.
    public init(isQuick: Bool = false, seed: Int = 1, seededCount: Int? = nil, isDeep: Bool = false) {
        self.isQuick = isQuick
        self.seed = seed
        self.isDeep = isDeep
        self.seededCount = seededCount ?? (isQuick ? 8 : isDeep ? 2500 : 150)
    }

    /// The number of combinations of other cases' settings for each operation.
    var crossedCount: Int { isQuick ? min(seededCount, 6) : seededCount * 2 / 5 }

    /// The numbers of threads to try: odd ones leave remainders.
    public var usualThreadCounts: [Int] { isQuick ? [3] : isDeep ? [1, 2, 3, 5, 7, 16] : [1, 3, 7] }
}

/// The catalog of all cases.
public enum CaseCatalog {
    static let families: [any CaseFamily] = [
        BinaryCases(), UnaryCases(), SelectCases(), ProductCases(), FusedLinearCases(), QuantizedCases(),
        ReductionCases(), RowCases(),
        ViewCases(),
        PadCases(), ConcatenateCases(), IndexCases(), UpdateSliceCases(), CastCases(), SourceCases(),
        ConvolutionCases(), RotaryCases(), AttentionCases(), HeadCases(), GraphCases(),
        ShapeGraphCases(), StateGraphCases()
    ]

    private static let byOperation: [String: any CaseFamily] = Dictionary(
        uniqueKeysWithValues: families.flatMap { family in family.operations.map { ($0, family) } })

    /// The operations with cases.
    public static let operations: [String] = families.flatMap(\.operations)

    static func family(of operation: String) -> (any CaseFamily)? { byOperation[operation] }

    /// The keys of the settings of an operation's cases, in the order of names.
    static func keys(of operation: String) -> [String] {
        (family(of: operation)?.keys(of: operation) ?? []) + [
            ParityCase.runsKey, ParityCase.crowdKey, ParityCase.threadsKey
        ]
    }

    /// The number of runs of the repeated case of each operation, which detects intermittent errors and, with many runs,
    /// memory that grows.
    private static func runs(of operation: String, _ selection: CaseSelection) -> Int {
        guard !selection.isQuick else { return 40 }
        guard selection.watchesMemory else { return 250 }
        return selection.isDeep || repeatedLongest.contains(operation) ? 10_000 : 250
    }

    /// The operations whose memory is watched over many runs in a full selection: one of each kind of kernel.
    private static let repeatedLongest: Set = [
        "add", "matmul", "linear", "softmax", "attention", "gather", "reduce_sum"
    ]

    /// The number of crowds of an operation.
    private static func crowds(_ selection: CaseSelection) -> Int { selection.isQuick ? 1 : 3 }

    /// The number of members of an operation's crowd.
    private static func crowd(_ selection: CaseSelection) -> Int {
        selection.isQuick ? 12 : selection.isDeep ? 100 : 32
    }

    /// Every sixth case, and the first of each setting and each word that no case before it has, such as a dtype, a view or
    /// a kind of values.
    private static func quick(_ grid: [ParityCase]) -> [ParityCase] {
        var known: Set<String> = []
        return grid.enumerated().filter { offset, subject in
            var isNew = false
            for (key, text) in subject.settings where key != ParityCase.seedKey {
                let isNumber = text.allSatisfy { $0.isNumber || "x:-.e".contains($0) }
                if known.insert(isNumber ? key : "\(key)=\(text)").inserted { isNew = true }
            }
            return isNew || offset % 6 == 0
        }.map(\.element)
    }

    /// The cases with the most work for one kernel that is not too much to repeat, in descending order.
    private static func heaviest(_ grid: [ParityCase]) -> [ParityCase] {
        let work = grid.map(\.estimatedWork)
        let order = grid.indices.filter { work[$0] <= repeatedWork }.sorted { (work[$0], $1) > (work[$1], $0) }
        return order.map { grid[$0] }
    }

    /// The estimated work up to which cases run several times, or with several numbers of threads.
    private static let repeatedWork = 1 << 18

    /// The cases of one operation: its grid (a part of it for a quick run), repeated cases, crowds, some with numbers of
    /// threads, then combinations and random ones. The values of the grid depend on the seed as well.
    public static func cases(of operation: String, _ selection: CaseSelection) -> [ParityCase] {
        guard let family = family(of: operation) else { return [] }
        var grid = family.grid(of: operation) + CaseDimension.cases(of: operation)
        let repeated = grid.first.map { $0.with(ParityCase.runsKey, runs(of: operation, selection)) }
        let heaviest = heaviest(grid)
        let threaded = heaviest.prefix(selection.isQuick ? 1 : 3).flatMap { subject in
            selection.threadCounts.map { subject.with(ParityCase.threadsKey, $0) }
        }
        // What a backend keeps between large runs shows.
        let large = selection.isQuick ? nil : heaviest.first?.with(ParityCase.runsKey, 7)
        let pool = grid
        if selection.isQuick { grid = quick(grid) }
        let crowds = (1...crowds(selection)).map {
            ParityCase(operation).with(ParityCase.crowdKey, crowd(selection)).with(ParityCase.seedKey, $0)
        }
        grid += [repeated, large].compactMap(\.self)
        if (try? pool.first?.build())?.fitsCrowd == true { grid += crowds }
        grid = (grid + threaded).map { $0.shifted(by: (selection.seed &- 1) &* 1009) }
        let crossed = CrossedCases.cases(
            of: operation, from: pool, seeds: (0..<selection.crossedCount).map { selection.seed &* 1000 &+ 500 &+ $0 })
        let random = (0..<selection.seededCount).map { family.seeded(operation, selection.seed &* 1000 &+ $0) }
        var known: Set<ParityCase> = []
        return (grid + crossed + random).filter { known.insert($0).inserted }
    }

    /// The cases of all operations.
    public static func cases(_ selection: CaseSelection) -> [ParityCase] {
        operations.flatMap { cases(of: $0, selection) }
    }
}
