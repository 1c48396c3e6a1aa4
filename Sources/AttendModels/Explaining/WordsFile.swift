import AttendRuntime

/// The vocabulary file of a handmade graph: its words, the meaning of the embedding components, and a text.
///
/// ```json
/// {"attend_words": 1, "made_by_hand": true, "text": "a blue creature", "focus": "creature",
///  "vocabulary": ["a", "blue", "creature"], "features": ["noun", "blue"]}
/// ```
struct WordsFile {
    let path: String
    let isMadeByHand: Bool
    let text: String
    let focus: String?
    let vocabulary: [String]
    let features: [String]?

    /// - Throws: ``ModelError`` that names the key.
    init(_ file: ModelFile) throws {
        path = file.path
        let known: Set<String> = ["attend_words", "made_by_hand", "text", "focus", "vocabulary", "features"]
        (isMadeByHand, text, focus, vocabulary, features) = try file.read { root in
            for (key, _) in try root.members() where !known.contains(key) {
                throw ModelError(
                    path: file.path,
                    reason: "\(key) is not a key of a words file\(Nearest.hint(for: key, among: known.sorted()))")
            }
            let version = try root.required("attend_words").integer()
            guard version == 1 else {
                throw ModelError(path: file.path, reason: "attend_words: expected version 1, found \(version)")
            }
            return (
                try root.optional("made_by_hand")?.bool() ?? false, try root.required("text").string(),
                try root.optional("focus")?.string(),
                try root.required("vocabulary").elements().map { try $0.string() },
                try root.optional("features")?.elements().map { try $0.string() }
            )
        }
    }

    /// Encodes the file's own text.
    ///
    /// - Throws: ``ModelError`` that names the setting `text`.
    func encodeOwn() throws(ModelError) -> [(word: String, id: Int)] {
        do {
            return try encode(text)
        } catch {
            throw ModelError(path: path, reason: "text: \(error)")
        }
    }

    /// Splits a text at whitespace and looks up the rows of its words.
    ///
    /// - Throws: ``ExplanationError``.
    func encode(_ text: String) throws(ExplanationError) -> [(word: String, id: Int)] {
        // By bytes: words that are canonically equivalent are not the same word.
        let rows = Dictionary(
            vocabulary.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var words: [(word: String, id: Int)] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }).map(String.init) {
            guard let id = rows[Array(word.utf8)] ?? rows[Array(word.lowercased().utf8)] else {
                throw .unknownWord(word, hint: Nearest.hint(for: word, among: vocabulary), known: vocabulary)
            }
            words.append((vocabulary[id], id))
        }
        guard !words.isEmpty else { throw .noTokens }
        return words
    }
}
