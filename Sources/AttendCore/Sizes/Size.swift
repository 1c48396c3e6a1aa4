/// A size in a shape: a number, a symbol such as `tokens`, or an expression of them.
///
/// Sizes are kept in a normal form, a sum of monomials with rational coefficients, so that two
/// expressions that mean the same size compare equal (`heads * width / heads == width`).
/// Symbols are bound to numbers when a graph is planned.
public struct Size: Sendable, Hashable {
    /// A product of symbols, each with its exponent; empty for a plain number.
    typealias Monomial = [String: Int]

    struct Rational: Sendable, Hashable {
        var numerator: Int
        var denominator: Int
    }

    var terms: [Monomial: Rational]

    init(terms: [Monomial: Rational]) {
        self.terms = terms.filter { $0.value.numerator != 0 }
    }

    public init(_ value: Int) {
        self.init(terms: [[:]: Rational(numerator: value, denominator: 1)])
    }

    /// A size that is known only when the graph runs.
    public static func symbol(_ name: String) -> Size {
        Size(terms: [[name: 1]: Rational(numerator: 1, denominator: 1)])
    }

    /// The number, if no symbol is left.
    public var constant: Int? {
        if terms.isEmpty { return 0 }
        guard terms.count == 1, let value = terms[[:]], value.denominator == 1 else { return nil }
        return value.numerator
    }

    /// The symbols that must be bound before the size is a number.
    public var symbols: Set<String> {
        terms.keys.reduce(into: []) { $0.formUnion($1.keys) }
    }

    /// The bare symbol, if the size is one.
    var bareSymbol: String? {
        guard terms.count == 1, let (monomial, coefficient) = terms.first,
            coefficient == Rational(numerator: 1, denominator: 1),
            monomial.count == 1, let (name, exponent) = monomial.first, exponent == 1
        else { return nil }
        return name
    }
}

extension Size: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(integerLiteral value: Int) { self.init(value) }

    /// `"tokens"` or an expression, `"past + tokens"`. A literal that does not parse is a
    /// programmer's error; text from outside goes through ``init(parsing:)``.
    public init(stringLiteral value: String) {
        do {
            self = try Size(parsing: value)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension Size.Rational {
    /// The reduced fraction; nil where it does not fit.
    init?(_ numerator: Int, over denominator: Int) {
        guard denominator != 0, numerator != .min, denominator != .min else { return nil }
        var (a, b) = (abs(numerator), abs(denominator))
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = max(a, 1) * (denominator < 0 ? -1 : 1)
        self.init(numerator: numerator / divisor, denominator: denominator / divisor)
    }

    func adding(_ other: Self) -> Self? {
        let (left, overflow1) = numerator.multipliedReportingOverflow(by: other.denominator)
        let (right, overflow2) = other.numerator.multipliedReportingOverflow(by: denominator)
        let (sum, overflow3) = left.addingReportingOverflow(right)
        let (bottom, overflow4) = denominator.multipliedReportingOverflow(by: other.denominator)
        return overflow1 || overflow2 || overflow3 || overflow4 ? nil : Self(sum, over: bottom)
    }

    func multiplied(by other: Self) -> Self? {
        let (top, overflow1) = numerator.multipliedReportingOverflow(by: other.numerator)
        let (bottom, overflow2) = denominator.multipliedReportingOverflow(by: other.denominator)
        return overflow1 || overflow2 ? nil : Self(top, over: bottom)
    }

    var inverse: Self? { Self(denominator, over: numerator) }
}
