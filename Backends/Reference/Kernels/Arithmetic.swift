import AttendBackend

/// `add`, `subtract`, `multiply`, `divide`, `minimum`, `maximum`, `power`: element-wise on two operands that broadcast
/// as in NumPy.
///
/// Integers wrap on overflow. Integer division truncates toward zero; x / 0 is 0, and the lowest value divided by −1
/// wraps to itself: no division traps.
extension Evaluation {
    @inline(__always)
    func arithmetic(
        _ floating: (Scalar, Scalar) -> Scalar, _ integer: (Int64, Int64) -> Int64
    ) throws(BackendError) -> Elements<Scalar> {
        let (lhs, rhs) = (broadcast(0), broadcast(1))
        if dtype.isFloatingPoint {
            return .floating(Self.pairwise(try floats(lhs), try floats(rhs), floating))
        }
        return Elements(wrapping: Self.pairwise(try integers(lhs), try integers(rhs), integer), dtype: dtype)
    }

    /// C's `pow`, on floating-point numbers only.
    func power() throws(BackendError) -> Elements<Scalar> {
        .floating(Self.pairwise(try floats(broadcast(0)), try floats(broadcast(1))) { Scalar.pow($0, $1) })
    }

    static func quotient(_ lhs: Int64, _ rhs: Int64) -> Int64 {
        rhs == 0 ? 0 : lhs.dividedReportingOverflow(by: rhs).partialValue
    }

    @inline(__always)
    static func pairwise<Element, Result>(
        _ lhs: [Element], _ rhs: [Element], _ combine: (Element, Element) -> Result
    ) -> [Result] {
        let (lhs, rhs) = (lhs.span, rhs.span)
        precondition(lhs.count == rhs.count, "operands are broadcast to one shape")
        var results: [Result] = []
        results.reserveCapacity(lhs.count)
        for index in lhs.indices { results.append(combine(lhs[index], rhs[index])) }
        return results
    }
}
