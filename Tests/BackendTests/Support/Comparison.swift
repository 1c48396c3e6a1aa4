import AttendRuntime
import Testing

/// Records an issue that names the first element of a whole graph's result that is further from another run's than
/// `roundings · 2⁻²⁴` of the largest one. Bounds of single operations are the parity kit's.
func expectEqual(
    _ found: Tensor, _ expected: Tensor, roundings: Float, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    try #require(found.shape == expected.shape, "\(label): shape", sourceLocation: sourceLocation)
    try #require(found.dtype == expected.dtype, "\(label): dtype", sourceLocation: sourceLocation)
    guard found.dtype.isFloatingPoint else {
        #expect(found == expected, "\(label)", sourceLocation: sourceLocation)
        return
    }
    let (left, right) = (try found.floats(), try expected.floats())
    let bound = roundings * 0x1p-24 * (right.filter(\.isFinite).map(abs).max() ?? 0)
    for (index, (a, b)) in zip(left, right).enumerated() {
        if a.isNaN && b.isNaN || a == b { continue }
        // Written so that a NaN on one side fails.
        guard abs(a - b) <= bound else {
            Issue.record(
                "\(label): element \(index) is \(a), expected \(b), bound \(bound)", sourceLocation: sourceLocation)
            return
        }
    }
}
