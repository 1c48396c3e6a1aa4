/// A model that segments words into tokens of its vocabulary, as in the `tokenizers` library.
protocol SubwordModel: Sendable {
    /// The ids of a word's tokens.
    func ids(of word: [Unicode.Scalar]) -> [Int]

    /// The texts of a word's tokens for display, one for each id; nil for the text in the vocabulary.
    func surfaces(of word: [Unicode.Scalar]) -> [String?]
}

extension SubwordModel {
    func surfaces(of word: [Unicode.Scalar]) -> [String?] { ids(of: word).map { _ in nil } }
}
