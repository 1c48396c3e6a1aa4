/// Added tokens with the ids that the `tokenizers` library assigns: the vocabulary's own, else the next free one. A file that declares
/// another id is an error.
struct AddedVocabulary: Sendable {
    private(set) var tokens: [AddedTokens.Token] = []
    /// Ids of special tokens.
    private(set) var specialIDs: Set<Int> = []
    private var ids: [[UInt8]: Int] = [:]
    /// The index of each in ``tokens``, by its id.
    private var indices: [Int: Int] = [:]
    private var largestID = -1
    /// Assigned ids of special tokens that neither a file nor the vocabulary gives an id.
    private(set) var impliedIDs: Set<Int> = []

    func id(of content: String) -> Int? { ids[Array(content.utf8)] }

    /// Whether an added token has this id. O(1).
    func contains(_ id: Int) -> Bool { indices[id] != nil }

    /// - Parameters:
    ///   - content: Nothing is added where it is empty.
    ///   - declaredID: The id in a file, if any.
    ///   - replacing: Whether an existing token gets these flags; it stays special if it was.
    /// - Throws: ``TokenizerError`` for a declared id that is not the assigned one.
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
                    "the added token \"\(content)\" has the id \(declaredID), expected \(id), \(known == nil ? "the next after the vocabulary" : "as elsewhere")"
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

    /// How a token is matched.
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
