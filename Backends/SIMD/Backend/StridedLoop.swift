import AttendBackend

/// A loop over the elements of up to four operands with one shape but different strides: the outer axes by index, the
/// innermost as a run for a kernel.
///
/// Adjacent axes that are contiguous in every operand are merged first, so that dense operands form one long run.
struct StridedLoop: Sendable {
    /// Elements of one run.
    private(set) var runLength: Int
    /// Each operand's stride within a run.
    private(set) var runStrides: SIMD4<Int>
    /// Number of runs.
    let runCount: Int
    private var outerSizes: [Int] = []
    private var outerStrides: [SIMD4<Int>] = []
    private let offsets: SIMD4<Int>

    /// - Parameter layouts: At most four layouts, all broadcast to `shape`.
    init(shape: [Int], _ layouts: [Layout]) {
        var offsets = SIMD4<Int>.zero
        for (index, layout) in layouts.enumerated() { offsets[index] = layout.offset }
        self.offsets = offsets
        var axes: [(size: Int, strides: SIMD4<Int>)] = []
        for (axis, size) in shape.enumerated() where size != 1 {
            var strides = SIMD4<Int>.zero
            for (index, layout) in layouts.enumerated() { strides[index] = layout.strides[axis] }
            if let last = axes.last, last.strides == strides &* SIMD4(repeating: size) {
                axes[axes.count - 1] = (last.size * size, strides)
            } else {
                axes.append((size, strides))
            }
        }
        let inner = axes.popLast() ?? (1, SIMD4(repeating: 1))
        (runLength, runStrides) = inner
        runCount = shape.contains(0) ? 0 : axes.reduce(1) { $0 * $1.size }
        outerSizes = axes.map(\.size)
        outerStrides = axes.map(\.strides)
    }

    /// Each operand's offset at the start of run `index`.
    @inline(__always)
    func start(of index: Int) -> SIMD4<Int> {
        var rest = index
        var position = offsets
        for axis in outerSizes.indices.reversed() {
            let size = outerSizes[axis]
            position &+= outerStrides[axis] &* SIMD4(repeating: rest % size)
            rest /= size
        }
        return position
    }

    /// Calls `body` with the operands' offsets and a number of elements, on several threads if worthwhile.
    func forEachRun(_ engine: HostEngine, _ body: (SIMD4<Int>, Int) -> Void) {
        guard runCount > 0, runLength > 0 else { return }
        if runCount == 1 {
            let first = start(of: 0)
            engine.parallel(runLength, grain: HostEngine.elementGrain) { range in
                body(first &+ runStrides &* SIMD4(repeating: range.lowerBound), range.count)
            }
            return
        }
        engine.parallel(runCount, grain: max(1, HostEngine.elementGrain / runLength)) { runs in
            for run in runs { body(start(of: run), runLength) }
        }
    }

    /// Not nil if the source (operand 1) is contiguous along the last outer axis, and the target (operand 0) within a
    /// run.
    var transposedMatrix: TransposedMatrix? {
        guard runCount > 0, runStrides[0] == 1, let rows = outerSizes.last, let strides = outerStrides.last,
            strides[1] == 1, runStrides[1] >= rows, strides[0] >= runLength
        else { return nil }
        return TransposedMatrix(rows: rows, columns: runLength, sourceStride: runStrides[1], targetStride: strides[0])
    }
}
