import AttendCore
import Testing

/// How far a result may be from the oracle's.
enum Tolerance: Sendable {
    /// Bits must agree (NaN agrees with NaN).
    case exact
    /// Units in the last place of each expected element.
    case ulps(Float)
    /// `factor · 2⁻²⁴` of the magnitude that went into each element: what summing in any order can cost
    /// (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
    case rounding(Float, of: Tensor)
    /// `factor · 2⁻²⁴` of the largest element that is a number.
    case roundingOfLargest(Float)
}

/// Records an issue that names the first element which is out of its bound.
func expectEqual(
    _ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    try #require(found.shape == expected.shape, "\(label): shape", sourceLocation: sourceLocation)
    try #require(found.dtype == expected.dtype, "\(label): dtype", sourceLocation: sourceLocation)
    guard found.dtype.isFloatingPoint else {
        #expect(found == expected, "\(label)", sourceLocation: sourceLocation)
        return
    }
    let (left, right) = (try found.floats(), try expected.floats())
    let largest = right.filter(\.isFinite).map(abs).max() ?? 0
    let magnitudes: [Float] = if case .rounding(_, let magnitude) = tolerance { try magnitude.floats() } else { [] }
    for index in left.indices {
        let (a, b) = (left[index], right[index])
        if a.isNaN && b.isNaN || a == b { continue }
        let bound: Float =
            switch tolerance {
            case .exact: 0
            case .ulps(let count): count * max(b.ulp, .leastNonzeroMagnitude)
            case .rounding(let factor, _): factor * 0x1p-24 * magnitudes[index] + .leastNormalMagnitude
            case .roundingOfLargest(let factor): factor * 0x1p-24 * largest
            }
        // Written so that a NaN on one side fails.
        guard abs(a - b) <= bound else {
            Issue.record(
                "\(label): element \(index) is \(a), the oracle's \(b), bound \(bound)", sourceLocation: sourceLocation)
            return
        }
    }
}
