/// A size in a shape: a number, a symbol such as `tokens`, or an expression of them.
///
/// Sizes are kept in a normal form, a sum of monomials with rational coefficients, so that equivalent expressions
/// compare equal (`heads * width / heads == width`). Symbols are bound to numbers when a graph is planned.
public struct Size: Sendable {
    /// A product of symbols, each with its exponent; empty for a plain number.
    typealias Monomial = [String: Int]
    /// Monomials with their coefficients.
    typealias Terms = [Monomial: Rational]

    struct Rational: Sendable, Hashable {
        var numerator: Int
        var denominator: Int
    }

    /// Maximum number of terms, also of a product before like terms are merged: a product of n sums of two has 2ⁿ.
    static let termLimit = 256
    /// Maximum number of factors in a term.
    static let degreeLimit = 64

    var terms: Terms
    /// All divisors so far, including canceled ones, none of which may be 0: `n / n` with n = 0 is an error.
    private(set) var divisors: Set<Terms> = []

    init(terms: Terms, divisors: Set<Terms> = []) {
        self.terms = terms.filter { $0.value.numerator != 0 }
        self.divisors = divisors
    }

    /// A constant size.
    public init(_ value: Int) {
        self.init(terms: [[:]: Rational(numerator: value, denominator: 1)])
    }

    /// A symbolic size, bound when the graph is planned.
    public static func symbol(_ name: String) -> Size {
        Size(terms: [[name: 1]: Rational(numerator: 1, denominator: 1)])
    }

    /// The number, or nil for a symbolic or fractional size.
    public var constant: Int? {
        if terms.isEmpty { return 0 }
        guard terms.count == 1, let value = terms[[:]], value.denominator == 1 else { return nil }
        return value.numerator
    }

    /// The symbols that must be bound to get a number. O(terms).
    public var symbols: Set<String> {
        terms.keys.reduce(into: []) { $0.formUnion($1.keys) }
    }

    /// The symbol's name, if the size is a single symbol.
    package var bareSymbol: String? {
        guard terms.count == 1, let (monomial, coefficient) = terms.first,
            coefficient == Rational(numerator: 1, denominator: 1),
            monomial.count == 1, let (name, exponent) = monomial.first, exponent == 1
        else { return nil }
        return name
    }
}

extension Size: Hashable {
    /// Compares terms alone, not divisors.
    public static func == (left: Size, right: Size) -> Bool { left.terms == right.terms }

    /// Hashes the terms, not the divisors.
    public func hash(into hasher: inout Hasher) { hasher.combine(terms) }
}

extension Size: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A constant size.
    public init(integerLiteral value: Int) { self.init(value) }

    /// `"tokens"` or an expression, `"past + tokens"`. A literal that does not parse is reported by the graph builder
    /// where the size is used; for untrusted text use ``init(parsing:)``.
    public init(stringLiteral value: String) {
        // No valid symbol has such a name, so ``checkSymbols()`` reports it.
        self = (try? Size(parsing: value)) ?? .symbol(value)
    }

    /// Checks that every symbol is a name, not a literal that did not parse.
    func checkSymbols() throws(SizeError) {
        for symbol in symbols.sorted() {
            guard try Size(parsing: symbol).bareSymbol == symbol else {
                throw .syntax(text: symbol, reason: "is an expression, not the name of a symbol")
            }
        }
    }
}

extension Size.Rational {
    /// The reduced fraction; nil on overflow or for a denominator of 0.
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
