import AttendRuntime

extension Tensor {
    /// Some rows of a matrix. O(elements); O(1) for all of them.
    func rows(_ rows: Range<Int>) throws(TensorError) -> Tensor {
        guard rows != 0..<shape[0] else { return self }
        return try joining([rows.lowerBound * shape[1]..<rows.upperBound * shape[1]], shape: [rows.count, shape[1]])
    }

    /// Each index of axis 0 `count` times in a row. O(elements · count); O(1) for 1.
    func repeatingRows(_ count: Int) throws(TensorError) -> Tensor {
        guard count > 1, let rows = shape.first, rows > 0 else { return self }
        let width = elementCount / rows
        let parts = (0..<rows * count).map { $0 / count * width..<($0 / count + 1) * width }
        return try joining(parts, shape: [rows * count] + shape.dropFirst())
    }

    /// `[a, b, rows, width]` with its first rows moved behind the others. O(elements).
    func rotatingRows(_ count: Int) throws(TensorError) -> Tensor {
        let (rows, width) = (shape[2], shape[3])
        let parts = (0..<shape[0] * shape[1]).flatMap { block in
            let (start, end) = (block * rows * width, (block + 1) * rows * width)
            return [start + count * width..<end, start..<start + count * width]
        }
        return try joining(parts, shape: shape)
    }

    /// Ranges of elements one after another. O(elements of the result).
    private func joining(_ parts: [Range<Int>], shape: [Int]) throws(TensorError) -> Tensor {
        func joined<Element>(_ values: [Element]) -> [Element] { parts.flatMap { values[$0] } }
        let storage: Storage =
            switch storage {
            case .float32(let values): .float32(joined(values))
            case .float16(let values): .float16(joined(values))
            case .bfloat16(let values): .bfloat16(joined(values))
            case .int32(let values): .int32(joined(values))
            case .int64(let values): .int64(joined(values))
            case .bool(let values): .bool(joined(values))
            }
        return try Tensor(storage: storage, shape: shape)
    }
}
