import AttendRuntime

/// Cases that combine the settings of others: each dimension, the grid and random cases have settings that no other has,
/// and a fault may need two of them, such as a special number in a strided operand of a large bias.
enum CrossedCases {
    /// The estimated work up to which a combination is taken.
    private static let mostWork = 1 << 18
    /// The number of elements of inputs and outputs up to which a combination is taken.
    private static let mostElements = 1 << 19
    private static let tries = 40

    /// Combinations of cases of an operation, as many as there are seeds; fewer where tries find none that is valid.
    ///
    /// - Complexity: Builds each combination, valid or not.
    static func cases(of operation: String, from pool: [ParityCase], seeds: [Int]) -> [ParityCase] {
        guard let family = CaseCatalog.family(of: operation), pool.count > 1 else { return [] }
        return seeds.compactMap { seed in
            var numbers = SeededNumbers(seed, "crossed \(operation)")
            for _ in 0..<tries {
                let isRandom = numbers.chance(0.3)
                var settings =
                    isRandom
                    ? family.seeded(operation, numbers.below(1 << 20)).settings : numbers.pick(pool).settings
                let before = settings
                for _ in 0...numbers.below(3) { take(numbers.pick(pool), &settings, &numbers) }
                guard settings != before else { continue }
                settings[ParityCase.seedKey] = "\(seed)"
                let candidate = ParityCase(operation, settings)
                guard candidate.estimatedWork <= mostWork, let built = try? candidate.build(),
                    built.elementCount + built.outputCount <= mostElements, hasBounds(candidate, built)
                else { continue }
                return candidate
            }
            return nil
        }
    }

    /// Whether most results have a bound: numbers at the ends of ranges leave some without one, of few results all. Sums and
    /// rows take such numbers from their own cases alone.
    private static func hasBounds(_ subject: ParityCase, _ built: BuiltCase) -> Bool {
        let values = [subject.settings["values"], subject.settings["other-values"]].compactMap { $0 }
            .compactMap(CaseValues.init(rawValue:))
        if CaseKind(subject.operation) == .row, values.contains(.far), built.outputCount > RowCases.widestFar {
            return false
        }
        guard values.contains(where: CaseValues.openKinds.contains) else { return true }
        switch CaseKind(subject.operation) {
        case .reduction, .row, .matmul, .linear, .quantized, .convolution, .attention, .head, .rotary:
            return built.outputCount >= 64 && !values.contains(where: CaseValues.endlessKinds.contains)
        default: return built.outputCount >= 64
        }
    }

    /// Takes one or two settings of another case, those that it does not have included.
    private static func take(
        _ other: ParityCase, _ settings: inout [String: String], _ numbers: inout SeededNumbers
    ) {
        for _ in 0...numbers.below(2) {
            let keys = ParityCase.differences(other.settings, settings)
            guard !keys.isEmpty else { return }
            let key = numbers.pick(keys)
            settings[key] = other.settings[key]
        }
    }
}
