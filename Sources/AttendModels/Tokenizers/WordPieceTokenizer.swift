import AttendRuntime

/// WordPiece (Schuster and Nakajima 2012; Wu et al. 2016) as BERT uses it: words are cut into the
/// longest pieces that the vocabulary has, from the left.
public struct WordPieceTokenizer: Tokenizer {
    /// An entry of the template that is put around texts.
    enum TemplatePart: Sendable {
        case special(ids: [Int], typeID: Int)
        case text(isPair: Bool, typeID: Int)
    }

    /// How ids are decoded.
    enum Decoder: Sendable {
        /// Joins pieces with the prefix to the word before, and separates all others by blanks.
        case wordPiece(prefix: String, cleansUp: Bool)
        /// Separates all tokens by blanks.
        case joined
    }

    private let vocabulary: TokenVocabulary
    /// Added tokens too.
    private let texts: [Int: String]
    let specialIDs: Set<Int>
    private let unknownID: Int
    private let continuation: [UInt8]
    private let maximumWordLength: Int
    private let normalizer: TextNormalizer?
    private let splitter: WordSplitter?
    private let addedTokens: AddedTokens
    /// Found after normalizing.
    private let normalizedTokens: AddedTokens
    private let single: [TemplatePart]
    private let pair: [TemplatePart]
    private let decoder: Decoder
    /// The file that the vocabulary is from.
    let path: String
    /// Long texts lose their start in place of their end.
    let cutsStart: Bool

    /// The id that fills short texts up to the length of a batch.
    public let padID: Int
    /// `truncation.max_length` of `tokenizer.json`, if set.
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

    /// - Parameter cutsStart: Long texts lose their start in place of their end.
    /// - Throws: ``TokenizerError`` for an unknown token that the vocabulary lacks, and for added tokens that become one when normalized.
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

    /// Reads a `tokenizer.json` alone.
    ///
    /// - Throws: ``TokenizerError`` that names the file, the setting, what was expected and what was found.
    public init(contentsOf path: String) throws(TokenizerError) {
        try self.init(WordPieceParts(tokenizerFile: path), cutsStart: false)
    }

    public func token(of id: Int) -> String? { texts[id] }

    // MARK: Encoding

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

    /// Longest first: tokens are dropped from the end, or the start, of whichever text is longer.
    ///
    /// - Returns: How many.
    private func truncate(_ first: inout [Int], _ second: inout [Int]?, to limit: Int?) -> Int {
        let count = second?.count ?? 0
        guard let limit, first.count + count > limit else { return 0 }
        let omitted = first.count + count - limit
        // First the longer text is cut to the length of the other; then both are cut in turn, the second first.
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

    /// Greedy longest match; a word with any part that is not in the vocabulary is unknown whole.
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

    /// Closes the gaps before punctuation and contractions, piece by piece as the peer does.
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
    /// Replaces by bytes: canonical equivalence must not match what is spelt differently.
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
