public import AttendRuntime

/// A similarity of two vectors; larger is more similar.
public enum Similarity: String, Sendable, Hashable, CaseIterable {
    /// The cosine: the dot product of the vectors scaled to length 1, with lengths of at least 10⁻¹² as divisors.
    case cosine
    /// The dot product.
    case dot
    /// The negative Euclidean distance.
    case euclidean
    /// The negative Manhattan distance: the sum of absolute differences.
    case manhattan

    /// The similarities of all pairs of rows of `[texts, width]`, as a matrix `[texts, texts]` in double precision.
    ///
    /// - Throws: ``AttendGraph/TensorError`` for a tensor of integers or Booleans.
    /// - Complexity: O(texts² · width).
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
        // 0 instead of −0 for equal vectors.
        case .euclidean: 0 - Similarity.sum(left, right) { ($0 - $1) * ($0 - $1) }.squareRoot()
        case .manhattan: 0 - Similarity.sum(left, right) { abs($0 - $1) }
        }
    }

    private static func sum(_ left: [Double], _ right: [Double], _ term: (Double, Double) -> Double) -> Double {
        zip(left, right).reduce(0) { $0 + term($1.0, $1.1) }
    }

    /// The cosine similarities of all pairs of rows of `[texts, width]`, as a matrix `[texts, texts]`.
    ///
    /// - Throws: ``AttendGraph/TensorError`` for a tensor of integers or Booleans.
    /// - Complexity: O(texts² · width).
    public static func cosines(_ vectors: Tensor) throws(TensorError) -> [[Double]] { try Similarity.cosine(vectors) }
}
