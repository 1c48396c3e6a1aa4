import Foundation

/// How BERT tidies text and cuts it into words (Devlin et al. 2019, `BasicTokenizer`), scalar by
/// scalar: a `Character` may hold several, and Swift's string equality merges what a vocabulary
/// tells apart.
struct BERTNormalizer: Sendable {
    var cleansText: Bool
    var spacesChinese: Bool
    var stripsAccents: Bool
    var lowercases: Bool

    func normalized(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        for scalar in text {
            if cleansText {
                if scalar.value == 0 || scalar.value == 0xFFFD || scalar.isBERTControl { continue }
                if scalar.isBERTWhitespace {
                    scalars.append(" ")
                    continue
                }
            }
            if spacesChinese, scalar.isChinese { scalars += [" ", scalar, " "] } else { scalars.append(scalar) }
        }
        if stripsAccents {
            // NFD, then without the marks that take no room of their own.
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            scalars = String(view).decomposedStringWithCanonicalMapping.unicodeScalars.filter {
                $0.properties.generalCategory != .nonspacingMark
            }
        }
        guard lowercases else { return scalars }
        return scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    }

    /// Words between blanks; each mark of punctuation is a word of its own.
    static func words(_ scalars: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var word: [Unicode.Scalar] = []
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = []
        }
        for scalar in scalars {
            if scalar.properties.isWhitespace {
                finish()
            } else if scalar.isBERTPunctuation {
                finish()
                words.append([scalar])
            } else {
                word.append(scalar)
            }
        }
        finish()
        return words
    }
}

extension Unicode.Scalar {
    fileprivate var isBERTWhitespace: Bool {
        self == "\t" || self == "\n" || self == "\r" || properties.isWhitespace
    }

    /// The "other" categories but line breaks and tabs. As the peer's tables have it, code points
    /// without a character and the private planes 15 and 16 are not among them.
    fileprivate var isBERTControl: Bool {
        if self == "\t" || self == "\n" || self == "\r" { return false }
        return switch properties.generalCategory {
        case .control, .format, .surrogate: true
        case .privateUse: value <= 0xFFFF
        default: false
        }
    }

    fileprivate var isBERTPunctuation: Bool {
        switch value {
        case 33...47, 58...64, 91...96, 123...126: return true
        default: break
        }
        return switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// The blocks of CJK ideographs that BERT sets apart.
    fileprivate var isChinese: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
