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
                    built.elementCount + built.outputCount <= mostElements
                else { continue }
                return candidate
            }
            return nil
        }
    }

    /// Takes one or two settings of another case, those that it does not have included.
    private static func take(
        _ other: ParityCase, _ settings: inout [String: String], _ numbers: inout SeededNumbers
    ) {
        for _ in 0...numbers.below(2) {
            let keys = Set(other.settings.keys).union(settings.keys).subtracting([ParityCase.seedKey])
                .filter { other.settings[$0] != settings[$0] }.sorted()
            guard !keys.isEmpty else { return }
            let key = numbers.pick(keys)
            settings[key] = other.settings[key]
        }
    }
}
