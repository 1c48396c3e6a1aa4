import AttendPlugin

/// The layout of text in terminal columns.
enum DisplayText {
    /// The width of a text in columns: two for East Asian wide characters and emoji.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        case .format, .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD
    ]

    /// The maximum number of scalars in a character; more are stacked marks that deface a screen.
    private static let pileLimit = 16

    /// The text without control characters: a label may be from an untrusted file.
    static func cleaned(_ text: String) -> String {
        String(
            text.map { character in
                let scalars = character.unicodeScalars
                let isOdd = scalars.contains(where: \.steersTerminal) || scalars.prefix(pileLimit + 1).count > pileLimit
                return isOdd ? "\u{FFFD}" : character
            })
    }

    /// The cleaned text; right-to-left text is isolated from its surroundings, so that the numbers beside it keep their
    /// order (Unicode's bidirectional algorithm, first strong isolate).
    static func isolated(_ text: String) -> String {
        let text = cleaned(text)
        return text.unicodeScalars.contains(where: runsLeft) ? "\u{2068}\(text)\u{2069}" : text
    }

    private static func runsLeft(_ scalar: Unicode.Scalar) -> Bool {
        let ranges: [ClosedRange<UInt32>] = [
            0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF
        ]
        return ranges.contains { $0.contains(scalar.value) }
    }

    /// The text in exactly `width` columns; a longer one ends in `…`.
    ///
    /// - Complexity: O(width), for any length of the text.
    static func fitted(_ text: String, _ width: Int, right: Bool = false) -> String {
        let short = cut(text, to: width)
        let padding = String(repeating: " ", count: max(0, width - self.width(short)))
        return right ? padding + short : short + padding
    }

    private static func cut(_ text: String, to width: Int) -> String {
        var (kept, taken) = ("", 0)
        // The end of the part that fits before `…`.
        var end = kept.endIndex
        for character in text {
            let columns = self.width(character)
            guard taken + columns <= width else {
                let isIsolated = kept.unicodeScalars.first == "\u{2068}"
                return String(kept[..<end]) + "…" + (isIsolated ? "\u{2069}" : "")
            }
            kept.append(character)
            taken += columns
            if taken <= width - 1 { end = kept.endIndex }
        }
        return kept
    }

    /// The text in at most `limit` pieces of at most `width` columns; the last ends in `…` if more would follow.
    static func pieces(_ text: String, _ width: Int, limit: Int) -> [String] {
        var pieces: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if pieces.count == limit - 1 {
                pieces.append(cut(String(rest.prefix(width + 1)), to: width))
                return pieces
            }
            var (piece, taken) = (Substring(), 0)
            while let next = rest.first, piece.isEmpty || taken + self.width(next) <= width {
                piece.append(next)
                taken += self.width(next)
                rest = rest.dropFirst()
            }
            // A piece ends between words if possible.
            if !rest.isEmpty, rest.first != " ", let blank = piece.lastIndex(of: " ") {
                rest = piece[piece.index(after: blank)...] + rest
                piece = piece[..<blank]
            }
            pieces.append(String(piece))
            rest = rest.drop { $0 == " " }
        }
        return pieces
    }
}
