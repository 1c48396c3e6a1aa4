/// The parts of a WordPiece tokenizer, from any of its file formats.
struct WordPieceParts: Sendable {
    /// The file of the vocabulary.
    let path: String
    var vocabulary = TokenVocabulary()
    var unknownToken = "[UNK]"
    /// The prefix of pieces that continue a word.
    var continuation = "##"
    /// The maximum number of scalars of a word; longer words are unknown.
    var maximumWordLength = 100
    var normalizer: TextNormalizer? = .bert(BERTNormalizer())
    /// Nil for no splitting: each text is one word.
    var splitter: WordSplitter? = .bert
    var single: [WordPieceTokenizer.TemplatePart] = [.text(isPair: false, typeID: 0)]
    var pair: [WordPieceTokenizer.TemplatePart] = [.text(isPair: false, typeID: 0), .text(isPair: true, typeID: 1)]
    var added = AddedVocabulary()
    var splitsSpecialTokens = false
    var decoder: WordPieceTokenizer.Decoder = .joined
    var padToken: String?
    var padID: Int?
    /// `truncation.max_length` of `tokenizer.json`, which the model's length replaces.
    var fileMaximumLength: Int?
    /// The sides of truncation and padding in `tokenizer.json`.
    var sides = SequenceSides.Settings()

    init(path: String) { self.path = path }

    /// The id of a token of the vocabulary or of an added one.
    func id(of token: String) -> Int? { added.id(of: token) ?? vocabulary.id(of: token) }

    func error(_ reason: String) -> TokenizerError { TokenizerError(path: path, reason: reason) }

    /// The added tokens that are matched in normalized text, with normalized content.
    func normalizedTokens() throws(TokenizerError) -> [AddedTokens.Token] {
        var known: [[Unicode.Scalar]: AddedTokens.Token] = [:]
        var tokens: [AddedTokens.Token] = []
        for var token in added.tokens where token.isNormalized {
            let content = token.content
            token.content = normalizer?.normalized(content) ?? content
            guard !token.content.isEmpty else {
                throw error("the added token with the id \(token.id) is empty after normalization")
            }
            if let other = known.updateValue(token, forKey: token.content) {
                throw error(
                    """
                    the added tokens with the ids \(other.id) and \(token.id) are the same text, \
                    "\(String(String.UnicodeScalarView(token.content)))", after normalization
                    """
                )
            }
            tokens.append(token)
        }
        return tokens
    }
}
