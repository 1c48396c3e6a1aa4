/// Tokens and their ids. Keyed by UTF-8 bytes: Swift's string equality merges canonically equivalent tokens.
struct TokenVocabulary: Sendable {
    private(set) var ids = TokenIndex()
    private(set) var texts: [Int: String] = [:]

    /// Ids are 32-bit, as in the `tokenizers` library.
    static let largestID = Int(UInt32.max) - 1

    var count: Int { ids.count }

    /// One more than the largest id.
    var size: Int { (texts.keys.max() ?? -1) + 1 }

    func id(of token: String) -> Int? { ids[token.utf8] }

    /// - Throws: ``TokenizerError`` for an id out of range, or already used by another token.
    mutating func insert(_ token: String, _ id: Int, path: String) throws(TokenizerError) {
        guard id >= 0, id <= TokenVocabulary.largestID else {
            throw TokenizerError(
                path: path,
                reason:
                    """
                    the token "\(token)" has the id \(id), expected a whole number from 0 to \
                    \(TokenVocabulary.largestID)
                    """
            )
        }
        if let other = texts.updateValue(token, forKey: id) {
            throw TokenizerError(path: path, reason: "the tokens \"\(other)\" and \"\(token)\" share the id \(id)")
        }
        ids.updateValue(id, forKey: token.utf8)
    }

    /// Reads a `vocab.txt`: one token per line, with the line index as its id. Trailing whitespace is removed; of
    /// duplicates, the last line counts.
    ///
    /// - Throws: ``TokenizerError`` for a line that is not UTF-8.
    init(lines bytes: [UInt8], path: String) throws(TokenizerError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        for (id, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw TokenizerError(path: path, reason: "line \(id + 1) is not UTF-8")
            }
            var scalars = text.unicodeScalars[...]
            while scalars.last?.properties.isWhitespace ?? false { scalars.removeLast() }
            let token = String(scalars)
            if let earlier = ids.updateValue(id, forKey: token.utf8) { texts[earlier] = nil }
            texts[id] = token
        }
    }

    init() {}
}
