extension Size {
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
        return Size(terms: sum)
    }

    public func subtracting(_ other: Size) throws(SizeError) -> Size {
        try adding(other.multiplied(by: Size(-1)))
    }

    public func multiplied(by other: Size) throws(SizeError) -> Size {
        var product = Size(0)
        for (leftMonomial, leftCoefficient) in terms {
            for (rightMonomial, rightCoefficient) in other.terms {
                guard let coefficient = leftCoefficient.multiplied(by: rightCoefficient) else {
                    throw .overflow("\(self) * \(other)")
                }
                let monomial = leftMonomial.merging(rightMonomial, uniquingKeysWith: +).filter { $0.value != 0 }
                product = try product.adding(Size(terms: [monomial: coefficient]))
            }
        }
        return product
    }

    /// The quotient. A divisor may be a number or a product of symbols, not a sum; that the
    /// division comes out even is checked when the symbols are bound.
    public func divided(by other: Size) throws(SizeError) -> Size {
        if self == other, constant != 0 { return 1 }
        guard other.terms.count == 1, let (monomial, coefficient) = other.terms.first else {
            if other.terms.isEmpty { throw .divisionByZero("\(self) / \(other)") }
            throw .divisionBySum("\(self) / (\(other))")
        }
        guard let inverse = coefficient.inverse else { throw .overflow("\(self) / \(other)") }
        let quotient = try multiplied(by: Size(terms: [monomial.mapValues { -$0 }: inverse]))
        if quotient.symbols.isEmpty, quotient.constant == nil { throw .unevenDivision("\(self) / \(other)") }
        return quotient
    }

    /// The number that this size is when `symbols` have these values. O(terms).
    ///
    /// - Throws: ``SizeError`` for an unbound symbol, an uneven division or overflow. A negative result is the caller's affair:
    ///   a slice may count from the end.
    public func bound(to symbols: [String: Int]) throws(SizeError) -> Int {
        if let constant { return constant }
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
        guard total.denominator == 1 else { throw .unevenDivision("\(self)") }
        return total.numerator
    }
}

/// What can be wrong with a size expression.
public enum SizeError: Error, Sendable, Hashable {
    case syntax(text: String, reason: String)
    case overflow(String)
    case divisionByZero(String)
    case divisionBySum(String)
    case unevenDivision(String)
    case negative(String)
    case unbound(symbol: String, size: String)
}

extension SizeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let text, let reason): "size \"\(text)\": \(reason)"
        case .overflow(let size): "size \(size) overflows"
        case .divisionByZero(let size): "size \(size) divides by zero"
        case .divisionBySum(let size): "size \(size) divides by a sum of symbols"
        case .unevenDivision(let size): "size \(size): the division does not come out even"
        case .negative(let size): "size \(size) comes out negative"
        case .unbound(let symbol, let size): "size \(size): nothing gives the symbol \"\(symbol)\" a value"
        }
    }
}
