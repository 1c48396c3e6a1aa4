/// The normalizers of WordPiece models in the `tokenizers` library. They operate on scalars, because Swift's
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
    case sequence([TextNormalizer])

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
        case .sequence(let parts): return parts.reduce(Array(text)) { $1.normalized($0) }
        }
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

    package func normalized(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        for scalar in text {
            if cleansText {
                if scalar.isRemovedByBERT { continue }
                if scalar.isBERTBlank {
                    scalars.append(" ")
                    continue
                }
            }
            if spacesChinese, scalar.isChinese { scalars += [" ", scalar, " "] } else { scalars.append(scalar) }
        }
        if stripsAccents { scalars = CanonicalDecomposition.decomposed(scalars).filter { !$0.isNonspacingMark } }
        guard lowercases else { return scalars }
        return scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    }
}
