import AttendParity

/// Mutations of texts by scalars that are hard for tokenizers and their normalizers.
enum TextMutations {
    /// The ranges of random letters, each with equal probability.
    private static let ranges: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0x00...0x1F, 0x7F...0xA0, 0xA1...0x24F, 0x300...0x36F, 0x370...0x4FF, 0x590...0x6FF, 0x900...0xDFF,
        0xE00...0xEFF, 0x1100...0x11FF, 0x1E00...0x1FFF, 0x2000...0x206F, 0x20A0...0x214F, 0x2150...0x218F,
        0x2460...0x27BF,
        0x2E80...0x2FFF, 0x3000...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xE000...0xF8FF,
        0xF900...0xFAFF,
        0xFB00...0xFDFF, 0xFE00...0xFE0F, 0xFE10...0xFFEF, 0xFFF0...0xFFFF, 0x10000...0x103FF, 0x1D100...0x1D7FF,
        0x1E900...0x1E95F, 0x1F000...0x1FAFF, 0x20000...0x2FA1F, 0x30000...0x323AF, 0xE0000...0xE01EF,
        0xF0000...0x10FFFF
    ]

    private static let words = [
        "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "##s", "##", "[", "]", "un", "want", "able", "don't", "e\u{301}",
        "ñ", "İ",
        "ß", "ﬁ", "½", "²", "a\u{0}b", "\u{FFFD}", "\r\n", "\u{85}", "\u{2028}", "\u{200B}", "\u{AD}", "한국", "東京", "กำ",
        "👩‍👩‍👧",
        "ΑΣ", "ǅ", "ŉ", "\u{1E9E}", "\u{0344}", "\u{F73}\u{F71}", "\u{1D15E}", "a\u{315}\u{300}\u{5AE}\u{345}b"
    ]

    static func scalar(_ numbers: inout SeededNumbers) -> Unicode.Scalar {
        let range = numbers.pick(ranges)
        return Unicode.Scalar(range.lowerBound + UInt32(numbers.below(range.count))) ?? "?"
    }

    static func text(_ numbers: inout SeededNumbers) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<(1 + numbers.below(24)) {
            switch numbers.below(4) {
            case 0: text += numbers.pick(words).unicodeScalars
            case 1: text.append(scalar(&numbers))
            case 2: text.append(" ")
            default: text += numbers.pick(["the", "cat", "sat", "A", "Paris", "big", "apple"]).unicodeScalars
            }
        }
        return String(text)
    }

    static func apply(to text: inout String, _ numbers: inout SeededNumbers) -> String {
        var scalars = Array(text.unicodeScalars)
        let at = numbers.below(scalars.count + 1)
        var what: String
        switch numbers.below(12) {
        case 0...2:
            let scalar = scalar(&numbers)
            scalars.insert(scalar, at: at)
            what = "U+\(String(scalar.value, radix: 16, uppercase: true)) at \(at)"
        case 3...4:
            scalars.insert(contentsOf: numbers.pick(words).unicodeScalars, at: at)
            what = "a word at \(at)"
        case 5:
            scalars.removeSubrange(at..<min(scalars.count, at + 1 + numbers.below(8)))
            what = "letters left out at \(at)"
        case 6:
            scalars = scalars.reversed()
            what = "in reverse"
        case 7:
            scalars.insert(contentsOf: self.text(&numbers).unicodeScalars, at: at)
            what = "a text at \(at)"
        case 8:
            // Marks of many combining classes, which need reordering.
            let marks: [Unicode.Scalar] = (0..<(1 + numbers.below(40))).map { _ in
                Unicode.Scalar(UInt32(0x300 + numbers.below(0x70))) ?? "?"
            }
            scalars.insert(contentsOf: marks, at: at)
            what = "\(marks.count) marks at \(at)"
        case 9:
            scalars = text.split(separator: "\n").flatMap { Array($0.unicodeScalars) + ["\r", "\n"] }
            what = "line ends of another system"
        case 10 where numbers.chance(0.3):
            let count = numbers.pick([1_000, 20_000, 100_000])
            let unit = numbers.chance(0.5) ? [scalar(&numbers)] : Array(numbers.pick(words).unicodeScalars)
            scalars.insert(contentsOf: (0..<(count / unit.count)).flatMap { _ in unit }, at: at)
            what = "\(count) times U+\(String(unit[0].value, radix: 16, uppercase: true))"
        default:
            let end = min(scalars.count, at + 1 + numbers.below(30))
            scalars.insert(contentsOf: scalars[at..<end], at: at)
            what = "\(at)..<\(end) twice"
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        text = String(view)
        return what
    }
}
