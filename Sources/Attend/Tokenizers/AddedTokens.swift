/// Tokens that are found in the text before anything else is done to it, such as `[MASK]`, as the `tokenizers` library finds them: from
/// left to right, the longest first.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var content: [Unicode.Scalar]
        var id: Int
        var isSpecial = false
        /// Found in the normalized text, its content normalized too, instead of the text as it is.
        var isNormalized = true
        /// Only where no letter, digit, mark or underscore touches it.
        var isSingleWord = false
        /// Takes the blanks before it, or after it, along.
        var stripsLeft = false
        var stripsRight = false
    }

    enum Piece {
        case text(ArraySlice<Unicode.Scalar>)
        case token(Int)
    }

    private let byFirst: [Unicode.Scalar: [Token]]
    private let ignoresSpecial: Bool

    /// - Parameter ignoresSpecial: Special tokens are text like any other.
    init(_ tokens: [Token], ignoresSpecial: Bool = false) {
        byFirst = Dictionary(grouping: tokens.filter { !$0.content.isEmpty }, by: { $0.content[0] })
            .mapValues { $0.sorted { $0.content.count > $1.content.count } }
        self.ignoresSpecial = ignoresSpecial
    }

    var isEmpty: Bool { byFirst.isEmpty }

    func split(_ scalars: [Unicode.Scalar]) -> [Piece] {
        var pieces: [Piece] = []
        // Where the text that is in no piece begins, and where the next token is looked for.
        var (start, position) = (0, 0)
        while position < scalars.count {
            let found = byFirst[scalars[position]]?.first { scalars[position...].starts(with: $0.content) }
            guard let token = found else {
                position += 1
                continue
            }
            let first = position
            position += token.content.count
            // What does not count here takes its text along all the same: no shorter token is looked for in it.
            if ignoresSpecial && token.isSpecial || token.isSingleWord && isTouched(first..<position, scalars) {
                continue
            }
            var (from, to) = (first, position)
            if token.stripsLeft {
                while from > 0, scalars[from - 1].properties.isWhitespace { from -= 1 }
                // Blanks that the token before took are taken.
                from = max(from, start)
            }
            if token.stripsRight { while to < scalars.count, scalars[to].properties.isWhitespace { to += 1 } }
            if from > start { pieces.append(.text(scalars[start..<from])) }
            // Of a token that is itself blanks nothing may be left.
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
