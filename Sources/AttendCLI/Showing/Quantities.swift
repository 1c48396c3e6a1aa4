import Foundation

/// Numbers in readable form.
enum Quantity {
    /// `57,982,058,496`.
    static func grouped(_ number: Int) -> String {
        var groups: [Substring] = []
        var digits = Substring(String(number.magnitude))
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `144 GiB`: three digits, in powers of 1,024.
    static func bytes(_ count: Int) -> String {
        scaled(Double(count), by: 1024, units: ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"])
    }

    /// `3.14 TFLOP`: three digits, in powers of 1,000.
    static func flops(_ count: Double) -> String {
        scaled(count, by: 1000, units: ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"])
    }

    /// `175 billion`: three digits.
    static func rounded(_ number: Int) -> String {
        number < 1_000_000
            ? grouped(number) : scaled(Double(number) / 1e6, by: 1000, units: ["million", "billion", "trillion"])
    }

    /// `33 %`: two digits.
    static func percent(_ part: Int, of whole: Int) -> String {
        percent(Double(part), of: Double(max(whole, 1)))
    }

    static func percent(_ part: Double, of whole: Double) -> String {
        let share = whole > 0 ? 100 * part / whole : 0
        guard share.isFinite else { return "–" }
        if part > 0, share < 0.01 { return "< 0.01 %" }
        return String(format: share >= 9.95 ? "%.0f %%" : share >= 0.95 ? "%.1f %%" : "%.2g %%", share)
    }

    private static func scaled(_ number: Double, by step: Double, units: [String]) -> String {
        var (number, index) = (number, 0)
        // A number that would be shown as 1,000 has the next unit.
        while index + 1 < units.count, number >= step || (number >= 999.5 && step == 1000) {
            number /= step
            index += 1
        }
        return "\(index == 0 ? String(format: "%.0f", number) : digits(number)) \(units[index])"
    }

    /// Three digits, without trailing zeros after the decimal point.
    static func digits(_ number: Double) -> String {
        let decimals = abs(number) >= 99.95 ? 0 : abs(number) >= 9.995 ? 1 : 2
        let text = String(format: "%.\(decimals)f", number)
        guard text.contains(".") else { return text }
        let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
        return String(short.reversed())
    }
}
