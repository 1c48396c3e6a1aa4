/// A unigram language model (Kudo 2018): the segmentation of a word whose tokens have the largest sum of scores.
struct UnigramModel: SubwordModel {
    let vocabulary: TokenVocabulary
    /// The scores by id, logarithms of probabilities.
    private let scores: [Double]
    private let unknownID: Int
    /// The tokens `<0x00>` to `<0xFF>` for parts without a token; empty without byte fallback.
    private let bytes: [Int?]
    private let segmentation: BestSegmentation<Double>

    /// How much less than the lowest score that of an unknown scalar is.
    private static let unknownPenalty = 10.0

    init(_ vocabulary: TokenVocabulary, scores: [Double], unknownID: Int, fallsBackToBytes: Bool) {
        (self.vocabulary, self.scores, self.unknownID) = (vocabulary, scores, unknownID)
        bytes = fallsBackToBytes ? (0...255).map { vocabulary.id(of: BPEModel.byteToken($0)) } : []
        segmentation = BestSegmentation(
            trie: TokenTrie(vocabulary.ids), unknownID: unknownID,
            unknownScore: (scores.min() ?? 0) - UnigramModel.unknownPenalty)
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
        return segmentation.parts(of: text) { id, _ in scores[id] }.map { range, id in
            let bytes = text[range]
            return Part(
                text: String(decoding: bytes, as: UTF8.self), ids: id == unknownID ? ids(ofUnknown: bytes) : [id])
        }
    }

    private func ids(ofUnknown text: ArraySlice<UInt8>) -> [Int] {
        if let id = vocabulary.ids[text] { return [id] }
        guard !bytes.isEmpty else { return [unknownID] }
        let fallback = text.compactMap { bytes[Int($0)] }
        return fallback.count == text.count ? fallback : [unknownID]
    }
}
