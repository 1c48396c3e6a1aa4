/// A sum of numbers or products, bounded for every order of summation and for fused multiply-adds.
///
/// For n terms tⱼ, added in any order and any tree of float32 additions,
///
///     |computed − Σ tⱼ| ≤ γₙ₋₁ Σ |tⱼ|,    γₙ = n·u / (1 − n·u),    u = 2⁻²⁴
///
/// and γₙ where the terms are products that round once themselves (Higham, *Accuracy and Stability of
/// Numerical Algorithms*, sections 3.1 and 4.2). A fused multiply-add saves the product's rounding, and
/// zeros that pad a tile add nothing. What is passed on is the sum of the terms' own bounds.
///
/// Where all terms are known exactly and are multiples of one power of two 2ᵍ with Σ |tⱼ| ≤ 2ᵍ⁺²⁴, every partial sum in
/// every order is such a multiple that float32 holds: the sum is exact, and so is its bound, 0.
public struct BoundedSum: ReferenceSum {
    private var total: Double
    /// Σ |tⱼ| of the finite terms, deviations included.
    private var magnitude: Double
    /// Σ of the terms' own bounds.
    private var error: Double
    private var terms: Int
    /// 1 if any term was a product.
    private var products = 0
    /// Total loss of products below the smallest normal number.
    private var underflow = 0.0
    /// g: the terms so far are exact multiples of 2ᵍ; `Int.min` if any term is inexact.
    private var grain: Int

    /// A sum of one term.
    public init(_ first: Bounded) {
        total = first.value
        magnitude = first.reach < .infinity ? first.reach : 0
        error = first.bound
        grain = BoundedSum.grain(first)
        terms = first.value == 0 && first.bound == 0 ? 0 : 1
    }

    /// Adds a term.
    @inline(__always)
    public mutating func add(_ term: Bounded) {
        total += term.value
        if term.reach < .infinity { magnitude += term.reach }
        error += term.bound
        grain = Swift.min(grain, BoundedSum.grain(term))
        terms += 1
    }

    /// Adds a product, with the error of either separate or fused rounding.
    @inline(__always)
    public mutating func add(product lhs: Bounded, _ rhs: Bounded) {
        let product = lhs.value * rhs.value
        let passed = Bounded.productError(lhs, rhs)
        total += product
        let reach = product.magnitude + passed
        if reach < .infinity { magnitude += reach }
        error += passed
        terms += 1
        products = 1
        let (left, right) = (BoundedSum.grain(lhs), BoundedSum.grain(rhs))
        if left == .min || right == .min {
            grain = .min
        } else if left < .max, right < .max {
            grain = Swift.min(grain, left + right)
        }
        if product.magnitude < 0x1p-125, product != 0 { underflow += 0x1p-149 }
        if lhs.mayOverflow || rhs.mayOverflow { error = .infinity }
    }

    /// The exponent of the lowest set bit of an exact number; `Int.max` for 0, `Int.min` for an inexact one.
    @inline(__always)
    private static func grain(_ number: Bounded) -> Int {
        guard number.bound == 0, number.value.isFinite else { return .min }
        let bits = number.value.bitPattern
        // A float32 is a normal number in double precision.
        let significand = bits & 0xF_FFFF_FFFF_FFFF | 0x10_0000_0000_0000
        return number.value == 0 ? .max : Int(bits >> 52 & 0x7FF) - 1075 + significand.trailingZeroBitCount
    }

    private var isExact: Bool {
        guard grain > .min, total.isFinite else { return false }
        return grain == .max
            || grain >= -126 && magnitude <= Double(sign: .plus, exponent: Swift.min(grain, 100) + 24, significand: 1)
    }

    /// The sum, with its bound for every order of summation.
    public var value: Bounded {
        if isExact { return Bounded(total, within: 0) }
        guard total.isFinite else {
            if total.isNaN || error < .infinity && magnitude < Bounded.overflow {
                return Bounded(total, within: error == .infinity ? .infinity : 0)
            }
            // The finite terms may reach the other infinity on their way.
            return .notFinite
        }
        let roundings = Double(Swift.max(0, terms - 1) + products)
        let gamma = roundings * 0x1p-24 / (1 - roundings * 0x1p-24)
        let bound = error + gamma * magnitude + underflow
        guard magnitude >= Bounded.overflow else { return Bounded(total, within: bound) }
        // Partial sums may overflow even if the whole sum does not, or to the opposite sign.
        if total.magnitude + bound < Bounded.overflow { return .unknown(total) }
        if (magnitude - total.magnitude) / 2 + bound >= Bounded.overflow {
            return total.magnitude - bound >= Bounded.overflow ? .notFinite : .unknown(total)
        }
        return Bounded(total, within: bound)
    }
}
