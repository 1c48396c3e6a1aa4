/// Saturating arithmetic of counts: what overflows is `Int.max`.
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
    /// 1 for none.
    package var product: Int { reduce(1) { $0.times($1) } }

    /// 0 for none.
    package var total: Int { reduce(0) { $0.plus($1) } }
}
