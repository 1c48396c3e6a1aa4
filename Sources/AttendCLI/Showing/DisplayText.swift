/// Text as it takes up columns on a terminal.
enum DisplayText {
    /// Columns that the text takes: two for East Asian wide characters and emoji.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD
    ]

    /// The text without what would steer the terminal: a label may come from anybody's file.
    static func cleaned(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains(where: steers) ? "\u{FFFD}" : $0 })
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
    }

    /// The text in exactly `width` columns; what is too long ends in `…`.
    static func fitted(_ text: String, _ width: Int, right: Bool = false) -> String {
        var text = text
        if self.width(text) > width {
            while !text.isEmpty, self.width(text) > width - 1 { text.removeLast() }
            text += "…"
        }
        let padding = String(repeating: " ", count: max(0, width - self.width(text)))
        return right ? padding + text : text + padding
    }
}
