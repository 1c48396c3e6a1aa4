/// The pre-tokenizers of the `tokenizers` library: they split text into words.
package enum WordSplitter: Sendable, Equatable {
    /// Words between whitespace; each punctuation mark is a word of its own.
    case bert
    /// Runs of letters, digits and marks, and runs of other scalars, between whitespace.
    case words
    case blanks
    case punctuation
    /// Digits apart from other scalars, each alone or in runs.
    case digits(alone: Bool)
    case pattern(SplitPattern)
    /// Bytes as scalars (see ``ByteAlphabet``), with a blank before a text that doesn't begin with one, and split by a
    /// pattern first.
    case bytes(addsBlank: Bool, SplitPattern?)
    case metaspace(Metaspace)
    case sequence([WordSplitter])

    /// Whether a blank is put before a text; nil for splitters that have no such setting.
    var addsBlank: Bool? {
        switch self {
        case .bytes(let addsBlank, _): addsBlank
        case .metaspace(let metaspace): metaspace.prepending != .never
        case .sequence(let parts): parts.lazy.compactMap(\.addsBlank).first
        case .bert, .words, .blanks, .punctuation, .digits, .pattern: nil
        }
    }

    /// How many times longer than a text its words can be, in scalars.
    var lengthening: Double {
        switch self {
        case .bert, .words, .blanks, .punctuation, .digits, .pattern: 1
        // A blank before it, and up to four bytes.
        case .bytes(let addsBlank, _): addsBlank ? 8 : 4
        case .metaspace: 2
        case .sequence(let parts): parts.reduce(1) { $0 * $1.lengthening }
        }
    }

    /// Splits a text.
    ///
    /// - Parameter isStart: Whether it begins where the whole text does.
    package func words(_ text: [Unicode.Scalar], isStart: Bool = true) -> [[Unicode.Scalar]] {
        switch self {
        case .bert:
            return WordSplitter.cut(text) {
                $0.isASCII ? WordSplitter.ascii[Int($0.value)] : WordSplitter.bertRole(of: $0)
            }
        case .words:
            return WordSplitter.cut(text) {
                $0.properties.isWhitespace ? .dropped : .joined($0.isTokenWord ? 0 : 1)
            }
        case .blanks: return WordSplitter.cut(text) { $0.properties.isWhitespace ? .dropped : .joined(0) }
        case .punctuation: return WordSplitter.cut(text) { $0.isTokenPunctuation ? .alone : .joined(0) }
        case .digits(let alone):
            return WordSplitter.cut(text) {
                $0.properties.numericType != nil ? alone ? .alone : .joined(0) : .joined(1)
            }
        case .pattern(let pattern): return pattern.words(text)
        case .bytes(let addsBlank, let pattern):
            let whole = addsBlank && text.first != " " ? [" "] + text : text
            return (pattern?.words(whole) ?? (whole.isEmpty ? [] : [whole])).map(ByteAlphabet.encoded)
        case .metaspace(let metaspace): return metaspace.words(text, isStart: isStart)
        case .sequence(let parts):
            return parts.reduce(text.isEmpty ? [] : [text]) { words, part in
                words.enumerated().flatMap { part.words($1, isStart: isStart && $0 == 0) }
            }
        }
    }

    private enum Role: Equatable {
        case dropped, alone
        /// One word with neighbors of the same kind.
        case joined(Int)
    }

    private static func bertRole(of scalar: Unicode.Scalar) -> Role {
        scalar.properties.isWhitespace ? .dropped : scalar.isTokenPunctuation ? .alone : .joined(0)
    }

    /// The roles of ASCII in ``bert``.
    private static let ascii = (0..<128).map { bertRole(of: Unicode.Scalar(UInt8($0))) }

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
