/// Text as XML and HTML take it.
enum MarkupText {
    /// Without what XML 1.0 has no way to write.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "&#10;"
            case "\t": escaped += " "
            default:
                let isWritable = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                if isWritable { escaped.unicodeScalars.append(scalar) } else { escaped += "\u{FFFD}" }
            }
        }
        return escaped
    }

    /// Seconds as both take them.
    static func seconds(_ seconds: Double) -> String { ParityReport.share(seconds) }
}
