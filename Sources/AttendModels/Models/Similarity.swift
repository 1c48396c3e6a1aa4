public import AttendRuntime

/// A similarity of two vectors: larger is more alike.
public enum Similarity: String, Sendable, Hashable, CaseIterable {
    /// The dot product of the vectors scaled to length 1; one shorter than 10⁻¹² is divided by that instead.
    case cosine
    case dot
    /// Minus the Euclidean distance.
    case euclidean
    /// Minus the sum of the absolute differences.
    case manhattan

    /// Between all rows of `[texts, width]`, by row, in double precision.
    ///
    /// - Throws: ``AttendGraph/TensorError`` for a tensor that is not of floats.
    public func callAsFunction(_ vectors: Tensor) throws(TensorError) -> [[Double]] {
        let (count, values) = (vectors.shape.first ?? 0, try vectors.floats().map(Double.init))
        let width = count == 0 ? 0 : values.count / count
        var rows = (0..<count).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
        if self == .cosine {
            rows = rows.map { row in
                let length = max(Similarity.sum(row, row, *).squareRoot(), 1e-12)
                return row.map { $0 / length }
            }
        }
        return rows.map { left in rows.map { between(left, $0) } }
    }

    private func between(_ left: [Double], _ right: [Double]) -> Double {
        switch self {
        case .cosine, .dot: Similarity.sum(left, right, *)
        // 0 rather than −0 for a vector and itself.
        case .euclidean: 0 - Similarity.sum(left, right) { ($0 - $1) * ($0 - $1) }.squareRoot()
        case .manhattan: 0 - Similarity.sum(left, right) { abs($0 - $1) }
        }
    }

    private static func sum(_ left: [Double], _ right: [Double], _ term: (Double, Double) -> Double) -> Double {
        zip(left, right).reduce(0) { $0 + term($1.0, $1.1) }
    }

    /// Cosines between the rows of `[texts, width]`, by row.
    public static func cosines(_ vectors: Tensor) throws(TensorError) -> [[Double]] { try Similarity.cosine(vectors) }
}
