/// Tokens that are found in the text before anything else is done to it, such as `[MASK]`.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var content: [Unicode.Scalar]
        var id: Int
        var isSpecial: Bool
        /// Found in the normalised text instead of the text as it is.
        var isNormalized: Bool
        /// Only where no letter, digit or underscore touches it.
        var isSingleWord: Bool
        /// Takes the blanks before it, or after it, along.
        var stripsLeft: Bool
        var stripsRight: Bool
    }

    enum Piece {
        case text(ArraySlice<Unicode.Scalar>)
        case token(Int)
    }

    private let byFirst: [Unicode.Scalar: [Token]]

    init(_ tokens: [Token]) {
        // The longest that fits is taken.
        byFirst = Dictionary(grouping: tokens.filter { !$0.content.isEmpty }, by: { $0.content[0] })
            .mapValues { $0.sorted { $0.content.count > $1.content.count } }
    }

    var isEmpty: Bool { byFirst.isEmpty }

    func split(_ scalars: [Unicode.Scalar]) -> [Piece] {
        var pieces: [Piece] = []
        var (start, position) = (0, 0)
        while position < scalars.count {
            guard let token = token(at: position, in: scalars) else {
                position += 1
                continue
            }
            var (from, to) = (position, position + token.content.count)
            if token.stripsLeft { while from > start, scalars[from - 1].properties.isWhitespace { from -= 1 } }
            if token.stripsRight { while to < scalars.count, scalars[to].properties.isWhitespace { to += 1 } }
            if from > start { pieces.append(.text(scalars[start..<from])) }
            pieces.append(.token(token.id))
            (start, position) = (to, to)
        }
        if start < scalars.count { pieces.append(.text(scalars[start...])) }
        return pieces
    }

    private func token(at position: Int, in scalars: [Unicode.Scalar]) -> Token? {
        byFirst[scalars[position]]?.first { token in
            let end = position + token.content.count
            guard scalars[position...].starts(with: token.content) else { return false }
            guard token.isSingleWord else { return true }
            let before = position > 0 && scalars[position - 1].isWordScalar
            return !before && !(end < scalars.count && scalars[end].isWordScalar)
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWordScalar: Bool {
        self == "_" || properties.isAlphabetic || properties.numericType != nil
    }
}
