import AttendBackend
import SIMDKernelTypes

/// reduce_sum, reduce_max and arg_max.
enum Reductions {
    static func reduce(_ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let input = request.inputs[0] else { return nil }
        let sums = primitive == .reduceSum
        switch input.dtype {
        case .float32:
            if let rows = trailing(request, engine) { return rows }
            return sums
                ? general(request, 0) { (a: Float, b: Float) in a + b }
                : general(request, -.infinity) { (a: Float, b: Float) in a.isNaN || a > b ? a : b }
        case .int32:
            return sums
                ? general(request, 0) { (a: Int32, b: Int32) in a &+ b }
                : general(request, .min) { (a: Int32, b: Int32) in max(a, b) }
        case .int64:
            return sums
                ? general(request, 0) { (a: Int64, b: Int64) in a &+ b }
                : general(request, .min) { (a: Int64, b: Int64) in max(a, b) }
        case .float16, .bfloat16, .bool: return nil
        }
    }

    private static func axes(_ request: KernelRequest, rank: Int) -> [Int] {
        (request.attributes.optionalIntegers("axes") ?? Array(0..<rank)).map { Copies.positive($0, rank) }.sorted()
    }

    /// Reduction of the last axes of a dense value: one result per row.
    private static func trailing(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let input = request.inputs[0], let output = request.outputs[0] else { return nil }
        let axes = axes(request, rank: input.shape.count)
        guard axes == Array((input.shape.count - axes.count)..<input.shape.count) else { return nil }
        let count = axes.reduce(1) { $0 * input.shape[$1] }
        let rows = output.elementCount
        let row = request.operation.primitive == .reduceSum ? engine.table.rows.sum : engine.table.rows.maximum
        return HostKernel("\(request.operation.name) rows", request, flops: Double(input.elementCount)) { operands in
            let (source, target) = (operands.input(0, as: Float.self), operands.output(as: Float.self))
            engine.parallel(rows, grain: max(1, HostEngine.elementGrain / max(count, 1))) { range in
                for index in range { target[index] = row(source + index * count, count) }
            }
        }
    }

    /// Reduction of any axes: folds each element into its output element, in row-major order.
    private static func general<Element: Sendable>(
        _ request: KernelRequest, _ start: Element, _ fold: @escaping @Sendable (Element, Element) -> Element
    ) -> HostKernel? {
        guard let input = request.inputs[0], let output = request.outputs[0] else { return nil }
        let axes = axes(request, rank: input.shape.count)
        // The output's layout over the input's shape: stride 0 along reduced axes.
        let kept = input.shape.indices.map { axes.contains($0) ? 1 : input.shape[$0] }
        let strides = zip(kept.indices, Layout.denseStrides(of: kept)).map { axes.contains($0) ? 0 : $1 }
        let target = Layout(shape: input.shape, strides: strides)
        let loop = StridedLoop(shape: input.shape, [target, input.layout])
        return HostKernel(request.operation.name, request, flops: Double(input.elementCount)) { operands in
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

    static func argMax(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        switch request.inputs[0]?.dtype {
        case .float32: argMax(request) { (a: Float, b: Float) in a > b || (a.isNaN && !b.isNaN) }
        case .int32: argMax(request) { (a: Int32, b: Int32) in a > b }
        case .int64: argMax(request) { (a: Int64, b: Int64) in a > b }
        default: nil
        }
    }

    /// The first index of the maximum; NaN counts as larger than every number.
    private static func argMax<Element>(
        _ request: KernelRequest, _ exceeds: @escaping @Sendable (Element, Element) -> Bool
    ) -> HostKernel? {
        guard let input = request.inputs[0] else { return nil }
        let axis = Copies.positive(request.attributes.integer("axis"), input.shape.count)
        let outer = input.shape[..<axis].reduce(1, *)
        let inner = input.shape[(axis + 1)...].reduce(1, *)
        let size = input.shape[axis]
        return HostKernel("arg_max", request, flops: Double(input.elementCount)) { operands in
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
