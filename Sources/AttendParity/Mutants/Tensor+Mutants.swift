import AttendRuntime

extension Tensor {
    /// Zeros of the same type.
    var zeros: Tensor { CaseValues.tensor(Storage(zeros: elementCount, dtype: dtype), shape) }

    /// Every element off by 1/64, or by 1.
    var incremented: Tensor {
        switch storage {
        case .float32, .float16, .bfloat16: mappingFloats { $0 + max($0.magnitude / 64, 0x1p-7) }
        case .int32, .int64: mappingIntegers { $0 &+ 1 }
        case .bool(let bits): CaseValues.tensor(.bool(bits.map { 1 - min(1, $0) }), shape)
        }
    }

    func mappingFloats(_ change: (Float) -> Float) -> Tensor {
        let storage: Storage =
            switch self.storage {
            case .float32(let values): .float32(values.map(change))
            case .float16(let bits): .float16(bits.map { NarrowFloat.float16(change(NarrowFloat.float(float16: $0))) })
            case .bfloat16(let bits):
                .bfloat16(bits.map { NarrowFloat.bfloat16(change(NarrowFloat.float(bfloat16: $0))) })
            case .int32, .int64, .bool: self.storage
            }
        return CaseValues.tensor(storage, shape)
    }

    func mappingIntegers(_ change: (Int64) -> Int64) -> Tensor {
        let storage: Storage =
            switch self.storage {
            case .int32(let values): .int32(values.map { Int32(truncatingIfNeeded: change(Int64($0))) })
            case .int64(let values): .int64(values.map(change))
            case .float32, .float16, .bfloat16, .bool: self.storage
            }
        return CaseValues.tensor(storage, shape)
    }

    /// The tensor with the elements of another one of the same type where a condition holds.
    func replacing(where condition: (Int) -> Bool, by other: Tensor) -> Tensor {
        func mixed<Element>(_ mine: [Element], _ theirs: [Element]) -> [Element] {
            mine.indices.map { condition($0) ? theirs[$0] : mine[$0] }
        }
        let storage: Storage =
            switch (self.storage, other.storage) {
            case (.float32(let mine), .float32(let theirs)): .float32(mixed(mine, theirs))
            case (.float16(let mine), .float16(let theirs)): .float16(mixed(mine, theirs))
            case (.bfloat16(let mine), .bfloat16(let theirs)): .bfloat16(mixed(mine, theirs))
            case (.int32(let mine), .int32(let theirs)): .int32(mixed(mine, theirs))
            case (.int64(let mine), .int64(let theirs)): .int64(mixed(mine, theirs))
            case (.bool(let mine), .bool(let theirs)): .bool(mixed(mine, theirs))
            case (_, _): preconditionFailure("both tensors have one dtype")
            }
        return CaseValues.tensor(storage, shape)
    }
}
