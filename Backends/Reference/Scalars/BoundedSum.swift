/// A sum of numbers or products, bounded for every order of summation and for fused multiply-adds.
///
/// For n terms tⱼ, added in any order and any tree of float32 additions,
///
///     |computed − Σ tⱼ| ≤ γₙ₋₁ Σ |tⱼ|,    γₙ = n·u / (1 − n·u),    u = 2⁻²⁴
///
/// and γₙ where the terms are products that round once themselves (Higham, *Accuracy and Stability of
/// Numerical Algorithms*, sections 3.1 and 4.2). A fused multiply-add saves the product's rounding, and
/// zeros that pad a tile add nothing. What is passed on is the sum of the terms' own bounds.
public struct BoundedSum: ReferenceSum {
    private var total: Double
    /// Σ |tⱼ| of the finite terms, deviations included.
    private var magnitude: Double
    /// Σ of what the terms pass on.
    private var error: Double
    private var terms: Int
    /// 1 where a term was a product.
    private var products = 0
    /// What products below the smallest normal number lose.
    private var underflow = 0.0

    public init(_ first: Bounded) {
        total = first.value
        magnitude = first.reach < .infinity ? first.reach : 0
        error = first.bound
        terms = first.value == 0 && first.bound == 0 ? 0 : 1
    }

    @inline(__always)
    public mutating func add(_ term: Bounded) {
        total += term.value
        if term.reach < .infinity { magnitude += term.reach }
        error += term.bound
        terms += 1
    }

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
        if product.magnitude < 0x1p-125, product != 0 { underflow += 0x1p-149 }
        if lhs.mayOverflow || rhs.mayOverflow { error = .infinity }
    }

    public var value: Bounded {
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
        // Partial sums may overflow though the whole does not, or to the side where it does not lie.
        if total.magnitude + bound < Bounded.overflow { return .unknown(total) }
        if (magnitude - total.magnitude) / 2 + bound >= Bounded.overflow {
            return total.magnitude - bound >= Bounded.overflow ? .notFinite : .unknown(total)
        }
        return Bounded(total, within: bound)
    }
}
