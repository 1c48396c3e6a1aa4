extension Tensor {
    /// A scalar of any dtype, of shape `[]`. Floats are rounded once, to nearest even; integers truncate toward zero
    /// and saturate, with NaN as 0; bool is `number != 0`.
    public init(scalar number: Double, dtype: DType) {
        shape = []
        switch dtype {
        case .float32: storage = .float32([Float(number)])
        case .float16: storage = .float16([NarrowFloat.float16(NarrowFloat.odd(number))])
        case .bfloat16: storage = .bfloat16([NarrowFloat.bfloat16(NarrowFloat.odd(number))])
        case .int32: storage = .int32([Int32(truncatingSaturating: number)])
        case .int64: storage = .int64([Int64(truncatingSaturating: number)])
        case .bool: storage = .bool([number != 0 ? 1 : 0])
        }
    }
}

extension FixedWidthInteger {
    /// Attend's cast from floats: truncation toward zero, saturating, with NaN as 0.
    @inlinable
    public init<Source: BinaryFloatingPoint>(truncatingSaturating value: Source) {
        if value.isNaN {
            self = 0
        } else if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value < 0 ? .min : .max
        }
    }
}
