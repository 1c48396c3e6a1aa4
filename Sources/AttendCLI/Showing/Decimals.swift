import Foundation

/// Numbers as text. Every `Double` has a text: non-finite ones by name, huge ones by their power of ten.
extension Double {
    /// The number with this many decimals, without decimals if numbers of its size have none.
    func formatted(decimals: Int) -> String {
        guard isFinite else { return isNaN ? "NaN" : self < 0 ? "-∞" : "∞" }
        guard abs(self) < 1e15 else { return String(format: "%.3e", self) }
        let text = String(format: "%.\(max(0, decimals))f", self)
        // Zero has no sign.
        return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
    }
}

extension Int {
    /// The integer part of a `Double`, clamped to the range of `Int`; 0 for NaN.
    init(saturating value: Double) {
        self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int(value)
    }
}
