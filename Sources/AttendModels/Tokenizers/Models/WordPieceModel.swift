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
        // The prefix, then the word; the word begins at the first of the ends of its scalars.
        var text = continuation
        var ends = [text.count]
        for scalar in word {
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            ends.append(text.count)
        }
        var ids: [Int] = []
        var start = 0
        while start < word.count {
            // What is left, after the prefix unless it is the whole word.
            let first = start == 0 ? continuation.count : ends[start] - continuation.count
            if start > 0 { for (index, byte) in continuation.enumerated() { text[first + index] = byte } }
            var end = word.count
            while end > start {
                if let found = vocabulary.ids[text[first..<ends[end]]] {
                    ids.append(found)
                    break
                }
                end -= 1
            }
            guard end > start else { return [unknownID] }
            start = end
        }
        return ids
    }
}
