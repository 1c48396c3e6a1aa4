extension Size {
    /// Parses `number`, `symbol`, or an expression of them with `+ - * /` and parentheses. O(text), plus the
    /// arithmetic.
    ///
    /// - Throws: ``SizeError`` for a syntax error, nesting of 100 levels or more, or arithmetic that fails.
    public init(parsing text: String) throws(SizeError) {
        var parser = SizeParser(text: text)
        self = try parser.parse()
    }
}

extension Size {
    /// The description with canceled divisors: `(1) * ((n) / (n))`. ``init(parsing:)`` returns an equal size with the
    /// same nonzero conditions.
    var fileText: String {
        guard !divisors.isEmpty else { return description }
        let texts = divisors.map { Size(terms: $0).description }.sorted().map { "(\($0))" }
        return "(\(self))" + texts.map { " * (\($0) / \($0))" }.joined()
    }
}

extension Size: CustomStringConvertible {
    /// The expression in normal form; ``init(parsing:)`` returns an equal size.
    public var description: String {
        if let constant { return "\(constant)" }
        // A plain number must be an integer, so a fraction beside symbols shares their divisor: (a + 1) / 2.
        if !symbols.isEmpty, let divisor = terms[[:]]?.denominator, divisor != 1,
            let whole = try? multiplied(by: Size(divisor))
        {
            return "(\(whole)) / \(divisor)"
        }
        let ordered = terms.map { (Size.text(of: $0.key), $0.value) }.sorted { left, right in
            // Symbols first, the number last.
            if left.0.isEmpty != right.0.isEmpty { return right.0.isEmpty }
            return left.0 < right.0
        }
        var text = ""
        for (index, (symbols, coefficient)) in ordered.enumerated() {
            let negative = coefficient.numerator < 0
            if index > 0 { text += negative ? " - " : " + " } else if negative { text += "0 - " }
            let magnitude = coefficient.numerator.magnitude
            switch (symbols.isEmpty, magnitude) {
            case (true, _): text += "\(magnitude)"
            case (false, 1) where !symbols.hasPrefix("1"): text += symbols
            case (false, _):
                text += symbols.hasPrefix("1") ? "\(magnitude)\(symbols.dropFirst())" : "\(magnitude) * \(symbols)"
            }
            if coefficient.denominator != 1 { text += " / \(coefficient.denominator)" }
        }
        return text
    }

    /// `a * b / c`; a monomial with divisors alone begins with `1`.
    private static func text(of monomial: Monomial) -> String {
        let factors = monomial.sorted { $0.key < $1.key }
        let top = factors.filter { $0.value > 0 }.flatMap { Array(repeating: $0.key, count: $0.value) }
        let bottom = factors.filter { $0.value < 0 }.flatMap { Array(repeating: $0.key, count: -$0.value) }
        let head = top.isEmpty && !bottom.isEmpty ? "1" : top.joined(separator: " * ")
        return ([head] + bottom).joined(separator: " / ")
    }
}

/// A recursive-descent parser: sum → product → atom.
private struct SizeParser {
    let text: String
    var rest: Substring.UnicodeScalarView
    var depth = 0

    init(text: String) {
        self.text = text
        rest = Substring(text).unicodeScalars
    }

    mutating func parse() throws(SizeError) -> Size {
        let size = try sum()
        skipBlanks()
        if let next = rest.first { throw failure("unexpected \"\(next)\"") }
        return size
    }

    private func failure(_ reason: String) -> SizeError { .syntax(text: text, reason: reason) }

    private mutating func skipBlanks() {
        while rest.first == " " { rest.removeFirst() }
    }

    private mutating func take(anyOf operators: Set<Unicode.Scalar>) -> Unicode.Scalar? {
        skipBlanks()
        guard let next = rest.first, operators.contains(next) else { return nil }
        rest.removeFirst()
        return next
    }

    private mutating func sum() throws(SizeError) -> Size {
        var total = try product()
        while let sign = take(anyOf: ["+", "-"]) {
            let next = try product()
            total = sign == "+" ? try total.adding(next) : try total.subtracting(next)
        }
        return total
    }

    private mutating func product() throws(SizeError) -> Size {
        var total = try atom()
        while let sign = take(anyOf: ["*", "/"]) {
            let next = try atom()
            total = sign == "*" ? try total.multiplied(by: next) : try total.divided(by: next)
        }
        return total
    }

    private mutating func atom() throws(SizeError) -> Size {
        if take(anyOf: ["("]) != nil {
            depth += 1
            guard depth < 100 else { throw failure("nested too deeply") }
            let inner = try sum()
            guard take(anyOf: [")"]) != nil else { throw failure("\")\" is missing") }
            depth -= 1
            return inner
        }
        if take(anyOf: ["-"]) != nil {
            depth += 1
            guard depth < 100 else { throw failure("nested too deeply") }
            let operand = try atom()
            depth -= 1
            return try Size(0).subtracting(operand)
        }
        let word = takeWord()
        guard let first = word.unicodeScalars.first else {
            guard let found = rest.first else { throw failure("expected a size or a symbol at the end") }
            throw failure("expected a size or a symbol, found \"\(found)\"")
        }
        guard ("0"..."9").contains(first) else { return .symbol(word) }
        guard let value = Int(word) else { throw failure("expected a 64-bit integer, found \"\(word)\"") }
        return Size(value)
    }

    private mutating func takeWord() -> String {
        skipBlanks()
        var word = String.UnicodeScalarView()
        while let next = rest.first, next == "_" || next.properties.isAlphabetic || ("0"..."9").contains(next) {
            word.append(next)
            rest.removeFirst()
        }
        return String(word)
    }
}
