/// A plug-in's words as people may see them: nothing in them moves a cursor, rings, or lets text run the other way.
enum ShownText {
    /// One line: line breaks and tabs become blanks, what else would steer a terminal U+FFFD, and blanks around it go.
    static func cleaned(_ text: String) -> String {
        let line = text.map { character -> Character in
            if character.isNewline || character == "\t" { return " " }
            return character.unicodeScalars.contains(where: \.steersTerminal) ? "\u{FFFD}" : character
        }
        return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Whether the text is one line that steers nothing.
    static func isClean(_ text: String) -> Bool { !text.unicodeScalars.contains(where: \.steersTerminal) }
}

extension Unicode.Scalar {
    /// Whether it would move a cursor, ring, end a line or let text run the other way where a stranger's text is shown.
    package var steersTerminal: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
