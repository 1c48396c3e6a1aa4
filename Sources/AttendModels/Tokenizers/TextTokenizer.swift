import AttendRuntime

/// A tokenizer with the parts of the `tokenizers` library: a text is normalized and split into words, a model segments
/// each word into tokens of its vocabulary, and special tokens are put around them.
///
/// Models are WordPiece, byte-pair encoding and unigram language models.
public struct TextTokenizer: Tokenizer {
    private let model: any SubwordModel
    /// Tokens by id, including added tokens.
    private let texts: [Int: String]
    let specialIDs: Set<Int>
    private let normalizer: TextNormalizer?
    private let splitter: WordSplitter?
    private let addedTokens: AddedTokens
    /// Added tokens that are matched after normalization.
    private let normalizedTokens: AddedTokens
    private let single: [TextTemplate.Part]
    private let pair: [TextTemplate.Part]
    private let decoder: TokenDecoder
    /// The file of the vocabulary.
    let path: String
    /// Whether long texts are truncated at the start instead of the end.
    let cutsStart: Bool

    /// The id of the padding token.
    public let padID: Int
    /// The id of the token that stands for a masked one; nil if the settings name none.
    public let maskID: Int?
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
    init(_ parts: TokenizerParts, cutsStart: Bool) throws(TokenizerError) {
        model = try parts.makeModel()
        specialIDs = parts.added.specialIDs
        (normalizer, splitter) = (parts.normalizer, parts.splitter)
        let tokens = parts.added.tokens
        addedTokens = AddedTokens(tokens.filter { !$0.isNormalized }, ignoresSpecial: parts.splitsSpecialTokens)
        normalizedTokens = AddedTokens(try parts.normalizedTokens(), ignoresSpecial: parts.splitsSpecialTokens)
        (single, pair, decoder) = (parts.single, parts.pair, parts.decoder)
        maskID = parts.maskToken.flatMap(parts.id)
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
        try self.init(TokenizerParts(tokenizerFile: path), cutsStart: false)
    }

    /// The text of a token; nil for an unknown id.
    ///
    /// - Complexity: O(1).
    public func token(of id: Int) -> String? { texts[id] }

    // MARK: Encoding

    /// Encodes a text, or a pair of texts; see ``Tokenizer/encode(_:pair:addingSpecialTokens:maximumLength:)``.
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

    /// An added token, or a word for the model.
    private enum Part {
        case token(Int)
        case word([Unicode.Scalar])
    }

    private func pieces(of text: String) -> [Int] {
        var ids: [Int] = []
        forEachPart(of: text) { part in
            switch part {
            case .token(let id): ids.append(id)
            case .word(let word): ids += model.ids(of: word)
            }
        }
        return ids
    }

    /// The texts of a text's tokens, one for each id of ``encode(_:pair:addingSpecialTokens:maximumLength:)`` without a
    /// limit. A unigram model shows unknown parts as they are.
    public func tokens(of text: String, addingSpecialTokens: Bool = true) -> [String] {
        var tokens: [String] = []
        func add(_ id: Int, _ surface: String? = nil) { tokens.append(surface ?? texts[id] ?? "") }
        func addText() {
            forEachPart(of: text) { part in
                switch part {
                case .token(let id): add(id)
                case .word(let word):
                    for (id, text) in zip(model.ids(of: word), model.surfaces(of: word)) { add(id, text) }
                }
            }
        }
        guard addingSpecialTokens else {
            addText()
            return tokens
        }
        for part in single {
            switch part {
            case .special(let ids, _): for id in ids { add(id) }
            case .text: addText()
            }
        }
        return tokens
    }

    private func forEachPart(of text: String, _ body: (Part) -> Void) {
        // Whether a part begins where the text does.
        var isStart = true
        for piece in addedTokens.split(Array(text.unicodeScalars)) {
            guard case .text(let scalars) = piece else {
                if case .token(let id) = piece { body(.token(id)) }
                isStart = false
                continue
            }
            for inner in normalizedTokens.split(normalizer?.normalized(scalars) ?? Array(scalars)) {
                switch inner {
                case .token(let id): body(.token(id))
                case .text(let scalars):
                    let words = splitter?.words(Array(scalars), isStart: isStart) ?? [Array(scalars)]
                    for word in words { body(.word(word)) }
                }
                isStart = false
            }
        }
    }

    // MARK: Decoding

    /// Whether the text of an id at the end may change with the ids after it; nil for an id that is skipped.
    func isOpen(_ id: Int, skippingSpecialTokens: Bool) -> Bool? {
        skippingSpecialTokens && specialIDs.contains(id) ? nil : texts[id].map(decoder.isOpen) ?? false
    }

    /// Decodes ids to text, as the tokenizer's decoder does.
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
        return decoder.decoded(tokens).joined()
    }
}
