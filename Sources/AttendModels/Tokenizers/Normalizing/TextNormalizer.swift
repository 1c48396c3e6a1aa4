private import Foundation

/// The normalizers of the `tokenizers` library. They operate on scalars, because Swift's
/// `Character` and string equality merge canonically equivalent texts that a vocabulary distinguishes.
package indirect enum TextNormalizer: Sendable, Equatable {
    case bert(BERTNormalizer)
    case lowercase
    /// Canonical decomposition.
    case decomposition
    /// Removes combining marks.
    case accentRemoval
    /// Removes whitespace at the start or end.
    case trimming(start: Bool, end: Bool)
    case replacement([Unicode.Scalar], [Unicode.Scalar])
    /// Replaces runs of two or more blanks.
    case blankRuns([Unicode.Scalar])
    /// A text before every text that is not empty.
    case prefix([Unicode.Scalar])
    /// Normalization form C, KC or KD (Unicode Standard Annex 15).
    case composition, compatibilityComposition, compatibilityDecomposition
    /// SentencePiece's table of replacements.
    case table(CharacterTable)
    case sequence([TextNormalizer])

    /// How many times longer than a text its normal form can be, in scalars.
    var lengthening: Double {
        switch self {
        // Blanks around ideographs.
        case .bert: 3
        case .lowercase: 3
        case .decomposition: 4
        case .accentRemoval, .trimming, .composition: 1
        case .replacement(let pattern, let content): max(1, Double(content.count) / Double(max(1, pattern.count)))
        case .blankRuns(let content): max(1, Double(content.count) / 2)
        case .prefix(let prefix): 1 + Double(prefix.count)
        case .compatibilityComposition, .compatibilityDecomposition: 18
        case .table(let table): table.lengthening
        case .sequence(let parts): parts.reduce(1) { $0 * $1.lengthening }
        }
    }

    package func normalized(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        switch self {
        case .bert(let normalizer): return normalizer.normalized(text)
        case .lowercase: return text.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
        case .decomposition: return CanonicalDecomposition.decomposed(text)
        case .accentRemoval: return text.filter { !$0.isCombiningMark }
        case .trimming(let start, let end):
            var scalars = Array(text)[...]
            if start { scalars = scalars.drop { $0.properties.isWhitespace } }
            if end { while scalars.last?.properties.isWhitespace ?? false { scalars.removeLast() } }
            return Array(scalars)
        case .replacement(let pattern, let content):
            return TextNormalizer.replacing(pattern, with: content, in: Array(text))
        case .blankRuns(let content): return TextNormalizer.replacingBlankRuns(in: text, with: content)
        case .prefix(let prefix):
            let scalars = Array(text)
            return scalars.isEmpty ? [] : prefix + scalars
        case .composition:
            return Array(TextNormalizer.string(text).precomposedStringWithCanonicalMapping.unicodeScalars)
        case .compatibilityComposition:
            // Foundation's own composition leaves half-width marks decomposed.
            return Array(
                TextNormalizer.string(text).decomposedStringWithCompatibilityMapping
                    .precomposedStringWithCanonicalMapping
                    .unicodeScalars)
        case .compatibilityDecomposition:
            return Array(TextNormalizer.string(text).decomposedStringWithCompatibilityMapping.unicodeScalars)
        case .table(let table): return table.normalized(text)
        case .sequence(let parts): return parts.reduce(Array(text)) { $1.normalized($0) }
        }
    }

    private static func string(_ text: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return String(view)
    }

    private static func replacingBlankRuns(
        in text: some Sequence<Unicode.Scalar>, with content: [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var count = 0
        func endRun() {
            result += count > 1 ? content : count == 1 ? [" "] : []
            count = 0
        }
        for scalar in text {
            if scalar == " " {
                count += 1
            } else {
                endRun()
                result.append(scalar)
            }
        }
        endRun()
        return result
    }

    private static func replacing(
        _ pattern: [Unicode.Scalar], with content: [Unicode.Scalar], in text: [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var position = 0
        while position < text.count {
            if text[position...].starts(with: pattern) {
                result += content
                position += pattern.count
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return result
    }
}

/// BERT's text normalization (Devlin et al. 2019, `BasicTokenizer`).
package struct BERTNormalizer: Sendable, Equatable {
    var cleansText = true
    var spacesChinese = true
    var stripsAccents = true
    var lowercases = true

    package init(
        cleansText: Bool = true, spacesChinese: Bool = true, stripsAccents: Bool = true, lowercases: Bool = true
    ) {
        (self.cleansText, self.spacesChinese) = (cleansText, spacesChinese)
        (self.stripsAccents, self.lowercases) = (stripsAccents, lowercases)
    }

    /// What `clean_text` makes of a scalar.
    private enum Role { case kept, removed, blank }

    private static func role(of scalar: Unicode.Scalar) -> Role {
        scalar.isRemovedByBERT ? .removed : scalar.isBERTBlank ? .blank : .kept
    }

    /// The roles of ASCII, which most texts are.
    private static let ascii = (0..<128).map { role(of: Unicode.Scalar(UInt8($0))) }

    package func normalized(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.underestimatedCount)
        var isASCII = true
        for scalar in text {
            if !scalar.isASCII { isASCII = false }
            if cleansText {
                let role = scalar.isASCII ? BERTNormalizer.ascii[Int(scalar.value)] : BERTNormalizer.role(of: scalar)
                if role == .removed { continue }
                if role == .blank {
                    scalars.append(" ")
                    continue
                }
            }
            if spacesChinese, scalar.isChinese { scalars += [" ", scalar, " "] } else { scalars.append(scalar) }
        }
        if isASCII {
            guard lowercases else { return scalars }
            return scalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }
        }
        if stripsAccents { scalars = CanonicalDecomposition.decomposed(scalars).filter { !$0.isNonspacingMark } }
        guard lowercases else { return scalars }
        return scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    }
}
