import AttendRuntime
import Foundation

/// Applies rules to logits, in the order of transformers.
package struct LogitsProcessor {
    let settings: GenerationSettings
    /// The number of tokens before the first new one: the prompt, or the decoder's first tokens.
    let promptLength: Int

    package init(settings: GenerationSettings, promptLength: Int) {
        (self.settings, self.promptLength) = (settings, promptLength)
    }

    /// - Parameter tokens: The sequence so far, the prompt included.
    package func apply(to logits: inout [Float], after tokens: [Int]) {
        let (rules, added) = (settings.rules, tokens.count - promptLength)
        if rules.repetitionPenalty != 1 {
            let penalty = Float(rules.repetitionPenalty)
            for id in Set(tokens) where logits.indices.contains(id) {
                logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty
            }
        }
        func forbid(_ id: Int) { if logits.indices.contains(id) { logits[id] = -.infinity } }
        let size = rules.uniqueNGramSize
        if size > 0, tokens.count + 1 >= size {
            let ending = Array(tokens.suffix(size - 1))
            for start in 0..<max(0, tokens.count + 1 - size) where Array(tokens[start..<start + size - 1]) == ending {
                forbid(tokens[start + size - 1])
            }
        }
        for words in rules.forbidden where tokens.suffix(words.count - 1).elementsEqual(words.dropLast()) {
            forbid(words[words.count - 1])
        }
        if tokens.count < rules.minimumLength || added < rules.minimumNewTokens { settings.endIDs.forEach(forbid) }
        if let first = rules.forcedFirst, tokens.count == 1 { keep([first], &logits) }
        if !rules.forcedLast.isEmpty, added == settings.maximumNewTokens - 1 { keep(rules.forcedLast, &logits) }
        rules.suppressed.forEach(forbid)
        let isForced = rules.forcedFirst != nil && promptLength == 1
        if added == (isForced ? 1 : 0) { rules.suppressedFirst.forEach(forbid) }
        rules.timestamps?.apply(to: &logits, after: tokens[promptLength...])
    }

    private func keep(_ ids: [Int], _ logits: inout [Float]) {
        for id in logits.indices { logits[id] = ids.contains(id) ? 0 : -.infinity }
    }
}

/// Chooses tokens by logits.
package struct TokenChooser {
    package let sampling: SamplingSettings?

    package init(sampling: SamplingSettings?) { self.sampling = sampling }

    /// The next token.
    ///
    /// - Parameters:
    ///   - step: The number of new tokens so far.
    ///   - row: The sequence in its batch.
    package func token(_ logits: [Float], step: Int, row: Int) -> Int {
        guard let sampling else { return TokenChooser.largest(logits) }
        let candidates = TokenChooser.candidates(logits, sampling)
        let total = candidates.reduce(0) { $0 + $1.probability }
        let word = Philox.block(row, counter: Int64(step), seed: sampling.seed)
        // 53 bits of two words.
        let bits = UInt64(word[0]) << 32 | UInt64(word[1])
        var rest = Double(bits >> 11) * 0x1p-53 * total
        for candidate in candidates {
            rest -= candidate.probability
            if rest < 0 { return candidate.id }
        }
        return candidates.last?.id ?? TokenChooser.largest(logits)
    }

    /// The first of the largest logits; a NaN is never chosen. O(vocabulary).
    package static func largest(_ logits: [Float]) -> Int {
        var (best, place) = (-Float.infinity, 0)
        for (id, logit) in logits.enumerated() where logit > best { (best, place) = (logit, id) }
        return place
    }

    /// The tokens that may be drawn, most probable first, with unnormalized probabilities. O(vocabulary · log).
    package static func candidates(_ logits: [Float], _ settings: SamplingSettings) -> [(id: Int, probability: Double)]
    {
        let scaled = logits.map { Double($0) / settings.temperature }
        var order = scaled.indices.filter { scaled[$0] > -.infinity }
        order.sort { (scaled[$1], $0) < (scaled[$0], $1) }
        if let topK = settings.topK, topK < order.count {
            // Equal ones of the last rank stay, as in transformers.
            let least = scaled[order[topK - 1]]
            order = Array(order.prefix { scaled[$0] >= least })
        }
        guard let first = order.first else { return [] }
        var candidates = order.map { (id: $0, probability: exp(scaled[$0] - scaled[first])) }
        if let topP = settings.topP, topP < 1 {
            let total = candidates.reduce(0) { $0 + $1.probability }
            var sum = 0.0
            let count = candidates.firstIndex { candidate in
                sum += candidate.probability
                return sum >= topP * total
            }
            candidates = Array(candidates.prefix((count ?? candidates.count - 1) + 1))
        }
        if let minP = settings.minP { candidates = candidates.filter { $0.probability >= minP } }
        return candidates
    }
}
