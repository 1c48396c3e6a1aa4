import AttendModels
import Foundation
import TestSupport
import Testing

/// Choices of tokens from logits.
@Suite struct TokenChooserTests {
    /// Probabilities 0.4, 0.05, 0.3, 0.15, 0.1.
    private static let logits = [0.4, 0.05, 0.3, 0.15, 0.1].map { Float(log($0)) }

    private static func ids(_ settings: SamplingSettings, _ logits: [Float] = logits) -> [Int] {
        TokenChooser.candidates(logits, settings).map(\.id)
    }

    @Test func `the most probable tokens are drawn`() {
        #expect(Self.ids(SamplingSettings()) == [0, 2, 3, 4, 1])
        #expect(Self.ids(SamplingSettings(topK: 2)) == [0, 2])
        #expect(Self.ids(SamplingSettings(topK: 9)) == [0, 2, 3, 4, 1])
        // 0.4 + 0.3 reaches 0.65 and not 0.75.
        #expect(Self.ids(SamplingSettings(topP: 0.65)) == [0, 2])
        #expect(Self.ids(SamplingSettings(topP: 0.75)) == [0, 2, 3])
        #expect(Self.ids(SamplingSettings(topP: 0.01)) == [0])
        // A share of the largest: 0.3 · 0.4 = 0.12.
        #expect(Self.ids(SamplingSettings(minP: 0.3)) == [0, 2, 3])
        // A higher temperature levels: √ of the probabilities.
        #expect(Self.ids(SamplingSettings(temperature: 2, minP: 0.55)) == [0, 2, 3])
        #expect(Self.ids(SamplingSettings(temperature: 2, minP: 0.3)) == [0, 2, 3, 4, 1])
        // Equal logits at the last rank stay.
        #expect(Self.ids(SamplingSettings(topK: 1), [1, 2, 2, 0]) == [1, 2])
        #expect(Self.ids(SamplingSettings(), [-.infinity, 1, -.infinity]) == [1])
    }

    @Test func `draws follow the probabilities, and the seed`() {
        func draws(_ settings: SamplingSettings, _ count: Int = 4000) -> [Int] {
            let chooser = TokenChooser(sampling: settings)
            return (0..<count).map { chooser.token(Self.logits, step: $0, row: 0) }
        }
        let found = draws(SamplingSettings(seed: 5))
        for (id, probability) in [0.4, 0.05, 0.3, 0.15, 0.1].enumerated() {
            let share = Double(found.count { $0 == id }) / 4000
            // Five standard deviations.
            #expect(abs(share - probability) < 5 * (probability * (1 - probability) / 4000).squareRoot())
        }
        #expect(draws(SamplingSettings(seed: 5), 50) == Array(found.prefix(50)))
        #expect(draws(SamplingSettings(seed: 6), 50) != Array(found.prefix(50)))
        let rows = (0..<50).map {
            TokenChooser(sampling: SamplingSettings(seed: 5)).token(Self.logits, step: 0, row: $0)
        }
        #expect(Set(rows).count > 1)
        #expect(Set(draws(SamplingSettings(topK: 1))) == [0])
    }

    @Test func `without drawing the first of the largest`() {
        #expect(TokenChooser(sampling: nil).token([1, 3, 3, 2], step: 0, row: 0) == 1)
        #expect(TokenChooser.largest([.nan, -5, -.infinity]) == 1)
    }

    @Test func `settings out of their range are named`() {
        for (settings, word) in [
            (SamplingSettings(temperature: 0), "temperature"), (SamplingSettings(temperature: .nan), "temperature"),
            (SamplingSettings(topK: 0), "top-k"), (SamplingSettings(topP: 0), "top-p"),
            (SamplingSettings(topP: 1.1), "top-p"), (SamplingSettings(minP: -0.1), "min-p")
        ] {
            #expect(settings.problem?.contains(word) ?? false, "\(settings)")
        }
        #expect(SamplingSettings(temperature: 0.7, topK: 5, topP: 1, minP: 0).problem == nil)
    }

    private static func processed(
        _ tokens: [Int], prompt: Int, _ change: (inout GenerationSettings) -> Void
    ) -> [Float] {
        var settings = GenerationSettings(maximumNewTokens: 4)
        settings.endIDs = [4]
        change(&settings)
        var logits: [Float] = [1, -1, 2, 3, 4]
        LogitsProcessor(settings: settings, promptLength: prompt).apply(to: &logits, after: tokens)
        return logits
    }

    @Test func `rules change the logits as transformers does`() {
        let none = -Float.infinity
        #expect(Self.processed([0, 1, 0], prompt: 1) { $0.rules.repetitionPenalty = 2 } == [0.5, -2, 2, 3, 4])
        #expect(Self.processed([1, 2, 3, 1], prompt: 1) { $0.rules.uniqueNGramSize = 2 } == [1, -1, none, 3, 4])
        #expect(Self.processed([1, 2, 0, 1, 2], prompt: 1) { $0.rules.uniqueNGramSize = 3 } == [none, -1, 2, 3, 4])
        #expect(Self.processed([2], prompt: 1) { $0.rules.uniqueNGramSize = 1 } == [1, -1, none, 3, 4])
        #expect(Self.processed([1], prompt: 1) { $0.rules.forbidden = [[0], [1, 3], [2, 2]] } == [none, -1, 2, none, 4])
        #expect(Self.processed([1, 2], prompt: 2) { $0.rules.minimumLength = 3 } == [1, -1, 2, 3, none])
        #expect(Self.processed([1, 2, 3], prompt: 2) { $0.rules.minimumLength = 3 } == [1, -1, 2, 3, 4])
        #expect(Self.processed([1, 2, 3], prompt: 2) { $0.rules.minimumNewTokens = 2 } == [1, -1, 2, 3, none])
        #expect(Self.processed([1], prompt: 1) { $0.rules.forcedFirst = 2 } == [none, none, 0, none, none])
        #expect(Self.processed([1, 2], prompt: 1) { $0.rules.forcedFirst = 2 } == [1, -1, 2, 3, 4])
        #expect(Self.processed([1, 2, 3, 3], prompt: 1) { $0.rules.forcedLast = [0] } == [0, none, none, none, none])
        #expect(Self.processed([1, 2], prompt: 2) { $0.rules.suppressedFirst = [3] } == [1, -1, 2, none, 4])
        #expect(Self.processed([1, 2, 0], prompt: 2) { $0.rules.suppressedFirst = [3] } == [1, -1, 2, 3, 4])
        // Where the first token is forced, the rule is for the one behind it.
        #expect(
            Self.processed([1, 2], prompt: 1) {
                $0.rules.forcedFirst = 2
                $0.rules.suppressedFirst = [3]
            } == [1, -1, 2, none, 4])
        #expect(Self.processed([1], prompt: 1) { $0.rules.suppressed = [0, 9] } == [none, -1, 2, 3, 4])
    }
}
