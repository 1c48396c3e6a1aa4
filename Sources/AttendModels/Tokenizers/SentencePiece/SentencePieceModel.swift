/// A unigram model of SentencePiece (Kudo 2018) whose pieces have their ids in another vocabulary, as in Marian.
///
/// A text is taken whole: a language code such as `>>fr<<` at its start is a token of its own, and the rest is
/// normalized and segmented. Sums of scores are float32, as in SentencePiece.
struct SentencePieceModel: SubwordModel {
    private let normalizer: SentencePieceNormalizer
    private let pieces: [SentencePieceFile.Piece]
    private let segmentation: BestSegmentation<Float>
    private let vocabulary: TokenVocabulary
    private let unknownID: Int
    private let fallsBackToBytes: Bool
    private let largestScore: Float

    /// How much less than the lowest score that of an unknown scalar is.
    private static let unknownPenalty: Float = 10
    /// No index of a piece.
    private static let unknown = -1

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
        let scores = pieces.filter { $0.kind == .normal }.map(\.score)
        segmentation = BestSegmentation(
            trie: TokenTrie(index), unknownID: SentencePieceModel.unknown,
            unknownScore: (scores.min() ?? 0) - SentencePieceModel.unknownPenalty)
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

    private func segments(of text: [UInt8]) -> [Part] {
        let found = segmentation.parts(of: text) { number, length in
            let piece = pieces[number]
            // Pieces that the user defined have a bonus, so that they are always taken.
            return piece.kind == .userDefined ? Float(length) * largestScore - 0.1 : piece.score
        }
        return found.flatMap { range, number -> [Part] in
            guard number == SentencePieceModel.unknown, fallsBackToBytes else { return [part(text[range])] }
            return text[range].map { part(Array(BPEModel.byteToken(Int($0)).utf8)[...]) }
        }
    }
}
