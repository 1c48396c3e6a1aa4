/// Tokens that are matched before the text is normalized or split, such as `[MASK]`. Matching is leftmost-longest, as
/// in the `tokenizers` library.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var content: [Unicode.Scalar]
        var id: Int
        var isSpecial = false
        /// Matched in the normalized text, with its content normalized too; else in the original text.
        var isNormalized = true
        /// Matched only where no letter, digit, mark or underscore is adjacent.
        var isSingleWord = false
        /// Whether a match includes whitespace before it, or after it.
        var stripsLeft = false
        var stripsRight = false
    }

    enum Piece {
        case text(ArraySlice<Unicode.Scalar>)
        case token(Int)
    }

    private let byFirst: [Unicode.Scalar: [Token]]
    private let ignoresSpecial: Bool
    /// Whether a token begins with each ASCII scalar, for a look without a hash.
    private let begins: [Bool]

    /// - Parameter ignoresSpecial: Whether special tokens are treated as ordinary text.
    init(_ tokens: [Token], ignoresSpecial: Bool = false) {
        byFirst = Dictionary(grouping: tokens.filter { !$0.content.isEmpty }, by: { $0.content[0] })
            .mapValues { $0.sorted { $0.content.count > $1.content.count } }
        self.ignoresSpecial = ignoresSpecial
        var begins = [Bool](repeating: false, count: 128)
        for scalar in byFirst.keys where scalar.isASCII { begins[Int(scalar.value)] = true }
        self.begins = begins
    }

    /// The longest token at a place.
    private func token(at position: Int, of scalars: [Unicode.Scalar]) -> Token? {
        let scalar = scalars[position]
        if scalar.isASCII, !begins[Int(scalar.value)] { return nil }
        return byFirst[scalar]?.first { scalars[position...].starts(with: $0.content) }
    }

    var isEmpty: Bool { byFirst.isEmpty }

    func split(_ scalars: [Unicode.Scalar]) -> [Piece] {
        var pieces: [Piece] = []
        // The start of the pending text, and the position of the next match.
        var (start, position) = (0, 0)
        while position < scalars.count {
            guard let token = token(at: position, of: scalars) else {
                position += 1
                continue
            }
            let first = position
            position += token.content.count
            // A match that is discarded still consumes its text: no shorter token is matched in it.
            if ignoresSpecial && token.isSpecial || token.isSingleWord && isTouched(first..<position, scalars) {
                continue
            }
            var (from, to) = (first, position)
            if token.stripsLeft {
                while from > 0, scalars[from - 1].properties.isWhitespace { from -= 1 }
                // The previous token may have consumed this whitespace.
                from = max(from, start)
            }
            if token.stripsRight { while to < scalars.count, scalars[to].properties.isWhitespace { to += 1 } }
            if from > start { pieces.append(.text(scalars[start..<from])) }
            // A whitespace token may have been consumed whole.
            if from < to { pieces.append(.token(token.id)) }
            start = to
        }
        if start < scalars.count { pieces.append(.text(scalars[start...])) }
        return pieces
    }

    private func isTouched(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> Bool {
        range.lowerBound > 0 && scalars[range.lowerBound - 1].isTokenWord
            || range.upperBound < scalars.count && scalars[range.upperBound].isTokenWord
    }
}
