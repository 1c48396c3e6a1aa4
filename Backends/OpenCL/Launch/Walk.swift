import AttendBackend

/// A strided iteration over several operands, laid out as the kernels' `Walk` struct: outer axes, then one inner axis.
/// Axes that are contiguous in every operand are merged, so that most walks have one or two.
struct Walk: Sendable {
    private(set) var shape: [Int]
    /// Strides by operand and axis, `[operand][axis]`.
    private(set) var strides: [[Int]]
    private let offsets: [Int]
    /// Elements of the inner axis per work-item; see also `itemRows`.
    var chunk = 1
    /// Rows per work-item.
    var itemRows = 1

    /// Maximum number of outer axes in a kernel.
    static let axisLimit = 7
    private static let operandLimit = 4

    /// Merges axes where possible.
    ///
    /// - Parameters:
    ///   - operands: Layouts over `shape`.
    ///   - outerOnly: Whether the kernel iterates over rows only, with an inner axis of one element.
    /// - Throws: `UnsupportedOperation` for too many axes, or offsets beyond 32 bits.
    init(_ shape: [Int], _ operands: [Layout], outerOnly: Bool = false) throws(UnsupportedOperation) {
        var sizes: [Int] = []
        var steps: [[Int]] = operands.map { _ in [] }
        for axis in shape.indices where shape[axis] != 1 {
            let joins =
                !sizes.isEmpty
                && operands.indices.allSatisfy { operand in
                    steps[operand][sizes.count - 1] == operands[operand].strides[axis] * shape[axis]
                }
            if joins {
                sizes[sizes.count - 1] *= shape[axis]
                for operand in operands.indices { steps[operand][sizes.count - 1] = operands[operand].strides[axis] }
            } else {
                sizes.append(shape[axis])
                for operand in operands.indices { steps[operand].append(operands[operand].strides[axis]) }
            }
        }
        if sizes.isEmpty || outerOnly {
            sizes.append(1)
            steps = steps.map { $0 + [0] }
        }
        guard sizes.count - 1 <= Walk.axisLimit else {
            throw UnsupportedOperation(
                "\(sizes.count) axes that can't be merged; kernels support \(Walk.axisLimit + 1)")
        }
        self.shape = sizes
        strides = steps
        offsets = operands.map(\.offset)
        let reach = zip(steps, offsets).map { steps, offset in
            zip(steps, sizes).reduce(abs(offset)) { $0 + abs($1.0) * max($1.1 - 1, 0) }
        }
        guard reach.allSatisfy({ $0 <= Int(Int32.max) }) else {
            throw UnsupportedOperation("a view over more than 2³¹ elements")
        }
    }

    var inner: Int { shape[shape.count - 1] }
    var rows: Int { shape.dropLast().reduce(1, *) }
    var elementCount: Int { rows * inner }

    /// Divides the elements among work-items, and returns the number of items.
    mutating func share(_ engine: OpenCLEngine) -> Int {
        guard elementCount > 0 else { return 0 }
        guard engine.isCPU else { return elementCount }
        // At least 1024 elements per item; whole rows if they are short.
        let goal = max(1024, (elementCount + engine.itemGoal - 1) / engine.itemGoal)
        if inner >= goal {
            chunk = (goal + 15) / 16 * 16
            itemRows = 1
        } else {
            chunk = inner
            itemRows = max(1, goal / inner)
        }
        return ((inner + chunk - 1) / chunk) * ((rows + itemRows - 1) / itemRows)
    }

    var argument: Launch.Argument {
        let outer = shape.count - 1
        let bytes = StructBytes { out in
            for operand in 0..<Walk.operandLimit { out.add(operand < offsets.count ? offsets[operand] : 0) }
            for operand in 0..<Walk.operandLimit {
                for axis in 0..<Walk.axisLimit {
                    out.add(Int32(operand < strides.count && axis < outer ? strides[operand][axis] : 0))
                }
            }
            for operand in 0..<Walk.operandLimit {
                out.add(Int32(operand < strides.count ? strides[operand][outer] : 0))
            }
            for axis in 0..<Walk.axisLimit { out.add(UInt32(axis < outer ? shape[axis] : 1)) }
            for number in [outer, rows, inner, chunk, itemRows, 0] { out.add(UInt32(number)) }
        }
        return .bytes(bytes.bytes)
    }
}
