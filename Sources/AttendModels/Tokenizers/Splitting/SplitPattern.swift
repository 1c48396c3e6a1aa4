/// The regular expressions of byte-level tokenizers, as scanners: of the alternatives at a place, the first that matches
/// counts.
package enum SplitPattern: String, Sendable, CaseIterable {
    /// GPT-2's.
    case gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    /// Llama 3's and GPT-4's, with numbers of up to three digits.
    case llama3 =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    /// Qwen's, with single digits.
    case qwen =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static let contractions: [[Unicode.Scalar]] = [
        ["s"], ["t"], ["r", "e"], ["v", "e"], ["m"], ["l", "l"], ["d"]
    ]

    /// The words of a text, without gaps.
    func words(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var start = 0
        while start < text.count {
            let end = end(text, start)
            words.append(Array(text[start..<end]))
            start = end
        }
        return words
    }

    private func end(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        contraction(text, start) ?? (self == .gpt2 ? gpt2(text, start) : later(text, start))
    }

    private func contraction(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        guard text[start] == "'" else { return nil }
        for ending in SplitPattern.contractions where text.count - start > ending.count {
            let matches = zip(text[(start + 1)...], ending).allSatisfy {
                $0 == $1 || self != .gpt2 && $0.isCase(of: $1)
            }
            if matches { return start + 1 + ending.count }
        }
        return nil
    }

    private func run(_ text: [Unicode.Scalar], _ start: Int, _ isIn: (Unicode.Scalar) -> Bool) -> Int {
        var end = start
        while end < text.count, isIn(text[end]) { end += 1 }
        return end
    }

    private func gpt2(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        let first = text[start] == " " ? start + 1 : start
        if first < text.count {
            let kinds: [(Unicode.Scalar) -> Bool] = [\.isLetter, \.isNumber, \.isSymbol]
            for kind in kinds where kind(text[first]) { return run(text, first, kind) }
        }
        return blanks(text, start)
    }

    private func later(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        let scalar = text[start]
        if scalar.isLetter { return run(text, start, \.isLetter) }
        let isBreak = scalar == "\r" || scalar == "\n"
        if !isBreak, !scalar.isNumber, start + 1 < text.count, text[start + 1].isLetter {
            return run(text, start + 1, \.isLetter)
        }
        if scalar.isNumber {
            return self == .qwen ? start + 1 : min(run(text, start, \.isNumber), start + 3)
        }
        let first = scalar == " " ? start + 1 : start
        if first < text.count, text[first].isSymbol {
            return run(text, run(text, first, \.isSymbol)) { $0 == "\r" || $0 == "\n" }
        }
        // Up to the last line break of the run of blanks.
        let end = run(text, start, \.properties.isWhitespace)
        if let last = text[start..<end].lastIndex(where: { $0 == "\r" || $0 == "\n" }) { return last + 1 }
        return blanks(text, start)
    }

    /// Blanks up to the one before the next word, or a single one.
    private func blanks(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        let end = run(text, start, \.properties.isWhitespace)
        return end == text.count || end - start < 2 ? max(end, start + 1) : end - 1
    }
}

extension Unicode.Scalar {
    /// `\p{L}`.
    fileprivate var isLetter: Bool {
        if isASCII { return (65...90).contains(value) || (97...122).contains(value) }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    /// `\p{N}`.
    fileprivate var isNumber: Bool {
        if isASCII { return (48...57).contains(value) }
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    /// `[^\s\p{L}\p{N}]`.
    fileprivate var isSymbol: Bool { !properties.isWhitespace && !isLetter && !isNumber }

    /// Whether it is a letter in the other case; U+017F is one of s.
    fileprivate func isCase(of letter: Unicode.Scalar) -> Bool {
        value == letter.value - 32 || letter == "s" && value == 0x17F
    }
}
