import AttendBackend

/// `cast`: conversion to the nearest number.
///
/// - float → integer: toward zero, saturating; NaN becomes 0.
/// - integer → integer: saturating.
/// - integer → float: to nearest even, rounded once.
/// - bool → number: 0 or 1. Number → bool: false for ±0 and 0, true otherwise, also for NaN.
extension Evaluation {
    func cast() -> Elements<Scalar> {
        switch inputs[0] {
        case .floating(let values): cast(values)
        case .int32(let values): cast(values.map { Int64($0) })
        case .int64(let values): cast(values)
        case .bool(let values): cast(values.map { $0 ? 1 : 0 } as [Int64])
        }
    }

    private func cast(_ values: [Scalar]) -> Elements<Scalar> {
        switch dtype {
        case .float32, .float16, .bfloat16: .floating(values)
        case .int32: .int32(values.map { Int32(truncatingSaturating: $0.double) })
        case .int64: .int64(values.map { Int64(truncatingSaturating: $0.double) })
        case .bool: .bool(values.map { !($0 == Scalar(0 as Float)) })
        }
    }

    private func cast(_ values: [Int64]) -> Elements<Scalar> {
        switch dtype {
        case .float32: .floating(values.map { Scalar($0) })
        case .float16, .bfloat16: .floating(values.map { Scalar(NarrowFloat.nearest($0, dtype)) })
        case .int32: .int32(values.map { Int32(clamping: $0) })
        case .int64: .int64(values)
        case .bool: .bool(values.map { $0 != 0 })
        }
    }
}
