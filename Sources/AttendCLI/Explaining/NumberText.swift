import Foundation

/// The format of numbers in explanations, short but distinguishable.
enum NumberText {
    /// Two decimals, or two significant digits if that would be long; `0` for zero.
    static func cell(_ value: Float) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-∞" : "∞" }
        if value == 0 { return "0" }
        guard abs(value) < 999.995 else { return String(format: "%.2g", Double(value)) }
        let text = String(format: "%.2f", Double(value))
        return text == "-0.00" ? "0.00" : text
    }

    /// A number of a fact.
    static func fact(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-∞" : "∞" }
        if value == 0 { return "0" }
        return abs(value) < 1e-3 || abs(value) >= 1e6 ? String(format: "%.1e", value) : String(format: "%.4g", value)
    }
}

/// A piece of text with its color, if colors are used.
struct Painted {
    /// A code of ECMA-48's "select graphic rendition".
    enum Paint: String {
        case plain = ""
        case title = "1"
        case formula = "36"
        case faint = "2"
        case wrong = "31"
        case weak = "38;5;61"
        case middling = "38;5;31"
        case strong = "38;5;35"
        case strongest = "38;5;220"
    }

    var text: String
    var paint = Paint.plain

    /// The text padded to a width, colored without the padding.
    func fitted(_ width: Int, color: Bool) -> String {
        let padded = DisplayText.fitted(text, width, right: true)
        return Painted.painted(padded, paint, color: color)
    }

    static func painted(_ text: String, _ paint: Paint, color: Bool) -> String {
        guard color, paint != .plain, let start = text.firstIndex(where: { $0 != " " }) else { return text }
        return "\(text[..<start])\u{1B}[\(paint.rawValue)m\(text[start...])\u{1B}[0m"
    }
}
