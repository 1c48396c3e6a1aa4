import AttendBackend

/// Kernels that only copy elements: the size matters, not the dtype.
enum Moves {
    /// transpose, broadcast, slice, reshape: a view of the input, copied to a dense output.
    static func view(
        _ call: ViewCall, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        let output = call.output
        var kernel = OpenCLKernel("copy", call.request, engine, flops: 0)
        // No view: the host passes the input dense, and it is copied unchanged.
        let source = call.layout ?? Layout(dense: output.shape)
        kernel.add(try move(output.dtype, input: 0, from: source, to: output.layout, engine))
        if call.layout != nil { kernel.stridedInputs = [0] }
        return kernel
    }

    static func pad(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let input = request.inputs[0], let output = request.outputs[0] else {
            throw UnsupportedOperation("needs an input")
        }
        let value = request.attributes.number("value")
        var kernel = OpenCLKernel("pad", request, engine, flops: 0)
        kernel.add(fill(output, Tensor(scalar: value, dtype: output.dtype), engine))
        let target = box(of: output.shape, from: request.attributes.concreteSizes("before"), sizes: input.shape)
        kernel.add(try move(output.dtype, input: 0, from: input.layout, to: target, engine))
        kernel.stridedInputs = [0]
        return kernel
    }

    static func concatenate(
        _ request: KernelRequest, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let output = request.outputs[0] else { throw UnsupportedOperation("needs an output") }
        let axis = request.attributes.integer("axis").fromFront(of: output.shape.count)
        var kernel = OpenCLKernel("concatenate", request, engine, flops: 0)
        var corner = output.shape.map { _ in 0 }
        for (index, input) in request.inputs.enumerated() {
            guard let input else { continue }
            let target = box(of: output.shape, from: corner, sizes: input.shape)
            kernel.add(try move(output.dtype, input: index, from: input.layout, to: target, engine))
            corner[axis] += input.shape[axis]
        }
        kernel.stridedInputs = Set(request.inputs.indices)
        return kernel
    }

    /// Copies input `input` from one layout to another of output 0.
    static func move(
        _ dtype: DType, input: Int, from source: Layout, to target: Layout, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> Launch {
        var program = engine.program([.moves])
        program.define("ELEMENT", dtype.bitsName)
        var walk = try Walk(source.shape, [target, source])
        let items = walk.share(engine)
        return Launch(
            program, "move_elements", [.output(0, dtype), .input(input, dtype), walk.argument], items: items,
            group: engine.group())
    }

    private static func fill(_ output: Operand, _ element: Tensor, _ engine: OpenCLEngine) -> Launch {
        var program = engine.program([.moves])
        program.define("ELEMENT", output.dtype.bitsName)
        let bytes = element.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
        let count = output.elementCount
        let chunk = engine.isCPU ? max(1024, (count + engine.itemGoal - 1) / engine.itemGoal) : 1
        return Launch(
            program, "fill_elements",
            [.output(0, output.dtype), .bytes(bytes), .value(count), .value(UInt32(chunk))],
            items: (count + chunk - 1) / chunk, group: engine.group())
    }

    /// A box inside of a dense value.
    private static func box(of shape: [Int], from corner: [Int], sizes: [Int]) -> Layout {
        let whole = Layout(dense: shape)
        return Layout(
            shape: sizes, strides: whole.strides, offset: zip(corner, whole.strides).reduce(0) { $0 + $1.0 * $1.1 })
    }
}
