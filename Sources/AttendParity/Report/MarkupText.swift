/// Text for XML and HTML.
package enum MarkupText {
    /// The escaped text, without characters that XML 1.0 can't represent.
    package static func escaped(_ text: String) -> String {
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

    /// A time in seconds.
    static func seconds(_ seconds: Double) -> String { ParityReport.share(seconds) }
}
