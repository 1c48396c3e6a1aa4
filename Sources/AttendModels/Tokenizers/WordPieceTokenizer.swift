import AttendRuntime

/// WordPiece (Schuster and Nakajima 2012; Wu et al. 2016) as in BERT: greedy longest-match segmentation of words, from
/// left to right.
public struct WordPieceTokenizer: Tokenizer {
    /// An element of the template around texts.
    enum TemplatePart: Sendable {
        case special(ids: [Int], typeID: Int)
        case text(isPair: Bool, typeID: Int)
    }

    /// The way to join decoded tokens.
    enum Decoder: Sendable {
        /// Pieces with the prefix are appended to the previous word; others are separated by spaces.
        case wordPiece(prefix: String, cleansUp: Bool)
        /// All tokens are separated by spaces.
        case joined
    }

    private let vocabulary: TokenVocabulary
    /// Tokens by id, including added tokens.
    private let texts: [Int: String]
    let specialIDs: Set<Int>
    private let unknownID: Int
    private let continuation: [UInt8]
    private let maximumWordLength: Int
    private let normalizer: TextNormalizer?
    private let splitter: WordSplitter?
    private let addedTokens: AddedTokens
    /// Added tokens that are matched after normalization.
    private let normalizedTokens: AddedTokens
    private let single: [TemplatePart]
    private let pair: [TemplatePart]
    private let decoder: Decoder
    /// The file of the vocabulary.
    let path: String
    /// Whether long texts are truncated at the start instead of the end.
    let cutsStart: Bool

    /// The id of the padding token.
    public let padID: Int
    /// `truncation.max_length` in `tokenizer.json`; nil if not set.
    public let fileMaximumLength: Int?
    /// The largest type id in the template of a single text.
    var largestTypeID: Int {
        single.map { part in
            switch part {
            case .special(_, let type), .text(_, let type): type
            }
        }.max() ?? 0
    }

    /// One more than the largest id in the files and templates.
    public let vocabularySize: Int

    /// - Parameter cutsStart: Whether long texts are truncated at the start instead of the end.
    /// - Throws: ``TokenizerError`` for an unknown token that the vocabulary lacks, and for added tokens that
    ///   normalization makes equal.
    init(_ parts: WordPieceParts, cutsStart: Bool) throws(TokenizerError) {
        guard let unknown = parts.vocabulary.id(of: parts.unknownToken) else {
            throw parts.error("unk_token: the unknown token \"\(parts.unknownToken)\" is not in the vocabulary")
        }
        unknownID = unknown
        vocabulary = parts.vocabulary
        specialIDs = parts.added.specialIDs
        continuation = Array(parts.continuation.utf8)
        maximumWordLength = parts.maximumWordLength
        (normalizer, splitter) = (parts.normalizer, parts.splitter)
        let tokens = parts.added.tokens
        addedTokens = AddedTokens(tokens.filter { !$0.isNormalized }, ignoresSpecial: parts.splitsSpecialTokens)
        normalizedTokens = AddedTokens(try parts.normalizedTokens(), ignoresSpecial: parts.splitsSpecialTokens)
        (single, pair, decoder) = (parts.single, parts.pair, parts.decoder)
        padID = parts.padToken.flatMap(parts.id) ?? parts.padID ?? parts.id(of: "[PAD]") ?? 0
        fileMaximumLength = parts.fileMaximumLength
        var texts = parts.vocabulary.texts
        for token in tokens { texts[token.id] = String(String.UnicodeScalarView(token.content)) }
        self.texts = texts
        let around = (parts.single + parts.pair).flatMap { part -> [Int] in
            if case .special(let ids, _) = part { ids } else { [] }
        }
        let declared = (tokens.map(\.id).filter { !parts.added.impliedIDs.contains($0) } + around).max() ?? -1
        vocabularySize = max(parts.vocabulary.size, declared + 1)
        path = parts.path
        self.cutsStart = cutsStart
    }

    /// Reads a `tokenizer.json` without the other files of a folder.
    ///
    /// - Throws: ``TokenizerError`` that names the file, the setting, the expected and the found value.
    public init(contentsOf path: String) throws(TokenizerError) {
        try self.init(WordPieceParts(tokenizerFile: path), cutsStart: false)
    }

    /// The text of a token; nil for an unknown id.
    ///
    /// - Complexity: O(1).
    public func token(of id: Int) -> String? { texts[id] }

    // MARK: Encoding

    /// Encodes a text, or a pair of texts; see ``Tokenizer/encode(_:pair:addingSpecialTokens:maximumLength:)``.
    ///
    /// A word that can't be segmented, or is too long, becomes the unknown token.
    public func encode(
        _ text: String, pair second: String? = nil, addingSpecialTokens: Bool = true, maximumLength: Int? = nil
    ) -> Encoding {
        var first = pieces(of: text)
        var other = second.map { pieces(of: $0) }
        guard addingSpecialTokens else {
            let omitted = truncate(&first, &other, to: maximumLength)
            let rest = other ?? []
            return Encoding(
                ids: first + rest, typeIDs: first.map { _ in 0 } + rest.map { _ in 1 }, omittedCount: omitted)
        }
        let template = second == nil ? single : pair
        let specials = template.reduce(0) { if case .special(let ids, _) = $1 { $0 + ids.count } else { $0 } }
        let omitted = truncate(&first, &other, to: maximumLength.map { max(0, $0 - specials) })
        var encoding = Encoding(ids: [], typeIDs: [], omittedCount: omitted)
        for part in template {
            let (ids, type) =
                switch part {
                case .special(let ids, let type): (ids, type)
                case .text(let isPair, let type): (isPair ? other ?? [] : first, type)
                }
            encoding.ids += ids
            encoding.typeIDs += ids.map { _ in type }
        }
        return encoding
    }

    /// Truncates the longer text first, at the end or the start, then both alternately.
    ///
    /// - Returns: The number of removed tokens.
    private func truncate(_ first: inout [Int], _ second: inout [Int]?, to limit: Int?) -> Int {
        let count = second?.count ?? 0
        guard let limit, first.count + count > limit else { return 0 }
        let omitted = first.count + count - limit
        // First the longer text is truncated to the length of the other; then both alternately, the second first.
        let more = min(omitted, abs(first.count - count))
        let rest = omitted - more
        let fromFirst = (first.count > count ? more : 0) + rest / 2
        drop(fromFirst, of: &first)
        if var text = second {
            drop(omitted - fromFirst, of: &text)
            second = text
        }
        return omitted
    }

    private func drop(_ count: Int, of ids: inout [Int]) {
        if cutsStart { ids.removeFirst(count) } else { ids.removeLast(count) }
    }

    private func pieces(of text: String) -> [Int] {
        var ids: [Int] = []
        for piece in addedTokens.split(Array(text.unicodeScalars)) {
            guard case .text(let scalars) = piece else {
                if case .token(let id) = piece { ids.append(id) }
                continue
            }
            for inner in normalizedTokens.split(normalizer?.normalized(scalars) ?? Array(scalars)) {
                switch inner {
                case .token(let id): ids.append(id)
                case .text(let scalars):
                    let words = splitter?.words(Array(scalars)) ?? [Array(scalars)]
                    ids += words.flatMap(pieces(ofWord:))
                }
            }
        }
        return ids
    }

    /// Greedy longest match; a word with any part outside the vocabulary is unknown as a whole.
    private func pieces(ofWord word: [Unicode.Scalar]) -> [Int] {
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

    // MARK: Decoding

    /// Decodes ids to text: pieces are joined to words, and spaces before punctuation are removed if the tokenizer's
    /// decoder does so.
    ///
    /// - Throws: ``TokenizerError`` for an id outside the vocabulary.
    public func decode(_ ids: [Int], skippingSpecialTokens: Bool = true) throws(TokenizerError) -> String {
        var tokens: [String] = []
        for id in ids {
            guard let token = texts[id] else {
                throw TokenizerError(path: path, reason: "the id \(id) is not in the vocabulary of \(vocabularySize)")
            }
            if !(skippingSpecialTokens && specialIDs.contains(id)) { tokens.append(token) }
        }
        guard case .wordPiece(let prefix, let cleansUp) = decoder else { return tokens.joined(separator: " ") }
        var text = ""
        for (index, token) in tokens.enumerated() {
            var piece = token
            if index > 0 {
                piece =
                    token.utf8.starts(with: prefix.utf8)
                    ? String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : " " + token
            }
            text += cleansUp ? WordPieceTokenizer.cleaned(piece) : piece
        }
        return text
    }

    /// Removes spaces before punctuation and contractions, piece by piece as in transformers.
    private static func cleaned(_ piece: String) -> String {
        var text = piece
        for (gap, closed) in [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")
        ] {
            text = text.replacingBytes(gap, with: closed)
        }
        return text
    }
}

extension String {
    /// Replaces bytes, because canonical equivalence must not match other spellings.
    fileprivate func replacingBytes(_ pattern: String, with replacement: String) -> String {
        let (bytes, wanted) = (Array(utf8), Array(pattern.utf8))
        guard bytes.count >= wanted.count else { return self }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: wanted) {
                result += Array(replacement.utf8)
                index += wanted.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
