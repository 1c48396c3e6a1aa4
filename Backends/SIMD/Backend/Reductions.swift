import AttendBackend
import SIMDKernelTypes

/// reduce_sum, reduce_max and arg_max.
enum Reductions {
    static func reduce(_ call: ReductionCall, _ engine: HostEngine) -> HostKernel? {
        if call.function == .argument { return argMax(call) }
        let sums = call.function == .sum
        switch call.input.dtype {
        case .float32:
            if call.isTrailing { return trailing(call, engine) }
            return sums
                ? general(call, 0) { (a: Float, b: Float) in a + b }
                : general(call, -.infinity) { (a: Float, b: Float) in a.isNaN || a > b ? a : b }
        case .int32:
            return sums
                ? general(call, 0) { (a: Int32, b: Int32) in a &+ b }
                : general(call, .min) { (a: Int32, b: Int32) in max(a, b) }
        case .int64:
            return sums
                ? general(call, 0) { (a: Int64, b: Int64) in a &+ b }
                : general(call, .min) { (a: Int64, b: Int64) in max(a, b) }
        case .float16, .bfloat16, .bool: return nil
        }
    }

    /// Reduction of the last axes of a dense value: one result per row.
    private static func trailing(_ call: ReductionCall, _ engine: HostEngine) -> HostKernel {
        let (rows, count) = (call.output.elementCount, call.count)
        let row = call.function == .sum ? engine.table.rows.sum : engine.table.rows.maximum
        return HostKernel(
            "\(call.request.operation.name) rows", call.request, flops: Double(call.input.elementCount)
        ) { operands in
            let (source, target) = (operands.input(0, as: Float.self), operands.output(as: Float.self))
            guard count > longRow else {
                engine.parallel(rows, grain: max(1, HostEngine.elementGrain / max(count, 1))) { range in
                    for index in range { target[index] = row(source + index * count, count) }
                }
                return
            }
            // Blocks of one length, so that a result does not depend on the number of threads.
            let blocks = (count + longRow - 1) / longRow
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * blocks) { parts in
                guard let base = parts.baseAddress else { return }
                engine.parallel(rows * blocks, grain: 1) { range in
                    for part in range {
                        let (index, first) = (part / blocks, part % blocks * longRow)
                        base[part] = row(source + (index * count + first), min(longRow, count - first))
                    }
                }
                for index in 0..<rows { target[index] = row(base + index * blocks, blocks) }
            }
        }
    }

    /// The number of elements from which a row is divided among threads.
    private static let longRow = 1 << 15

    /// Reduction of any axes: folds each element into its output element, in row-major order.
    private static func general<Element: Sendable>(
        _ call: ReductionCall, _ start: Element, _ fold: @escaping @Sendable (Element, Element) -> Element
    ) -> HostKernel {
        let (input, output, axes) = (call.input, call.output, call.axes)
        // The output's layout over the input's shape: stride 0 along reduced axes.
        let kept = input.shape.indices.map { axes.contains($0) ? 1 : input.shape[$0] }
        let strides = zip(kept.indices, Layout.denseStrides(of: kept)).map { axes.contains($0) ? 0 : $1 }
        let target = Layout(shape: input.shape, strides: strides)
        let loop = StridedLoop(shape: input.shape, [target, input.layout])
        return HostKernel(call.request.operation.name, call.request, flops: Double(input.elementCount)) { operands in
            let (from, to) = (operands.input(0, as: Element.self), operands.output(as: Element.self))
            to.update(repeating: start, count: output.elementCount)
            guard loop.runLength > 0 else { return }
            for run in 0..<loop.runCount {
                let first = loop.start(of: run)
                for index in 0..<loop.runLength {
                    let place = first[0] + index * loop.runStrides[0]
                    to[place] = fold(to[place], from[first[1] + index * loop.runStrides[1]])
                }
            }
        }.strided([0])
    }

    private static func argMax(_ call: ReductionCall) -> HostKernel? {
        switch call.input.dtype {
        case .float32: argMax(call) { (a: Float, b: Float) in a > b || (a.isNaN && !b.isNaN) }
        case .int32: argMax(call) { (a: Int32, b: Int32) in a > b }
        case .int64: argMax(call) { (a: Int64, b: Int64) in a > b }
        default: nil
        }
    }

    /// The first index of the maximum; NaN counts as larger than every number.
    private static func argMax<Element>(
        _ call: ReductionCall, _ exceeds: @escaping @Sendable (Element, Element) -> Bool
    ) -> HostKernel {
        let (input, axis) = (call.input, call.axes[0])
        let outer = input.shape[..<axis].reduce(1, *)
        let inner = input.shape[(axis + 1)...].reduce(1, *)
        let size = input.shape[axis]
        return HostKernel("arg_max", call.request, flops: Double(input.elementCount)) { operands in
            let (source, target) = (operands.input(0, as: Element.self), operands.output(as: Int64.self))
            for block in 0..<outer {
                for column in 0..<inner {
                    let values = source + (block * size * inner + column)
                    var best = 0
                    for index in 1..<max(size, 1) where exceeds(values[index * inner], values[best * inner]) {
                        best = index
                    }
                    target[block * inner + column] = Int64(best)
                }
            }
        }
    }
}
