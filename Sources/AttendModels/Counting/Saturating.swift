/// Saturating arithmetic for counts: `Int.max` on overflow.
extension Int {
    package func times(_ other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    package func plus(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Sequence<Int> {
    /// The saturating product; 1 for an empty sequence.
    package var product: Int { reduce(1) { $0.times($1) } }

    /// The saturating sum; 0 for an empty sequence.
    package var total: Int { reduce(0) { $0.plus($1) } }
}
