/// WordPiece (Schuster and Nakajima 2012; Wu et al. 2016) as in BERT: greedy longest-match segmentation of words, from
/// left to right. A word with any part outside the vocabulary is unknown as a whole.
struct WordPieceModel: SubwordModel {
    let vocabulary: TokenVocabulary
    let unknownID: Int
    /// The prefix of pieces that continue a word, in UTF-8.
    let continuation: [UInt8]
    /// The maximum number of scalars of a word; longer words are unknown.
    let maximumWordLength: Int

    func ids(of word: [Unicode.Scalar]) -> [Int] {
        guard word.count <= maximumWordLength else { return [unknownID] }
        let encoded = word.map { Array(String($0).utf8) }
        var ids: [Int] = []
        var start = 0
        while start < encoded.count {
            var end = encoded.count
            var found: Int?
            while end > start {
                let candidate = (start > 0 ? continuation : []) + encoded[start..<end].joined()
                found = vocabulary.ids[candidate]
                if found != nil { break }
                end -= 1
            }
            guard let found else { return [unknownID] }
            ids.append(found)
            start = end
        }
        return ids
    }
}
