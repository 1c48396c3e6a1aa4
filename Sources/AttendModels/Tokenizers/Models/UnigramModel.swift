/// A unigram language model (Kudo 2018): the segmentation of a word whose tokens have the largest sum of scores.
struct UnigramModel: SubwordModel {
    let vocabulary: TokenVocabulary
    /// The scores by id, logarithms of probabilities.
    private let scores: [Double]
    private let unknownID: Int
    /// The tokens `<0x00>` to `<0xFF>` for parts without a token; empty without byte fallback.
    private let bytes: [Int?]
    private let trie: TokenTrie
    private let unknownScore: Double

    /// How much less than the lowest score that of an unknown scalar is.
    private static let unknownPenalty = 10.0

    init(_ vocabulary: TokenVocabulary, scores: [Double], unknownID: Int, fallsBackToBytes: Bool) {
        (self.vocabulary, self.scores, self.unknownID) = (vocabulary, scores, unknownID)
        bytes = fallsBackToBytes ? (0...255).map { vocabulary.id(of: BPEModel.byteToken($0)) } : []
        trie = TokenTrie(vocabulary.ids)
        unknownScore = (scores.min() ?? 0) - UnigramModel.unknownPenalty
    }

    /// The best segmentation of the first bytes.
    private struct Best {
        var score = 0.0
        /// Where its last token starts; -1 for none.
        var start = -1
        var id = -1
    }

    /// - Complexity: O(bytes · longest token).
    func ids(of word: [Unicode.Scalar]) -> [Int] { parts(of: word).flatMap(\.ids) }

    /// Unknown parts have the text itself.
    func surfaces(of word: [Unicode.Scalar]) -> [String?] {
        parts(of: word).flatMap { part in part.ids.map { $0 == unknownID ? part.text : nil } }
    }

    /// A part of a word, with its tokens: one, or those of its bytes.
    private struct Part {
        var text: String
        var ids: [Int]
    }

    private func parts(of word: [Unicode.Scalar]) -> [Part] {
        let text = Array(String(String.UnicodeScalarView(word)).utf8)
        var best = Array(repeating: Best(), count: text.count + 1)
        func propose(_ start: Int, _ end: Int, _ id: Int, _ score: Double) {
            // Of equal sums, the first counts.
            guard best[end].start < 0 || score > best[end].score else { return }
            best[end] = Best(score: score, start: start, id: id)
        }
        var start = 0
        for scalar in word {
            let (before, width) = (best[start].score, String(scalar).utf8.count)
            var hasScalar = false
            trie.forEachPrefix(of: text, from: start) { length, id in
                propose(start, start + length, id, scores[id] + before)
                if length == width { hasScalar = true }
            }
            if !hasScalar { propose(start, start + width, unknownID, unknownScore + before) }
            start += width
        }
        return parts(of: text, best)
    }

    /// The parts from the end to the start; neighboring unknown ones are one.
    private func parts(of text: [UInt8], _ best: [Best]) -> [Part] {
        var parts: [(range: Range<Int>, id: Int)] = []
        var end = text.count
        while end > 0 {
            let (start, id) = (best[end].start, best[end].id)
            if id == unknownID, let last = parts.last, last.id == unknownID, last.range.lowerBound == end {
                parts[parts.count - 1].range = start..<last.range.upperBound
            } else {
                parts.append((start..<end, id))
            }
            end = start
        }
        return parts.reversed().map { part in
            let bytes = text[part.range]
            return Part(
                text: String(decoding: bytes, as: UTF8.self),
                ids: part.id == unknownID ? ids(ofUnknown: bytes) : [part.id])
        }
    }

    private func ids(ofUnknown text: ArraySlice<UInt8>) -> [Int] {
        if let id = vocabulary.ids[text] { return [id] }
        guard !bytes.isEmpty else { return [unknownID] }
        let fallback = text.compactMap { bytes[Int($0)] }
        return fallback.count == text.count ? fallback : [unknownID]
    }
}
