import AttendBackend

/// reduce_sum, reduce_max and arg_max: one group of work-items per output element, or one item where few elements are
/// reduced, on inputs with any strides.
enum Reductions {
    /// Number of elements that one item of a GPU reduces alone.
    private static let shortCount = 16

    static func kernel(
        _ call: ReductionCall, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        let (input, output, axes) = (call.input, call.output, Set(call.axes))
        let kept = input.shape.indices.filter { !axes.contains($0) }
        let gone = input.shape.indices.filter { axes.contains($0) }
        func layout(_ axes: [Int], offset: Int) -> Layout {
            Layout(shape: axes.map { input.shape[$0] }, strides: axes.map { input.layout.strides[$0] }, offset: offset)
        }
        let (keptLayout, goneLayout) = (layout(kept, offset: input.layout.offset), layout(gone, offset: 0))
        let isReal = input.dtype.isFloatingPoint
        var program = engine.program([.functions, .groups, .reductions], wide: isReal)
        program.define("KIND", input.dtype.kind)
        if isReal { program.define("REAL") }
        let lowest = isReal ? "(-INFINITY)" : input.dtype == .int64 ? "LONG_MIN" : "INT_MIN"
        switch call.function {
        case .maximum: program.define("MAXIMUM")
        case .argument: program.define("ARGUMENT")
        case .sum: break
        }
        program.define("FIRST", call.function == .sum ? "0" : lowest)
        if !isReal {
            program.define("WHOLE", input.dtype == .int64 ? "long" : "int")
            program.define("UNSIGNED", input.dtype == .int64 ? "ulong" : "uint")
        }
        var kernel = OpenCLKernel(call.request.operation.name, call.request, engine, flops: Double(input.elementCount))
        let outer = try Walk(
            keptLayout.shape, [Layout(dense: keptLayout.shape), keptLayout], outerOnly: true)
        let inner = try Walk(goneLayout.shape, [Layout(dense: goneLayout.shape), goneLayout])
        let group = engine.group()
        let isShort = group > 1 && goneLayout.elementCount <= shortCount
        if isShort { program.define("SHORT") }
        kernel.add(
            Launch(
                program, "reduce",
                [.output(0, output.dtype), .input(0, input.dtype), outer.argument, inner.argument],
                items: isShort ? output.elementCount : output.elementCount * group, group: group))
        kernel.stridedInputs = [0]
        return kernel
    }
}
