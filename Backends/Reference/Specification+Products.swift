import AttendCore

enum MatrixProductSpecification {
    /// The number of products in each sum.
    static func innerSize(_ request: KernelRequest) -> Int {
        guard let left = request.inputs[0]?.shape, left.count >= 2 else { return 0 }
        return request.attributes.bool("transpose_lhs") ? left[left.count - 2] : left[left.count - 1]
    }
}

extension Specification {
    func matmul(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        guard case .floating(let left) = operands[0], case .floating(let right) = operands[1] else { mismatch() }
        let shape = output.shape
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let inner = MatrixProductSpecification.innerSize(request)
        let batches = Array(shape.dropLast(2))
        let (leftTransposed, rightTransposed) = (attributes.bool("transpose_lhs"), attributes.bool("transpose_rhs"))
        var results: [Scalar] = []
        results.reserveCapacity(output.elementCount)
        BroadcastIndices(batches, [self.shape(0).dropLast(2), self.shape(1).dropLast(2)].map { Array($0) }).visit {
            let (a, b) = (positionedMatrix(left, $0[0], rows, inner), positionedMatrix(right, $0[1], inner, columns))
            results += naiveProduct(
                leftTransposed ? transposed(a, inner, rows) : Array(a),
                rightTransposed ? transposed(b, columns, inner) : Array(b), rows, inner, columns)
        }
        return .floating(results)
    }

    private func positionedMatrix(_ values: [Scalar], _ index: Int, _ rows: Int, _ columns: Int) -> ArraySlice<Scalar> {
        values[(index * rows * columns)..<((index + 1) * rows * columns)]
    }

    private func transposed(_ values: ArraySlice<Scalar>, _ rows: Int, _ columns: Int) -> [Scalar] {
        var result: [Scalar] = []
        result.reserveCapacity(values.count)
        for column in 0..<columns {
            for row in 0..<rows { result.append(values[values.startIndex + row * columns + column]) }
        }
        return result
    }
}

/// `Σₖ a[i, k] · b[k, j]`, summed in the order of k.
///
/// The triple loop, rows of `b` innermost so that it runs through memory in order. Specialised, for
/// the tests of every other backend wait for it.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func naiveProduct<Scalar: ReferenceScalar>(
    _ a: [Scalar], _ b: [Scalar], _ rows: Int, _ inner: Int, _ columns: Int
) -> [Scalar] {
    var result = Array(repeating: Scalar(0 as Float), count: rows * columns)
    let (left, right) = (a.span, b.span)
    var sums = result.mutableSpan
    for row in 0..<rows {
        for k in 0..<inner {
            let factor = left[row * inner + k]
            let (from, to) = (k * columns, row * columns)
            for column in 0..<columns {
                sums[to + column] = sums[to + column] + factor * right[from + column]
            }
        }
    }
    return result
}
