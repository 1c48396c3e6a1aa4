public import AttendRuntime

/// The score of the kit against generated faults.
public struct MutantScore: Sendable {
    /// The seed of the mutants.
    public let seed: Int
    /// The time of the run in seconds, without what a record held already.
    public internal(set) var seconds = 0.0
    package let mutants: [Mutant]
    package let outcomes: [Int: MutantOutcome]

    init(seed: Int, mutants: [Mutant], outcomes: [Int: MutantOutcome]) {
        (self.seed, self.mutants, self.outcomes) = (seed, mutants, outcomes)
    }

    /// Counts of some mutants.
    public struct Count: Sendable, Hashable {
        /// The number of mutants, without equivalent ones.
        public internal(set) var count = 0
        /// The number found by the quick suite.
        public internal(set) var quick = 0
        /// The number found by the full suite.
        public internal(set) var full = 0
        /// The number that gave the reference's bits in every random request.
        public internal(set) var equivalent = 0

        /// The share found by the quick suite; 1 without mutants.
        public var quickShare: Double { count == 0 ? 1 : Double(quick) / Double(count) }
        /// The share found by the full suite; 1 without mutants.
        public var fullShare: Double { count == 0 ? 1 : Double(full) / Double(count) }
    }

    package func count(where condition: (Mutant) -> Bool = { _ in true }) -> Count {
        var count = Count()
        for mutant in mutants where condition(mutant) {
            guard let outcome = outcomes[mutant.number] else { continue }
            guard outcome.killer != nil || outcome.shownBy != 0 else {
                count.equivalent += 1
                continue
            }
            count.count += 1
            if outcome.killer != nil { count.full += 1 }
            if outcome.isKilledByQuick { count.quick += 1 }
        }
        return count
    }

    /// The counts of all mutants.
    public var total: Count { count() }

    /// The shares that the kit must find of unseen mutants.
    public static let (leastFull, leastQuick) = (0.97, 0.9)

    /// Whether the shares are reached: that of the quick suite, and that of the full one unless only the quick one ran.
    public func passes(isQuick: Bool) -> Bool {
        total.quickShare >= MutantScore.leastQuick && (isQuick || total.fullShare >= MutantScore.leastFull)
    }

    /// The mutants that no case found and that are not equivalent.
    package var survivors: [Mutant] {
        mutants.filter { outcomes[$0.number].map { $0.killer == nil && $0.shownBy != 0 } ?? false }
    }

    /// The mutants that no case found, and that gave the reference's bits in every random request.
    package var equivalents: [Mutant] {
        mutants.filter { outcomes[$0.number].map { $0.killer == nil && $0.shownBy == 0 } ?? false }
    }

    /// A table for the terminal: the shares by kind of mistake and by operation, then the survivors.
    public var table: String {
        var rows = [["mistake", "mutants", "quick", "full", "equivalent"]]
        for family in MutantFamily.allCases { rows.append(row(family.rawValue) { $0.family == family }) }
        rows.append(["operation", "mutants", "quick", "full", "equivalent"])
        for operation in MutantDraw.operations where mutants.contains(where: { $0.operation == operation }) {
            rows.append(row(operation) { $0.operation == operation })
        }
        rows.append(row("all") { _ in true })
        var lines = rows.map(MutantScore.line)
        for (title, list) in [("survivors", survivors), ("equivalent", equivalents)] where !list.isEmpty {
            lines += ["", "\(title): \(list.count)"]
            lines += list.map { mutant in
                let shown = outcomes[mutant.number]?.shownBy ?? 0
                return "  \(mutant.name)  \(mutant.summary)"
                    + (shown > 0 ? " (random request \(shown))" : shown < 0 ? " (larger or other requests alone)" : "")
            }
        }
        let total = self.total
        lines += [
            "",
            """
            \(total.full) of \(total.count) mutants of seed \(seed) found by the full suite \
            (\(MutantScore.percent(total.fullShare))), \(total.quick) by the quick one \
            (\(MutantScore.percent(total.quickShare))); \(total.equivalent) equivalent
            """
        ]
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ condition: (Mutant) -> Bool) -> [String] {
        let count = count(where: condition)
        return [
            name, "\(count.count)", MutantScore.percent(count.quickShare), MutantScore.percent(count.fullShare),
            "\(count.equivalent)"
        ]
    }

    private static func line(_ cells: [String]) -> String {
        zip(cells, [20, 8, 8, 8, 11]).enumerated().map { place, cell in
            cell.0.aligned(to: cell.1, isNumber: place > 0)
        }.joined(separator: " ")
    }

    /// With one decimal, rounded down, so that 100 % means all.
    static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded(.down))
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// The score as one JSON object of version 1.
    public var json: JSONValue {
        func numbers(_ count: Count) -> [JSONValue.Member] {
            [
                .init("mutants", .integer(count.count)), .init("quick", .integer(count.quick)),
                .init("full", .integer(count.full)), .init("equivalent", .integer(count.equivalent))
            ]
        }
        let families = MutantFamily.allCases.map { family in
            JSONValue.object([.init("mistake", .string(family.rawValue))] + numbers(count { $0.family == family }))
        }
        let operations = MutantDraw.operations.map { operation in
            JSONValue.object(
                [.init("operation", .string(operation))] + numbers(count { $0.operation == operation }))
        }
        func list(_ mutants: [Mutant]) -> JSONValue {
            .array(
                mutants.map { .object([.init("name", .string($0.name)), .init("summary", .string($0.summary))]) })
        }
        return .object(
            [.init("version", .integer(1)), .init("seed", .integer(seed))] + numbers(total) + [
                .init("mistakes", .array(families)), .init("operations", .array(operations)),
                .init("survivors", list(survivors)), .init("equivalents", list(equivalents)),
                .init("seconds", .number(seconds))
            ])
    }
}
