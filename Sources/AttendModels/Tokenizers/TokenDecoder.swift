/// The decoders of the `tokenizers` library: they turn the texts of tokens into the parts of a text.
indirect enum TokenDecoder: Sendable, Equatable {
    /// Pieces with the prefix are appended to the previous word; others are separated by blanks.
    case wordPiece(prefix: String, cleansUp: Bool)
    /// All tokens are separated by blanks.
    case joined
    /// Scalars that stand for bytes; see ``ByteAlphabet``.
    case bytes
    case metaspace(Metaspace)
    case replacement([Unicode.Scalar], [Unicode.Scalar])
    /// Runs of tokens such as `<0x0A>` become the text of their bytes, or U+FFFD for each where they are no UTF-8.
    case byteFallback
    /// All parts become one.
    case fusion
    /// Takes a scalar away at the start and the end of each part, up to a number of times.
    case stripping(Unicode.Scalar, start: Int, end: Int)
    case sequence([TokenDecoder])
    /// Pieces with ▁ for blanks; a blank follows a special token.
    case sentencePiece(special: Set<String>, dropsFirstBlank: Bool, joinsBytes: Bool)

    /// The parts of a text, which are then joined.
    func decoded(_ tokens: [String]) -> [String] {
        switch self {
        case .wordPiece(let prefix, let cleansUp): return TokenDecoder.words(tokens, prefix, cleansUp)
        case .joined: return [tokens.joined(separator: " ")]
        case .bytes: return [String(decoding: tokens.flatMap(ByteAlphabet.decoded), as: UTF8.self)]
        case .metaspace(let metaspace):
            return tokens.enumerated().map { index, token in
                let drops = index == 0 && metaspace.prepending != .never
                return token.mappingScalars { $0 == metaspace.replacement ? drops ? [] : [" "] : [$0] }
            }
        case .replacement(let pattern, let content):
            let normalizer = TextNormalizer.replacement(pattern, content)
            return tokens.map { String(String.UnicodeScalarView(normalizer.normalized($0.unicodeScalars))) }
        case .byteFallback: return TokenDecoder.joiningBytes(tokens)
        case .fusion: return [tokens.joined()]
        case .stripping(let scalar, let start, let end):
            return tokens.map { token in
                var rest = token.unicodeScalars[...]
                rest.removeFirst(min(start, rest.prefix { $0 == scalar }.count))
                rest.removeLast(min(end, rest.reversed().prefix { $0 == scalar }.count))
                return String(rest)
            }
        case .sequence(let parts): return parts.reduce(tokens) { $1.decoded($0) }
        case .sentencePiece(let special, let drops, let joinsBytes):
            return [TokenDecoder.pieces(joinsBytes ? TokenDecoder.joiningBytes(tokens) : tokens, special, drops)]
        }
    }

    /// The text of pieces, trimmed.
    private static func pieces(_ tokens: [String], _ special: Set<String>, _ dropsFirstBlank: Bool) -> String {
        var scalars: [Unicode.Scalar] = []
        var isStart = true
        for token in tokens {
            if special.contains(token) {
                scalars += Array(token.unicodeScalars) + [" "]
                isStart = true
                continue
            }
            let piece = token.unicodeScalars[...]
            scalars += (isStart && dropsFirstBlank && piece.first == "▁" ? piece.dropFirst() : piece)
                .map { $0 == "▁" ? " " : $0 }
            isStart = false
        }
        let normalizer = TextNormalizer.trimming(start: true, end: true)
        return String(String.UnicodeScalarView(normalizer.normalized(scalars)))
    }

    /// Whether the text of a token at the end may change with the tokens after it: a run of bytes is decoded as a whole.
    func isOpen(_ token: String) -> Bool {
        switch self {
        case .byteFallback, .sentencePiece(_, _, joinsBytes: true): TokenDecoder.byte(of: token) != nil
        case .sequence(let parts): parts.contains { $0.isOpen(token) }
        default: false
        }
    }

    private static func joiningBytes(_ tokens: [String]) -> [String] {
        var parts: [String] = []
        var bytes: [UInt8] = []
        func end() {
            guard !bytes.isEmpty else { return }
            if let text = String(validating: bytes, as: UTF8.self) {
                parts.append(text)
            } else {
                parts += bytes.map { _ in "\u{FFFD}" }
            }
            bytes = []
        }
        for token in tokens {
            if let byte = byte(of: token) {
                bytes.append(byte)
            } else {
                end()
                parts.append(token)
            }
        }
        end()
        return parts
    }

    /// The byte of a token such as `<0x0A>`.
    private static func byte(of token: String) -> UInt8? {
        let text = Array(token.utf8)
        guard text.count == 6, text.starts(with: Array("<0x".utf8)), text[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: text[3..<5], as: UTF8.self), radix: 16)
    }

    private static func words(_ tokens: [String], _ prefix: String, _ cleansUp: Bool) -> [String] {
        tokens.enumerated().map { index, token in
            var piece = token
            if index > 0 {
                piece =
                    token.utf8.starts(with: prefix.utf8)
                    ? String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : " " + token
            }
            return cleansUp ? cleaned(piece) : piece
        }
    }

    /// Removes blanks before punctuation and contractions, piece by piece as in transformers.
    private static func cleaned(_ piece: String) -> String {
        var scalars = Array(piece.unicodeScalars)
        for (gap, closed) in [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")
        ] {
            scalars = TextNormalizer.replacement(Array(gap.unicodeScalars), Array(closed.unicodeScalars))
                .normalized(scalars)
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension String {
    fileprivate func mappingScalars(_ transform: (Unicode.Scalar) -> [Unicode.Scalar]) -> String {
        String(String.UnicodeScalarView(unicodeScalars.flatMap(transform)))
    }
}
