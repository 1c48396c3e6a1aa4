/// The segmentation of a text into tokens with the largest sum of scores (Viterbi 1967).
///
/// `Score` decides ties by its rounding: the `tokenizers` library adds in float64, SentencePiece in float32.
struct BestSegmentation<Score: BinaryFloatingPoint & Sendable>: Sendable {
    let trie: TokenTrie
    /// The id of a scalar without a token.
    let unknownID: Int
    let unknownScore: Score

    /// The best segmentation of the first bytes.
    private struct Best {
        var score: Score = 0
        /// Where its last token starts; -1 for none.
        var start = -1
        var id = -1
    }

    /// The parts of a text in UTF-8, in order; neighboring unknown ones are one.
    ///
    /// - Parameter score: The score of a token of this id and number of bytes.
    /// - Complexity: O(bytes · longest token).
    func parts(
        of text: [UInt8], score: (_ id: Int, _ byteCount: Int) -> Score
    ) -> [(range: Range<Int>, id: Int)] {
        var best = Array(repeating: Best(), count: text.count + 1)
        func propose(_ start: Int, _ end: Int, _ id: Int, _ score: Score) {
            let sum = score + best[start].score
            // Of equal sums, the first counts.
            guard best[end].start < 0 || sum > best[end].score else { return }
            best[end] = Best(score: sum, start: start, id: id)
        }
        var start = 0
        while start < text.count {
            var width = 1
            while start + width < text.count, text[start + width] & 0xC0 == 0x80 { width += 1 }
            var hasScalar = false
            trie.forEachPrefix(of: text, from: start) { length, id in
                propose(start, start + length, id, score(id, length))
                if length == width { hasScalar = true }
            }
            if !hasScalar { propose(start, start + width, unknownID, unknownScore) }
            start += width
        }
        return joined(best)
    }

    private func joined(_ best: [Best]) -> [(range: Range<Int>, id: Int)] {
        var parts: [(range: Range<Int>, id: Int)] = []
        var end = best.count - 1
        while end > 0 {
            let (start, id) = (best[end].start, best[end].id)
            if id == unknownID, let last = parts.last, last.id == unknownID {
                parts[parts.count - 1].range = start..<last.range.upperBound
            } else {
                parts.append((start..<end, id))
            }
            end = start
        }
        return parts.reversed()
    }
}
