extension Size {
    /// Sum of two sizes. O(terms).
    ///
    /// - Throws: ``SizeError`` on overflow, or beyond 256 terms.
    public func adding(_ other: Size) throws(SizeError) -> Size {
        var sum = terms
        for (monomial, coefficient) in other.terms {
            guard let existing = sum[monomial] else {
                sum[monomial] = coefficient
                continue
            }
            guard let total = existing.adding(coefficient) else { throw .overflow("\(self) + \(other)") }
            sum[monomial] = total
        }
        return try Size(terms: sum, divisors: divisors(with: other)).checked()
    }

    /// Difference of two sizes. O(terms).
    ///
    /// - Throws: ``SizeError`` on overflow, or beyond 256 terms.
    public func subtracting(_ other: Size) throws(SizeError) -> Size {
        try adding(other.multiplied(by: Size(-1)))
    }

    /// Product of two sizes, multiplied out. O(terms of one · terms of the other).
    ///
    /// - Throws: ``SizeError`` on overflow, or beyond 256 terms or 64 factors in a term.
    public func multiplied(by other: Size) throws(SizeError) -> Size {
        guard terms.count * other.terms.count <= Size.termLimit else {
            throw .tooManyTerms("a product of \(terms.count) by \(other.terms.count) terms")
        }
        var product: Terms = [:]
        for (leftMonomial, leftCoefficient) in terms {
            for (rightMonomial, rightCoefficient) in other.terms {
                guard let coefficient = leftCoefficient.multiplied(by: rightCoefficient) else {
                    throw .overflow("\(self) * \(other)")
                }
                let monomial = leftMonomial.merging(rightMonomial, uniquingKeysWith: +).filter { $0.value != 0 }
                guard let existing = product[monomial] else {
                    product[monomial] = coefficient
                    continue
                }
                guard let total = existing.adding(coefficient) else { throw .overflow("\(self) * \(other)") }
                product[monomial] = total
            }
        }
        return try Size(terms: product, divisors: divisors(with: other)).checked()
    }

    /// Quotient of two sizes. The divisor must be a number or a product of symbols; a sum is allowed only if both sizes
    /// are equal.
    ///
    /// Uneven division and zero divisors among symbols are checked when the symbols are bound.
    ///
    /// - Throws: ``SizeError`` for division by 0 or by a sum, for an uneven quotient of numbers, on overflow, or beyond
    ///   256 terms or 64 factors in a term.
    public func divided(by other: Size) throws(SizeError) -> Size {
        if other.terms.isEmpty { throw .divisionByZero("\(self) / \(other)") }
        if self == other { return try Size(1).dividedAlready(by: self, other) }
        guard other.terms.count == 1, let (monomial, coefficient) = other.terms.first else {
            throw .divisionBySum("\(self) / (\(other))")
        }
        guard let inverse = coefficient.inverse else { throw .overflow("\(self) / \(other)") }
        let quotient = try multiplied(by: Size(terms: [monomial.mapValues { -$0 }: inverse]))
        if quotient.symbols.isEmpty, quotient.constant == nil { throw .unevenDivision("\(self) / \(other)") }
        return try quotient.dividedAlready(by: self, other)
    }

    /// This quotient with its nonzero conditions: the divisors of both operands, and the divisor itself.
    private func dividedAlready(by dividend: Size, _ divisor: Size) throws(SizeError) -> Size {
        var all = divisors(with: dividend).union(divisor.divisors)
        if !divisor.symbols.isEmpty { all.insert(divisor.terms) }
        return try Size(terms: terms, divisors: all).checked()
    }

    private func divisors(with other: Size) -> Set<Terms> {
        other.divisors.isEmpty ? divisors : divisors.union(other.divisors)
    }

    /// This size, if within the limits.
    ///
    /// - Throws: ``SizeError`` beyond the limits on terms, factors or divisors.
    private func checked() throws(SizeError) -> Size {
        guard max(terms.count, divisors.count) <= Size.termLimit else {
            throw .tooManyTerms("one of \(max(terms.count, divisors.count)) terms")
        }
        for monomial in terms.keys {
            let degree = monomial.values.reduce(0) { $0 + abs($1) }
            guard degree <= Size.degreeLimit else { throw .tooManyTerms("a product of \(degree) factors") }
        }
        return self
    }

    /// The number for these symbol values. O(terms).
    ///
    /// - Throws: ``SizeError`` for an unbound symbol, an uneven division, a division by 0 (even a canceled one) or
    ///   overflow. A negative result is valid here: a slice may count from the end.
    public func bound(to symbols: [String: Int]) throws(SizeError) -> Int {
        for divisor in divisors where try value(of: divisor, symbols).numerator == 0 {
            throw .divisionByZero(fileText)
        }
        if let constant { return constant }
        let total = try value(of: terms, symbols)
        guard total.denominator == 1 else { throw .unevenDivision("\(self)") }
        return total.numerator
    }

    private func value(of terms: Terms, _ symbols: [String: Int]) throws(SizeError) -> Rational {
        var total = Rational(numerator: 0, denominator: 1)
        for (monomial, coefficient) in terms {
            var product = coefficient
            for (name, exponent) in monomial {
                guard let value = symbols[name] else { throw .unbound(symbol: name, size: "\(self)") }
                let base = Rational(numerator: value, denominator: 1)
                let factor = exponent > 0 ? base : base.inverse
                guard let factor else { throw .divisionByZero("\(self)") }
                for _ in 0..<abs(exponent) {
                    guard let next = product.multiplied(by: factor) else { throw .overflow("\(self)") }
                    product = next
                }
            }
            guard let next = total.adding(product) else { throw .overflow("\(self)") }
            total = next
        }
        return total
    }
}

/// An invalid size expression, or one that cannot be bound.
@nonexhaustive
public enum SizeError: Error, Sendable, Hashable {
    /// Text that does not parse.
    case syntax(text: String, reason: String)
    /// Arithmetic overflow in this expression.
    case overflow(String)
    /// An expression beyond the limits of 256 terms or divisors, or 64 factors in a term.
    case tooManyTerms(String)
    /// A divisor of 0, even one that cancels.
    case divisionByZero(String)
    /// A division by a sum of symbols.
    case divisionBySum(String)
    /// A quotient that is not an integer.
    case unevenDivision(String)
    /// A negative size.
    case negative(String)
    /// A symbol without a value.
    case unbound(symbol: String, size: String)
}

extension SizeError: CustomStringConvertible {
    /// Human-readable message.
    public var description: String {
        switch self {
        case .syntax(let text, let reason): "size \"\(text)\": \(reason)"
        case .overflow(let size): "size \(size) overflows"
        case .tooManyTerms(let what):
            "a size expands to \(what); at most \(Size.termLimit) terms of \(Size.degreeLimit) factors are allowed; "
                + "replace parts of it with new symbols"
        case .divisionByZero(let size): "size \(size) divides by zero"
        case .divisionBySum(let size): "size \(size) divides by a sum of symbols"
        case .unevenDivision(let size): "size \(size): the division has a remainder"
        case .negative(let size): "size \(size) is negative"
        case .unbound(let symbol, let size): "size \(size): the symbol \"\(symbol)\" has no value"
        }
    }
}
