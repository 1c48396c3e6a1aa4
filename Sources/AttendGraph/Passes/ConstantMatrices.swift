/// Constant matrices `[rows, columns]`, float32: concatenation and splitting.
enum ConstantMatrices {
    /// The matrices concatenated along columns; nil for different numbers of rows.
    static func sideBySide(_ matrices: [Tensor]) -> Tensor? {
        guard let rows = matrices.first?.shape[0], matrices.allSatisfy({ $0.shape[0] == rows }) else { return nil }
        let parts = matrices.compactMap { try? $0.floats() }
        var numbers: [Float] = []
        numbers.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for row in 0..<rows {
            for (part, matrix) in zip(parts, matrices) {
                numbers += part[row * matrix.shape[1]..<(row + 1) * matrix.shape[1]]
            }
        }
        return try? Tensor(numbers, shape: [rows, matrices.reduce(0) { $0 + $1.shape[1] }])
    }

    static func columns(_ matrix: Tensor, _ range: Range<Int>) -> Tensor? {
        guard let numbers = try? matrix.floats(), range.upperBound <= matrix.shape[1] else { return nil }
        let cut = (0..<matrix.shape[0]).flatMap { row in
            numbers[row * matrix.shape[1] + range.lowerBound..<row * matrix.shape[1] + range.upperBound]
        }
        return try? Tensor(cut, shape: [matrix.shape[0], range.count])
    }
}
