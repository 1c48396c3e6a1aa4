import AttendRuntime

extension WeightMap.Place {
    /// Extracts a weight, `[out, in]`, from the tensor that holds it, in its dtype. O(elements); O(1) for a whole tensor
    /// that is not transposed.
    func weight(_ shape: [Int], in whole: Tensor) throws(TensorError) -> Tensor {
        guard part != nil || isTransposed else { return isRow ? try whole.reshaped(shape) : whole }
        let storage: Tensor.Storage =
            switch whole.storage {
            case .float32(let values): .float32(elements(shape, in: values, whole.shape))
            case .float16(let values): .float16(elements(shape, in: values, whole.shape))
            case .bfloat16(let values): .bfloat16(elements(shape, in: values, whole.shape))
            case .int32, .int64, .bool: throw .dtype(expected: "a floating-point type", found: whole.dtype)
            }
        return try Tensor(storage: storage, shape: shape)
    }

    private func elements<Element: Numeric>(_ shape: [Int], in values: [Element], _ whole: [Int]) -> [Element] {
        let (rows, part) = (shape.first ?? 1, part?.index ?? 0)
        guard isTransposed, shape.count == 2 else {
            let count = shape.product
            return Array(values[(part * count)..<((part + 1) * count)])
        }
        let (columns, stride) = (shape[1], whole[1])
        var weight = [Element](repeating: 0, count: shape.product)
        // Blocks of both matrices fit in the L1 cache.
        let block = 32
        for top in Swift.stride(from: 0, to: rows, by: block) {
            for left in Swift.stride(from: 0, to: columns, by: block) {
                for row in top..<min(top + block, rows) {
                    for column in left..<min(left + block, columns) {
                        weight[row * columns + column] = values[column * stride + part * rows + row]
                    }
                }
            }
        }
        return weight
    }
}
