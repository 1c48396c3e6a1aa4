/// How the error of each column of a projection's weight moves the targets of later columns, so that the error of the
/// output is least.
///
/// With H + λI = R Rᵀ, R upper triangular, the squared error of a row's error δ is
///
///     δ (H + λI) δᵀ = Σ_k R_kk² · (δ_k + Σ_{i<k} δ_i · R_ik / R_kk)²
///
/// so that the best integer of column k, given those of the columns before, is nearest to w_k + Σ_{i<k} δ_i · R_ik / R_kk.
/// This is the method of GPTQ (Frantar et al., 2022) in the form of LDLQ (Chee et al., "QuIP", 2023, theorem 6).
package struct ErrorFeedback: Sendable {
    let width: Int
    /// The cost of a squared error in each column.
    package let costs: [Float]
    /// R_ik / R_kk at `[i · width + k]`, i < k; empty for a diagonal H.
    package let shares: [Float]

    /// λ as a share of the mean of H's diagonal; more for fewer tokens than columns, where H has directions that no token
    /// took.
    private static let damping = 0.01

    /// Nil for inputs that are all zero.
    ///
    /// - Complexity: O(width³) for a whole H.
    package init?(_ moments: Calibration.Moments) {
        let width = moments.width
        self.width = width
        let diagonal = (0..<width).map { column in
            Double(moments.isDiagonal ? moments.sums[column] : moments.sums[column * width + column])
        }
        let mean = diagonal.reduce(0, +) / Double(max(1, width))
        guard mean > 0, mean.isFinite else { return nil }
        let scarcity = max(1, Double(width) / Double(max(1, moments.count)))
        let damping = ErrorFeedback.damping * scarcity * mean
        costs = diagonal.map { Float(($0 + damping) / mean) }
        guard !moments.isDiagonal else {
            shares = []
            return
        }
        // In units of the mean, reversed: the lower factor of the reversed matrix is the upper one of H.
        var matrix = [Double](repeating: 0, count: width * width)
        for row in 0..<width {
            for column in 0...row {
                let value = Double(moments.sums[(width - 1 - row) * width + width - 1 - column])
                matrix[row * width + column] = (value + (row == column ? damping : 0)) / mean
            }
        }
        guard ErrorFeedback.factor(&matrix, width) else { return nil }
        var shares = [Float](repeating: 0, count: width * width)
        for column in 0..<width {
            let reversed = width - 1 - column
            let pivot = matrix[reversed * width + reversed]
            for row in 0..<column {
                shares[row * width + column] = Float(matrix[(width - 1 - row) * width + reversed] / pivot)
            }
        }
        self.shares = shares
    }

    /// Replaces the lower triangle of a positive definite matrix by its Cholesky factor, in blocks of columns; false if a
    /// pivot is not positive.
    private static func factor(_ matrix: inout [Double], _ width: Int) -> Bool {
        let block = 32
        for start in stride(from: 0, to: width, by: block) {
            let end = min(start + block, width)
            for column in start..<end {
                var pivot = matrix[column * width + column]
                for k in start..<column { pivot -= matrix[column * width + k] * matrix[column * width + k] }
                guard pivot > 0 else { return false }
                pivot = pivot.squareRoot()
                matrix[column * width + column] = pivot
                for row in column + 1..<width {
                    var sum = matrix[row * width + column]
                    for k in start..<column { sum -= matrix[row * width + k] * matrix[column * width + k] }
                    matrix[row * width + column] = sum / pivot
                }
            }
            // The block's columns as rows, so that the inner loop is over neighbors.
            let rest = width - end
            var panel = [Double](repeating: 0, count: block * rest)
            for row in end..<width {
                for k in start..<end { panel[(k - start) * rest + row - end] = matrix[row * width + k] }
            }
            for row in end..<width {
                let places = row * width + end..<row * width + row + 1
                for k in start..<end {
                    let share = -matrix[row * width + k]
                    Accumulation.add(share, panel, from: (k - start) * rest, to: &matrix, at: places)
                }
            }
        }
        return true
    }
}
