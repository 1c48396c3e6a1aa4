import AttendCore

/// WordPiece (Schuster and Nakajima 2012; Wu et al. 2016) as BERT uses it: words are cut into the
/// longest pieces that the vocabulary has, from the left.
public struct WordPieceTokenizer: Tokenizer {
    /// An entry of the template that is put around texts.
    enum TemplatePart: Sendable {
        case special(ids: [Int], typeID: Int)
        case text(isPair: Bool, typeID: Int)
    }

    /// Keyed by UTF-8 bytes.
    let vocabulary: [[UInt8]: Int]
    let texts: [Int: String]
    let specialIDs: Set<Int>
    let unknownID: Int
    let continuation: [UInt8]
    let maximumWordLength: Int
    let normalizer: BERTNormalizer
    let addedTokens: AddedTokens
    /// Found after normalising.
    let normalizedTokens: AddedTokens
    let single: [TemplatePart]
    let pair: [TemplatePart]
    let cleansUp: Bool
    let path: String

    /// The id that fills short texts up to the length of a batch.
    public let padID: Int
    /// The length that the file itself cuts to, if it does.
    public let fileMaximumLength: Int?
    /// One more than the largest id.
    public let vocabularySize: Int

    public init(_ file: WordPieceFile) {
        vocabulary = file.vocabulary
        texts = file.texts
        specialIDs = file.specialIDs
        unknownID = file.unknownID
        continuation = Array(file.continuation.utf8)
        maximumWordLength = file.maximumWordLength
        normalizer = file.normalizer
        addedTokens = AddedTokens(file.added.filter { !$0.isNormalized })
        normalizedTokens = AddedTokens(file.added.filter(\.isNormalized))
        single = file.single
        pair = file.pair
        cleansUp = file.cleansUp
        padID = file.padID
        fileMaximumLength = file.maximumLength
        vocabularySize = (file.texts.keys.max() ?? -1) + 1
        path = file.path
    }

    /// Reads a `tokenizer.json`.
    ///
    /// - Throws: ``TokenizerError`` that names what the file holds and what is known here.
    public init(contentsOf path: String) throws(TokenizerError) {
        self.init(try WordPieceFile(path))
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

    /// Longest first: tokens are dropped from the end of whichever text is longer.
    ///
    /// - Returns: How many.
    private func truncate(_ first: inout [Int], _ second: inout [Int]?, to limit: Int?) -> Int {
        guard let limit else { return 0 }
        let whole = first.count + (second?.count ?? 0)
        while first.count + (second?.count ?? 0) > limit {
            if let count = second?.count, count >= first.count, count > 0 {
                second?.removeLast()
            } else {
                first.removeLast()
            }
        }
        return whole - first.count - (second?.count ?? 0)
    }

    private func pieces(of text: String) -> [Int] {
        var ids: [Int] = []
        for piece in addedTokens.split(Array(text.unicodeScalars)) {
            guard case .text(let scalars) = piece else {
                if case .token(let id) = piece { ids.append(id) }
                continue
            }
            let normalized = normalizer.normalized(scalars)
            if normalizedTokens.isEmpty {
                ids += BERTNormalizer.words(normalized).flatMap(pieces(ofWord:))
                continue
            }
            for inner in normalizedTokens.split(normalized) {
                switch inner {
                case .token(let id): ids.append(id)
                case .text(let scalars): ids += BERTNormalizer.words(Array(scalars)).flatMap(pieces(ofWord:))
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
                found = vocabulary[candidate]
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
        var text = ""
        var isFirst = true
        for id in ids {
            guard let token = texts[id] else {
                throw TokenizerError(path: path, reason: "the id \(id) is not in the vocabulary of \(vocabularySize)")
            }
            if skippingSpecialTokens, specialIDs.contains(id) { continue }
            var piece = token
            if !isFirst {
                let bytes = Array(token.utf8)
                piece =
                    bytes.starts(with: continuation)
                    ? String(decoding: bytes.dropFirst(continuation.count), as: UTF8.self) : " " + token
            }
            text += cleansUp ? WordPieceTokenizer.cleaned(piece) : piece
            isFirst = false
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
