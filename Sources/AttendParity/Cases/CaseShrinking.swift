extension ParityCase {
    /// Similar smaller cases, the smallest first. Each is a step down, so that repeated shrinking terminates. All can
    /// be built.
    package var smaller: [ParityCase] {
        var candidates: [ParityCase] = []
        // Sizes that must agree are equal, so all equal sizes change together.
        for size in sizes.sorted(by: >) where size > 1 {
            for less in [1, size / 2, size - 1] where less < size { candidates.append(replacing(size, with: less)) }
        }
        for key in CaseCatalog.keys(of: operation) where key != ParityCase.seedKey && settings[key] != nil {
            candidates.append(without(key))
            for text in ParityCase.lessened(settings[key] ?? "") { candidates.append(with(key, text)) }
        }
        var known: Set<ParityCase> = [self]
        return candidates.filter { candidate in
            known.insert(candidate).inserted && (try? ParityCase(parsing: candidate.name)) != nil
        }
    }

    static let seedKey = "seed"

    private var numbers: [(key: String, text: String)] {
        settings.filter { ![ParityCase.seedKey, ParityCase.runsKey, ParityCase.threadsKey].contains($0.key) }.map {
            ($0.key, $0.value)
        }
    }

    private var sizes: Set<Int> { Set(numbers.flatMap { ParityCase.words($0.text).compactMap { Int($0) } }) }

    private func replacing(_ size: Int, with less: Int) -> ParityCase {
        numbers.reduce(self) { result, setting in
            let words = ParityCase.words(setting.text)
            guard !words.isEmpty, words.contains("\(size)") else { return result }
            let separator = setting.text.contains(":") ? ":" : "x"
            return result.with(
                setting.key, words.map { $0 == "\(size)" ? "\(less)" : $0 }.joined(separator: separator))
        }
    }

    private func without(_ key: String) -> ParityCase {
        var settings = settings
        settings[key] = nil
        return ParityCase(operation, settings)
    }

    /// The numbers of a size, a shape or a list; empty for a word.
    private static func words(_ text: String) -> [String] {
        let separator: Character = text.contains(":") ? ":" : "x"
        let words = text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
        return words.allSatisfy { Int($0) != nil } ? words : []
    }

    /// The texts with one number smaller, or one axis fewer.
    private static func lessened(_ text: String) -> [String] {
        let numbers = words(text).compactMap { Int($0) }
        guard !numbers.isEmpty else { return [] }
        let separator = text.contains(":") ? ":" : "x"
        func joined(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: separator) }
        var texts: [String] = []
        if numbers.count > 1 { texts.append(joined(Array(numbers.dropFirst()))) }
        for (place, number) in numbers.enumerated() where number > 1 {
            for less in [1, number / 2, number - 1] where less < number {
                var changed = numbers
                changed[place] = less
                texts.append(joined(changed))
            }
        }
        return texts
    }
}

/// The search for a small case that fails like a large one.
package enum CaseShrinking {
    /// - Parameters:
    ///   - result: A failure.
    ///   - rounds: The maximum number of steps.
    ///   - run: Runs cases on the result's backend.
    /// - Returns: nil if no smaller case fails in the same way.
    package static func smallest<Failure>(
        of result: CaseResult, rounds: Int = 40, run: ([ParityCase]) throws(Failure) -> [CaseResult]
    ) throws(Failure) -> ParityCase? {
        guard case .failed(let failure) = result.outcome.verdict else { return nil }
        var best = result.subject
        for _ in 0..<rounds {
            let failed = try run(best.smaller).first { other in
                if case .failed(let found) = other.outcome.verdict { found.kind == failure.kind } else { false }
            }
            guard let failed else { break }
            best = failed.subject
        }
        return best == result.subject ? nil : best
    }
}
