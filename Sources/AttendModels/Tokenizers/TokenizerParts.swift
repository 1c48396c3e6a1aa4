/// The parts of a tokenizer, from any of its file formats.
struct TokenizerParts: Sendable {
    /// The file of the vocabulary.
    let path: String
    var vocabulary = TokenVocabulary()
    var model = ModelSettings.wordPiece(WordPiece())
    var normalizer: TextNormalizer? = .bert(BERTNormalizer())
    /// Nil for no splitting: each text is one word.
    var splitter: WordSplitter? = .bert
    var single: [TextTemplate.Part] = [.text(isPair: false, typeID: 0)]
    var pair: [TextTemplate.Part] = [.text(isPair: false, typeID: 0), .text(isPair: true, typeID: 1)]
    var added = AddedVocabulary()
    var splitsSpecialTokens = false
    var decoder = TokenDecoder.joined
    var padToken: String?
    var maskToken: String?
    var padID: Int?
    /// `truncation.max_length` of `tokenizer.json`, which the model's length replaces.
    var fileMaximumLength: Int?
    /// The sides of truncation and padding in `tokenizer.json`.
    var sides = SequenceSides.Settings()

    /// The settings of a model, whose vocabulary is beside it.
    enum ModelSettings: Sendable {
        case wordPiece(WordPiece)
        case bpe(BPE)
        case unigram(Unigram)
        /// Pieces with ids in the vocabulary.
        case sentencePiece(SentencePieceFile, unknownToken: String)
    }

    /// The settings of WordPiece.
    struct WordPiece: Sendable {
        var unknownToken = "[UNK]"
        /// The prefix of pieces that continue a word.
        var continuation = "##"
        /// The maximum number of scalars of a word; longer words are unknown.
        var maximumWordLength = 100
    }

    /// The settings of byte-pair encoding.
    struct BPE: Sendable {
        var merges: MergeTable
        /// Nil to leave unknown scalars out.
        var unknownToken: String?
        var fusesUnknown: Bool
        var fallsBackToBytes: Bool
        var ignoresMerges: Bool
    }

    /// The settings of a unigram language model.
    struct Unigram: Sendable {
        var scores: [Double]
        var unknownID: Int
        var fallsBackToBytes: Bool
    }

    init(path: String) { self.path = path }

    /// The model.
    ///
    /// - Throws: ``TokenizerError`` for an unknown token that the vocabulary lacks.
    func makeModel() throws(TokenizerError) -> any SubwordModel {
        func unknown(_ token: String) throws(TokenizerError) -> Int {
            guard let id = vocabulary.id(of: token) else {
                throw error("unk_token: the unknown token \"\(token)\" is not in the vocabulary")
            }
            return id
        }
        switch model {
        case .wordPiece(let settings):
            return WordPieceModel(
                vocabulary: vocabulary, unknownID: try unknown(settings.unknownToken),
                continuation: Array(settings.continuation.utf8), maximumWordLength: settings.maximumWordLength)
        case .bpe(let settings):
            var id: Int?
            if let token = settings.unknownToken { id = try unknown(token) }
            return BPEModel(
                vocabulary, merges: settings.merges, unknownID: id, fusesUnknown: settings.fusesUnknown,
                fallsBackToBytes: settings.fallsBackToBytes, ignoresMerges: settings.ignoresMerges)
        case .unigram(let settings):
            return UnigramModel(
                vocabulary, scores: settings.scores, unknownID: settings.unknownID,
                fallsBackToBytes: settings.fallsBackToBytes)
        case .sentencePiece(let file, let token):
            return SentencePieceModel(file, vocabulary: vocabulary, unknownID: try unknown(token))
        }
    }

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
