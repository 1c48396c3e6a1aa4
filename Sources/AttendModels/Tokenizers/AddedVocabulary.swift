/// Added tokens with the ids that the `tokenizers` library assigns: the vocabulary's id, else the next free one. A
/// different id in a file is an error.
struct AddedVocabulary: Sendable {
    private(set) var tokens: [AddedTokens.Token] = []
    /// Ids of special tokens.
    private(set) var specialIDs: Set<Int> = []
    private var ids: [[UInt8]: Int] = [:]
    /// The indices in ``tokens`` by id.
    private var indices: [Int: Int] = [:]
    private var largestID = -1
    /// The ids assigned to special tokens that neither a file nor the vocabulary defines.
    private(set) var impliedIDs: Set<Int> = []

    func id(of content: String) -> Int? { ids[Array(content.utf8)] }

    /// Whether an added token has this id.
    ///
    /// - Complexity: O(1).
    func contains(_ id: Int) -> Bool { indices[id] != nil }

    /// Adds a token.
    ///
    /// - Parameters:
    ///   - content: The token's text; an empty one is ignored.
    ///   - declaredID: The id in a file, if any.
    ///   - replacing: Whether an existing token gets these flags; a special token stays special.
    /// - Throws: ``TokenizerError`` for a declared id other than the assigned one.
    mutating func add(
        _ content: String, _ flags: Flags, declaredID: Int?, replacing: Bool = false, vocabulary: TokenVocabulary,
        path: String
    ) throws(TokenizerError) {
        let key = Array(content.utf8)
        guard !content.isEmpty else { return }
        let known = ids[key] ?? vocabulary.ids[key]
        let id = known ?? (largestID >= vocabulary.count ? largestID + 1 : vocabulary.count)
        if let declaredID, declaredID != id {
            throw TokenizerError(
                path: path,
                reason:
                    """
                    the added token "\(content)" has the id \(declaredID), expected \(id), \
                    \(known == nil ? "the next free id" : "its id elsewhere")
                    """
            )
        }
        if flags.isSpecial { specialIDs.insert(id) }
        guard ids[key] == nil else {
            if replacing, let index = indices[id] {
                let isSpecial = tokens[index].isSpecial || flags.isSpecial
                tokens[index] = AddedTokens.Token(content, id: id, flags)
                tokens[index].isSpecial = isSpecial
            }
            return
        }
        if known == nil, let other = vocabulary.texts[id] {
            throw TokenizerError(
                path: path, reason: "the added token \"\(content)\" and the token \"\(other)\" share the id \(id)")
        }
        ids[key] = id
        largestID = max(largestID, id)
        if known == nil, declaredID == nil { impliedIDs.insert(id) }
        indices[id] = tokens.count
        tokens.append(AddedTokens.Token(content, id: id, flags))
    }

    /// The matching options of a token.
    struct Flags: Sendable, Equatable {
        var isSpecial = false
        var isNormalized = true
        var isSingleWord = false
        var stripsLeft = false
        var stripsRight = false

        /// The flags of a special token without an object of its own.
        static let special = Flags(isSpecial: true, isNormalized: false)
    }
}

extension AddedTokens.Token {
    fileprivate init(_ content: String, id: Int, _ flags: AddedVocabulary.Flags) {
        self.init(
            content: Array(content.unicodeScalars), id: id, isSpecial: flags.isSpecial,
            isNormalized: flags.isNormalized, isSingleWord: flags.isSingleWord, stripsLeft: flags.stripsLeft,
            stripsRight: flags.stripsRight)
    }
}
