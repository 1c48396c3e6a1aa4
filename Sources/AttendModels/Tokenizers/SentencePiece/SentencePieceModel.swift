/// A unigram model of SentencePiece (Kudo 2018) whose pieces have their ids in another vocabulary, as in Marian.
///
/// A text is taken whole: a language code such as `>>fr<<` at its start is a token of its own, and the rest is
/// normalized and segmented. Sums of scores are float32, as in SentencePiece.
struct SentencePieceModel: SubwordModel {
    private let normalizer: SentencePieceNormalizer
    private let pieces: [SentencePieceFile.Piece]
    private let trie: TokenTrie
    private let vocabulary: TokenVocabulary
    private let unknownID: Int
    private let fallsBackToBytes: Bool
    private let unknownScore: Float
    private let largestScore: Float

    /// How much less than the lowest score that of an unknown scalar is.
    private static let unknownPenalty: Float = 10

    /// - Parameters:
    ///   - vocabulary: Ids of pieces by their texts.
    ///   - unknownID: The id of pieces that the vocabulary lacks.
    init(_ file: SentencePieceFile, vocabulary: TokenVocabulary, unknownID: Int) {
        (normalizer, pieces, self.vocabulary, self.unknownID) = (file.normalizer, file.pieces, vocabulary, unknownID)
        fallsBackToBytes = file.fallsBackToBytes
        var index = TokenIndex()
        for (number, piece) in pieces.enumerated() where [.normal, .userDefined].contains(piece.kind) {
            index.updateValue(number, forKey: piece.text.utf8)
        }
        trie = TokenTrie(index)
        let scores = pieces.filter { $0.kind == .normal }.map(\.score)
        unknownScore = (scores.min() ?? 0) - SentencePieceModel.unknownPenalty
        largestScore = scores.max() ?? 0
    }

    func ids(of word: [Unicode.Scalar]) -> [Int] { parts(of: word).map { $0.id ?? unknownID } }

    /// Unknown parts have the text itself.
    func surfaces(of word: [Unicode.Scalar]) -> [String?] { parts(of: word).map { $0.id == nil ? $0.text : nil } }

    /// A piece, with its id in the vocabulary; nil for an unknown one.
    private struct Part {
        var text: String
        var id: Int?
    }

    private func parts(of word: [Unicode.Scalar]) -> [Part] {
        let text = Array(String(String.UnicodeScalarView(word)).utf8)
        var (parts, start) = ([Part](), 0)
        if text.starts(with: Array(">>".utf8)),
            let end = text.indices.dropLast().first(where: { text[$0...].starts(with: Array("<<".utf8)) })
        {
            start = end + 2
            parts.append(part(text[..<start]))
        }
        return parts + segments(of: normalizer.normalized(Array(text[start...])))
    }

    private func part(_ bytes: ArraySlice<UInt8>) -> Part {
        Part(text: String(decoding: bytes, as: UTF8.self), id: vocabulary.ids[bytes])
    }

    /// The best segmentation of the first bytes.
    private struct Best {
        var score: Float = 0
        /// Where its last piece starts; -1 for none.
        var start = -1
        var isUnknown = false
    }

    private func segments(of text: [UInt8]) -> [Part] {
        var best = Array(repeating: Best(), count: text.count + 1)
        func propose(_ start: Int, _ end: Int, _ score: Float, isUnknown: Bool = false) {
            let sum = score + best[start].score
            // Of equal sums, the first counts.
            guard best[end].start < 0 || sum > best[end].score else { return }
            best[end] = Best(score: sum, start: start, isUnknown: isUnknown)
        }
        var start = 0
        while start < text.count {
            var width = 1
            while start + width < text.count, text[start + width] & 0xC0 == 0x80 { width += 1 }
            var hasScalar = false
            trie.forEachPrefix(of: text, from: start) { length, number in
                let piece = pieces[number]
                // Bonus for pieces that the user defined, so that they are always taken.
                let score =
                    piece.kind == .userDefined ? Float(length) * largestScore - 0.1 : piece.score
                propose(start, start + length, score)
                if length == width { hasScalar = true }
            }
            if !hasScalar { propose(start, start + width, unknownScore, isUnknown: true) }
            start += width
        }
        return parts(of: text, best)
    }

    /// The parts from the end to the start; neighboring unknown ones are one, without byte fallback.
    private func parts(of text: [UInt8], _ best: [Best]) -> [Part] {
        var found: [(range: Range<Int>, isUnknown: Bool)] = []
        var end = text.count
        while end > 0 {
            let (start, isUnknown) = (best[end].start, best[end].isUnknown)
            if isUnknown, let last = found.last, last.isUnknown, last.range.lowerBound == end {
                found[found.count - 1].range = start..<last.range.upperBound
            } else {
                found.append((start..<end, isUnknown))
            }
            end = start
        }
        return found.reversed().flatMap { range, isUnknown -> [Part] in
            guard isUnknown, fallsBackToBytes else { return [part(text[range])] }
            return text[range].map { part(Array(BPEModel.byteToken(Int($0)).utf8)[...]) }
        }
    }
}
