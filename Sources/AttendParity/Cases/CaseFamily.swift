/// The cases of a few operations that are alike.
protocol CaseFamily: Sendable {
    var operations: [String] { get }
    /// The settings, in the order in which names print them.
    func keys(of operation: String) -> [String]
    /// The structured cases: sizes 0 and 1, odd ones, those beside a tile's edge, views, dtypes.
    func grid(of operation: String) -> [ParityCase]
    /// A random case; the same for the same seed.
    func seeded(_ operation: String, _ seed: Int) -> ParityCase
    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase
}

/// Which cases to run.
public struct CaseSelection: Sendable, Hashable {
    /// Every operation's grid, or a part of it.
    public var isQuick: Bool
    /// Where the seeds of random cases start.
    public var seed: Int
    /// Random cases for each operation.
    public var seededCount: Int

    public init(isQuick: Bool = false, seed: Int = 1, seededCount: Int? = nil) {
        self.isQuick = isQuick
        self.seed = seed
        self.seededCount = seededCount ?? (isQuick ? 3 : 24)
    }
}

/// All cases there are.
public enum CaseCatalog {
    static let families: [any CaseFamily] = [
        BinaryCases(), UnaryCases(), SelectCases(), ProductCases(), FusedLinearCases(), ReductionCases(), RowCases(),
        ViewCases(),
        PadCases(), ConcatenateCases(), IndexCases(), UpdateSliceCases(), CastCases(), SourceCases(),
        ConvolutionCases(), RotaryCases(), AttentionCases(), HeadCases(), GraphCases()
    ]

    private static let byOperation: [String: any CaseFamily] = Dictionary(
        uniqueKeysWithValues: families.flatMap { family in family.operations.map { ($0, family) } })

    /// Every operation that has cases.
    public static let operations: [String] = families.flatMap(\.operations)

    static func family(of operation: String) -> (any CaseFamily)? { byOperation[operation] }

    /// The settings of an operation's cases, in the order in which names print them.
    static func keys(of operation: String) -> [String] {
        (family(of: operation)?.keys(of: operation) ?? []) + [ParityCase.runsKey]
    }

    /// Runs of the one case of each operation that looks for what shows only now and then.
    private static func runs(_ selection: CaseSelection) -> Int { selection.isQuick ? 60 : 250 }

    /// The cases of one operation: its grid (every fourth of it for a quick run), one of many runs, then seeded ones.
    /// The grid's values follow the seed as well.
    public static func cases(of operation: String, _ selection: CaseSelection) -> [ParityCase] {
        guard let family = family(of: operation) else { return [] }
        var grid = family.grid(of: operation)
        let repeated = grid.first.map { $0.with(ParityCase.runsKey, runs(selection)) }
        if selection.isQuick { grid = grid.enumerated().filter { $0.offset % 4 == 0 }.map(\.element) }
        grid = (grid + [repeated].compactMap(\.self)).map { $0.shifted(by: (selection.seed &- 1) &* 1009) }
        let seeds = (0..<selection.seededCount).map { selection.seed &* 1000 &+ $0 }
        var known: Set<ParityCase> = []
        return (grid + seeds.map { family.seeded(operation, $0) }).filter { known.insert($0).inserted }
    }

    public static func cases(_ selection: CaseSelection) -> [ParityCase] {
        operations.flatMap { cases(of: $0, selection) }
    }
}
