import AttendBackend
import AttendPlugin

/// Matrix products: each element of the result is a row of the left matrix times a column of the right one. The axes
/// before the last two count matrices, and stretch as everywhere.
@Sendable func products(_ request: KernelRequest) -> (any Kernel)? {
    guard request.operation.primitive == .matmul,
        let (inputs, output) = request.operands([.float32], [.float32], result: [.float32])
    else { return nil }
    /// All matrices of an input, line by line along the terms of the sums.
    func places(_ index: Int, isTransposed: Bool) -> [Int] {
        var order = Array(inputs[index].shape.indices)
        if isTransposed { order.swapAt(order.count - 1, order.count - 2) }
        let view = Layout(dense: inputs[index].shape).transposed(order)
        return view.broadcast(to: output.shape.dropLast(2) + view.shape.suffix(2)).elementOffsets
    }
    let isTransposed = request.attributes.bool("transpose_lhs")
    let left = places(0, isTransposed: isTransposed)
    let right = places(1, isTransposed: !request.attributes.bool("transpose_rhs"))
    let (rows, columns) = (output.shape[output.shape.count - 2], output.shape[output.shape.count - 1])
    let terms = inputs[0].shape[inputs[0].shape.count - (isTransposed ? 2 : 1)]
    return request.kernel { values in
        let (lhs, rhs) = (left.map { values[0][$0] }, right.map { values[1][$0] })
        return (0..<output.elementCount).map { place in
            let (row, column) = (
                place / columns * terms, (place / (rows * columns) * columns + place % columns) * terms
            )
            return (0..<terms).reduce(0) { $0 + lhs[row + $1] * rhs[column + $1] }
        }
    }
}
