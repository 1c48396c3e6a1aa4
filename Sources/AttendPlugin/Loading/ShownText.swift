/// Sanitizing of plug-in text for terminals: removes characters that move the cursor, ring the bell or change the text
/// direction.
enum ShownText {
    /// A single trimmed line: line breaks and tabs become blanks, other control characters U+FFFD.
    static func cleaned(_ text: String) -> String {
        let line = text.map { character -> Character in
            if character.isNewline || character == "\t" { return " " }
            return character.unicodeScalars.contains(where: \.steersTerminal) ? "\u{FFFD}" : character
        }
        return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Whether the text is a single line without control characters.
    static func isClean(_ text: String) -> Bool { !text.unicodeScalars.contains(where: \.steersTerminal) }
}

extension Unicode.Scalar {
    /// Whether the character could move the cursor, ring the bell, end a line or change the text direction.
    package var steersTerminal: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
