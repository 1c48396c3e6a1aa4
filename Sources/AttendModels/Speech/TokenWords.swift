/// Tokens joined to words, as in Whisper's word timestamps: at blanks, or at characters in languages without blanks;
/// punctuation stays with its word.
struct TokenWords {
    /// The words with the range of their tokens.
    private(set) var words: [(text: String, tokens: Range<Int>)] = []

    private static let opening: Set<String> = ["\"", "'", "“", "¡", "¿", "(", "[", "{", "-"]
    private static let closing: Set<String> = [
        "\"", "'", ".", "。", ",", "，", "!", "！", "?", "？", ":", "：", "”", ")", "]", "}", "、"
    ]
    private static let marks = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".map(String.init))

    /// - Parameter isSpaced: Whether the language has blanks between words.
    init(_ ids: [Int], _ tokenizer: TextTokenizer, isSpaced: Bool) throws {
        var parts: [(text: String, tokens: Range<Int>)] = []
        var start = 0
        for end in ids.indices {
            // A character may have several tokens.
            let text = try tokenizer.decode(Array(ids[start...end]))
            guard !text.unicodeScalars.contains("\u{FFFD}") || end == ids.count - 1 else { continue }
            parts.append((text, start..<end + 1))
            start = end + 1
        }
        for part in parts {
            let bare = part.text.drop { $0 == " " }
            let isNew =
                !isSpaced || words.isEmpty || part.text.hasPrefix(" ") || TokenWords.marks.contains(String(bare))
            if isNew { words.append(part) } else { extend(words.count - 1, part) }
        }
        mergePunctuation()
    }

    private mutating func extend(_ index: Int, _ part: (text: String, tokens: Range<Int>)) {
        words[index] = (words[index].text + part.text, words[index].tokens.lowerBound..<part.tokens.upperBound)
    }

    private mutating func mergePunctuation() {
        var joined: [(text: String, tokens: Range<Int>)] = []
        for word in words.reversed() {
            let bare = String(word.text.drop { $0 == " " })
            if let next = joined.last, word.text.hasPrefix(" "), TokenWords.opening.contains(bare) {
                joined[joined.count - 1] = (
                    word.text + next.text, word.tokens.lowerBound..<next.tokens.upperBound
                )
            } else {
                joined.append(word)
            }
        }
        words = []
        for word in joined.reversed() {
            if let last = words.last, !last.text.hasSuffix(" "), TokenWords.closing.contains(word.text) {
                extend(words.count - 1, word)
            } else {
                words.append(word)
            }
        }
    }
}
