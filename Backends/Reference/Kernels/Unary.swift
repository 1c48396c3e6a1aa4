import AttendBackend

/// `negate`, `abs`, `sign` on all numbers; `floor`, `sqrt`, `reciprocal_sqrt`, `reciprocal` and the elementary
/// functions on floating-point numbers. Element-wise.
///
/// Integers wrap: the lowest value is its own negative and its own absolute value.
extension Evaluation {
    @inline(__always)
    func unary(
        _ floating: (Scalar) -> Scalar, _ integer: (Int64) -> Int64
    ) throws(BackendError) -> Elements<Scalar> {
        if dtype.isFloatingPoint { return try unary(floating) }
        return Elements(wrapping: try integers(0).map(integer), dtype: dtype)
    }

    @inline(__always)
    func unary(_ floating: (Scalar) -> Scalar) throws(BackendError) -> Elements<Scalar> {
        .floating(try floats(0).map(floating))
    }

    /// A primitive of ``ElementaryFunction/all``.
    func elementary() throws(BackendError) -> Elements<Scalar> {
        guard let function = ElementaryFunction.all[kernel.primitive] else {
            throw .failed(
                backend: kernel.backend, action: "run \(kernel.operation.name)", reason: "it has no evaluation")
        }
        return try unary { Scalar.apply(function, to: $0) }
    }

    /// −1, 1, or the value itself if it is ±0 or NaN.
    static func sign(_ value: Scalar) -> Scalar {
        let zero = Scalar(0 as Float)
        if zero < value { return Scalar(1 as Float) }
        if value < zero { return Scalar(-1 as Float) }
        return value
    }
}
