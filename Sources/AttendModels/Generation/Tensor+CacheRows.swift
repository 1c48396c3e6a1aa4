import AttendRuntime

extension Tensor {
    /// `[a, b, rows, width]` without its first rows; zeros come behind the others. O(elements).
    func droppingRows(_ count: Int) throws(TensorError) -> Tensor {
        let (rows, width) = (shape[2], shape[3])
        func moved<Element>(_ values: [Element], _ zero: Element) -> [Element] {
            var result: [Element] = []
            result.reserveCapacity(values.count)
            for block in 0..<shape[0] * shape[1] {
                result += values[(block * rows + count) * width..<(block + 1) * rows * width]
                result += Array(repeating: zero, count: count * width)
            }
            return result
        }
        let storage: Storage =
            switch storage {
            case .float32(let values): .float32(moved(values, 0))
            case .float16(let values): .float16(moved(values, 0))
            case .bfloat16(let values): .bfloat16(moved(values, 0))
            case .int32(let values): .int32(moved(values, 0))
            case .int64(let values): .int64(moved(values, 0))
            case .bool(let values): .bool(moved(values, 0))
            }
        return try Tensor(storage: storage, shape: shape)
    }

    /// Each index of axis 0 `count` times in a row. O(elements · count); O(1) for 1.
    func repeatingRows(_ count: Int) throws(TensorError) -> Tensor {
        guard count > 1, let rows = shape.first, rows > 0 else { return self }
        let width = elementCount / rows
        func repeated<Element>(_ values: [Element]) -> [Element] {
            (0..<rows * count).flatMap { values[$0 / count * width..<($0 / count + 1) * width] }
        }
        let storage: Storage =
            switch storage {
            case .float32(let values): .float32(repeated(values))
            case .float16(let values): .float16(repeated(values))
            case .bfloat16(let values): .bfloat16(repeated(values))
            case .int32(let values): .int32(repeated(values))
            case .int64(let values): .int64(repeated(values))
            case .bool(let values): .bool(repeated(values))
            }
        return try Tensor(storage: storage, shape: [rows * count] + shape.dropFirst())
    }
}
