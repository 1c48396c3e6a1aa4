import Foundation

/// Numbers as text. Every `Double` has one: what is not finite by its name, what is huge by its power of ten.
extension Double {
    /// With this many digits behind the point, and none of them where a number of that size has nothing there to tell.
    func formatted(decimals: Int) -> String {
        guard isFinite else { return isNaN ? "NaN" : self < 0 ? "-∞" : "∞" }
        guard abs(self) < 1e15 else { return String(format: "%.3e", self) }
        let text = String(format: "%.\(max(0, decimals))f", self)
        // A zero has no sign.
        return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
    }
}

extension Int {
    /// The whole number nearest to zero of a `Double`, and the nearest there is where it is out of range; 0 for NaN.
    init(saturating value: Double) {
        self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int(value)
    }
}
