/// The pre-tokenizers of WordPiece models in the `tokenizers` library: they split text into words.
package enum WordSplitter: Sendable, Equatable {
    /// Words between whitespace; each punctuation mark is a word of its own.
    case bert
    /// Runs of letters, digits and marks, and runs of other scalars, between whitespace.
    case words
    case blanks
    case punctuation
    case sequence([WordSplitter])

    package func words(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        switch self {
        case .bert:
            return WordSplitter.cut(text) {
                $0.properties.isWhitespace ? .dropped : $0.isTokenPunctuation ? .alone : .joined(0)
            }
        case .words:
            return WordSplitter.cut(text) {
                $0.properties.isWhitespace ? .dropped : .joined($0.isTokenWord ? 0 : 1)
            }
        case .blanks: return WordSplitter.cut(text) { $0.properties.isWhitespace ? .dropped : .joined(0) }
        case .punctuation: return WordSplitter.cut(text) { $0.isTokenPunctuation ? .alone : .joined(0) }
        case .sequence(let parts): return parts.reduce(text.isEmpty ? [] : [text]) { $0.flatMap($1.words) }
        }
    }

    private enum Role: Equatable {
        case dropped, alone
        /// One word with neighbors of the same kind.
        case joined(Int)
    }

    private static func cut(_ text: [Unicode.Scalar], _ role: (Unicode.Scalar) -> Role) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var last = Role.dropped
        for scalar in text {
            let current = role(scalar)
            if current != .dropped {
                if current == last, current != .alone {
                    words[words.count - 1].append(scalar)
                } else {
                    words.append([scalar])
                }
            }
            last = current
        }
        return words
    }
}
