package import AttendRuntime

extension Tensor {
    /// Floats rounded to a floating-point dtype.
    package init(floats: [Float], dtype: DType, shape: [Int]) {
        self = CaseValues.tensor(Tensor(floats: floats, dtype: dtype).storage, shape)
    }

    /// Integers or bools; the low bits for a narrower dtype.
    init(integers64 values: [Int64], dtype: DType, shape: [Int]) {
        let storage: Storage =
            switch dtype {
            case .int32: .int32(values.map { Int32(truncatingIfNeeded: $0) })
            case .bool: .bool(values.map { UInt8(truncatingIfNeeded: $0) })
            case .int64, .float32, .float16, .bfloat16: .int64(values)
            }
        self = CaseValues.tensor(storage, shape)
    }
}
