import AttendBackend

extension Elements {
    /// The elements of a tensor. Exact: the scalar represents every floating-point dtype.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Bounded)
    init(_ tensor: Tensor) {
        switch tensor.storage {
        case .float32(let values): self = .floating(values.map { Scalar($0) })
        case .float16(let bits): self = .floating(bits.map { Scalar(NarrowFloat.float(float16: $0)) })
        case .bfloat16(let bits): self = .floating(bits.map { Scalar(NarrowFloat.float(bfloat16: $0)) })
        case .int32(let values): self = .int32(values)
        case .int64(let values): self = .int64(values)
        case .bool(let bytes): self = .bool(bytes.map { $0 != 0 })
        }
    }

    /// The elements as a tensor's storage, rounded to `dtype` if the scalar has more precision.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Bounded)
    func storage(_ dtype: DType) -> Tensor.Storage {
        switch self {
        case .floating(let values):
            switch dtype {
            case .float16: .float16(values.map { NarrowFloat.float16($0.rounded(to: .float16).float) })
            case .bfloat16: .bfloat16(values.map { NarrowFloat.bfloat16($0.rounded(to: .bfloat16).float) })
            case .float32, .int32, .int64, .bool: .float32(values.map(\.float))
            }
        case .int32(let values): .int32(values)
        case .int64(let values): .int64(values)
        case .bool(let values): .bool(values.map { $0 ? 1 : 0 })
        }
    }
}
