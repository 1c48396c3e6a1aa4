/// A plug-in's words as people may see them: nothing in them moves a cursor, rings, or lets text run the other way.
enum ShownText {
    /// One line: line breaks and tabs become blanks, what else would steer a terminal U+FFFD, and blanks around it go.
    static func cleaned(_ text: String) -> String {
        let line = text.map { character -> Character in
            if character.isNewline || character == "\t" { return " " }
            return character.unicodeScalars.contains(where: steers) ? "\u{FFFD}" : character
        }
        return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Whether the text is one line that steers nothing.
    static func isClean(_ text: String) -> Bool { !text.unicodeScalars.contains(where: steers) }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
    }
}
