/// Added tokens with the ids that the `tokenizers` library gives them: the vocabulary's own, else the next that is free. A file that says
/// another id contradicts itself.
struct AddedVocabulary: Sendable {
    private(set) var tokens: [AddedTokens.Token] = []
    /// Ids that a special token has, whoever else has it.
    private(set) var specialIDs: Set<Int> = []
    private var ids: [[UInt8]: Int] = [:]
    /// Ids that no file names, of special tokens that the vocabulary lacks.
    private(set) var impliedIDs: Set<Int> = []

    func id(of content: String) -> Int? { ids[Array(content.utf8)] }

    /// What is there already stays as it is.
    ///
    /// - Parameters:
    ///   - content: Nothing is added where it is empty.
    ///   - declaredID: As a file has it; nil where none does.
    /// - Throws: ``TokenizerError`` for a declared id that is not the token's.
    mutating func add(
        _ content: String, _ flags: Flags, declaredID: Int?, vocabulary: TokenVocabulary, path: String
    ) throws(TokenizerError) {
        let key = Array(content.utf8)
        guard !content.isEmpty else { return }
        let known = ids[key] ?? vocabulary.ids[key]
        let largest = ids.values.max() ?? -1
        let id = known ?? (largest >= vocabulary.count ? largest + 1 : vocabulary.count)
        if let declaredID, declaredID != id {
            throw TokenizerError(
                path: path,
                reason:
                    "the added token \"\(content)\" has the id \(declaredID), expected \(id), \(known == nil ? "the next after the vocabulary" : "as elsewhere")"
            )
        }
        if flags.isSpecial { specialIDs.insert(id) }
        guard ids[key] == nil else { return }
        if known == nil, let other = vocabulary.texts[id] {
            throw TokenizerError(
                path: path, reason: "the added token \"\(content)\" and the token \"\(other)\" share the id \(id)")
        }
        ids[key] = id
        if known == nil, declaredID == nil { impliedIDs.insert(id) }
        tokens.append(
            AddedTokens.Token(
                content: Array(content.unicodeScalars), id: id, isSpecial: flags.isSpecial,
                isNormalized: flags.isNormalized, isSingleWord: flags.isSingleWord, stripsLeft: flags.stripsLeft,
                stripsRight: flags.stripsRight))
    }

    /// How a token is found.
    struct Flags: Sendable, Equatable {
        var isSpecial = false
        var isNormalized = true
        var isSingleWord = false
        var stripsLeft = false
        var stripsRight = false

        /// Of a special token that is a name alone.
        static let special = Flags(isSpecial: true, isNormalized: false)
    }
}
