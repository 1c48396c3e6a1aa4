import AttendBackend

/// `equal`, `less`, `less_equal`, `greater`, `greater_equal`, `and`, `or`: two broadcast operands in, bool out. Every
/// comparison with NaN is false; −0 equals +0. For bools, `equal` is the only comparison.
extension Evaluation {
    @inline(__always)
    func comparison(
        _ floating: (Scalar, Scalar) -> Bool, _ integer: (Int64, Int64) -> Bool
    ) throws(BackendError) -> Elements<Scalar> {
        let (lhs, rhs) = (broadcast(0), broadcast(1))
        if kernel.inputs[0].dtype.isFloatingPoint {
            return .bool(Self.pairwise(try floats(lhs), try floats(rhs), floating))
        }
        return .bool(Self.pairwise(try integers(lhs), try integers(rhs), integer))
    }

    func logic(_ combine: (Bool, Bool) -> Bool) throws(BackendError) -> Elements<Scalar> {
        .bool(Self.pairwise(try bools(broadcast(0)), try bools(broadcast(1)), combine))
    }
}
