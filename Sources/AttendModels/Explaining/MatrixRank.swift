/// The rank of a product of two thin matrices.
package enum MatrixRank {
    /// The rank of `left · right`, `[m, k] × [k, n]`, in double precision: that of `R₁ R₂ᵀ` of the QR decompositions
    /// `left = Q₁ R₁` and `rightᵀ = Q₂ R₂`.
    ///
    /// - Complexity: O((m + n) k² + k³).
    package static func ofProduct(_ left: [[Float]], _ right: [[Float]]) -> Int {
        let columns = right.indices.map { index in left.map { Double($0[index]) } }
        let (first, second) = (triangle(of: columns), triangle(of: right.map { $0.map(Double.init) }))
        return rank(
            of: first.map { row in second.map { other in zip(row, other).reduce(0) { $0 + $1.0 * $1.1 } } })
    }

    /// R of the QR decomposition by the modified Gram–Schmidt process; G. H. Golub, C. F. Van Loan, Matrix Computations,
    /// 5.2.8.
    private static func triangle(of vectors: [[Double]]) -> [[Double]] {
        var (vectors, rows) = (vectors, [[Double]]())
        for index in vectors.indices {
            var row = [Double](repeating: 0, count: vectors.count)
            let length = vectors[index].reduce(0) { $0 + $1 * $1 }.squareRoot()
            row[index] = length
            if length > 0 {
                let unit = vectors[index].map { $0 / length }
                for other in vectors.indices.dropFirst(index + 1) {
                    row[other] = zip(unit, vectors[other]).reduce(0) { $0 + $1.0 * $1.1 }
                    for place in unit.indices { vectors[other][place] -= row[other] * unit[place] }
                }
            }
            rows.append(row)
        }
        return rows
    }

    /// The rank by Gaussian elimination with full pivoting: the number of pivots above 10⁻⁹ of the first.
    ///
    /// - Complexity: O(rank · rows · columns).
    private static func rank(of matrix: [[Double]]) -> Int {
        var rows = matrix
        var (rank, first) = (0, 0.0)
        while true {
            var (pivot, place) = (0.0, (row: 0, column: 0))
            for (row, values) in rows.enumerated() {
                for (column, value) in values.enumerated() where abs(value) > pivot {
                    (pivot, place) = (abs(value), (row, column))
                }
            }
            if rank == 0 { first = pivot }
            guard pivot > first * 1e-9 else { return rank }
            rank += 1
            let source = rows.remove(at: place.row)
            for row in rows.indices {
                let factor = rows[row][place.column] / source[place.column]
                guard factor != 0 else { continue }
                for column in source.indices { rows[row][column] -= factor * source[column] }
                // Exactly 0, without rounding errors.
                rows[row][place.column] = 0
            }
        }
    }
}
