import AttendBackend

/// matmul, linear and fused_linear, with the kernels of the device's class.
enum Products {
    /// Panel layouts of the right-hand operand on a CPU; `transposed` if the product reads it transposed.
    enum Packing: String {
        case plain = "product.panels"
        case transposed = "product.panels.transposed"
    }

    static func matmul(_ call: MatmulCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let product = Product(
            a: ProductOperand(call.lhs, transposed: call.isLHSTransposed),
            b: ProductOperand(call.rhs, transposed: call.isRHSTransposed), batch: Array(call.output.shape.dropLast(2)),
            output: call.output.dtype, bias: nil)
        var kernel = try product.kernel("sgemm", call.request, engine)
        kernel.stridedInputs = [0, 1]
        if kernel.packings[1] != nil {
            kernel.packings[1] = (call.isRHSTransposed ? Packing.transposed : .plain).rawValue
        }
        return kernel
    }

    /// `input · weightᵀ + bias` as one product over all rows, with the epilogue of `fused_linear`.
    static func linear(_ call: LinearCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let (weight, dtype) = (call.weight, try Rows.float(call.input, "input").dtype)
        guard [weight, call.bias, call.residual].allSatisfy({ $0.map { $0.dtype == dtype } ?? true }) else {
            throw UnsupportedOperation("all operands must be \(dtype), as the input is")
        }
        let flat = Operand(dtype: dtype, layout: Layout(dense: [call.rows, call.inner]))
        let dense = Operand(dtype: weight.dtype, layout: Layout(dense: weight.shape), isConstant: weight.isConstant)
        var product = Product(
            a: ProductOperand(flat, transposed: false), b: ProductOperand(dense, transposed: true), batch: [],
            output: dtype, bias: call.bias.map { _ in LinearCall.Input.bias.rawValue })
        var parts = ["sgemm"]
        if product.bias != nil { parts.append("bias") }
        if call.activation != .none {
            product.activation = "op_\(call.activation.rawValue)"
            parts.append(call.activation.rawValue)
        }
        if call.residual != nil {
            product.residual = LinearCall.Input.residual.rawValue
            parts.append("residual")
        }
        var kernel = try product.kernel(parts.joined(separator: " + "), call.request, engine)
        let slot = LinearCall.Input.weight.rawValue
        if kernel.packings[slot] != nil { kernel.packings[slot] = Packing.transposed.rawValue }
        return kernel
    }

    /// Packs a weight on the device.
    static func pack(_ constant: Tensor, _ layout: String, _ backend: OpenCLBackend) throws(BackendError)
        -> OpenCLBuffer
    {
        guard let packing = Packing(rawValue: layout), constant.shape.count == 2 else {
            throw .failed(
                backend: OpenCL.name, action: "pack a constant",
                reason: "\(constant.dtype)\(constant.shape) has no layout \"\(layout)\"")
        }
        let engine = backend.engine
        let operand = ProductOperand(
            Operand(dtype: constant.dtype, layout: Layout(dense: constant.shape)), transposed: packing == .transposed)
        let panels = Panels(operand, engine)
        let stream = try OpenCLStream(engine)
        let source = try engine.memory.take(constant.elementCount * constant.dtype.byteCount)
        let target = try engine.memory.take(panels.byteCount)
        try stream.copyIn(constant, to: BufferSlice(source))
        let operation = Operation(.matmul, attributes: [:])
        var kernel = OpenCLKernel("pack", KernelRequest(operation: operation, inputs: [], outputs: []), engine)
        do throws(UnsupportedOperation) {
            kernel.add(try panels.launch(from: .input(0, constant.dtype), to: .output(0, .float32)))
        } catch {
            throw .failed(backend: OpenCL.name, action: "pack a constant", reason: error.reason)
        }
        try kernel.makeInstance(on: stream).run(inputs: [BufferSlice(source)], outputs: [BufferSlice(target)])
        try stream.synchronize()
        return target
    }
}

/// One operand of a batched product: strided matrices, one for each index of its own batch.
struct ProductOperand {
    let dtype: DType
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int
    /// The axes before the last two.
    let batch: Layout
    let isConstant: Bool

    init(_ operand: Operand, transposed: Bool) {
        let (layout, rank) = (operand.layout, operand.shape.count)
        let (rowAxis, columnAxis) = transposed ? (rank - 1, rank - 2) : (rank - 2, rank - 1)
        dtype = operand.dtype
        rows = layout.shape[rowAxis]
        columns = layout.shape[columnAxis]
        rowStride = layout.strides[rowAxis]
        columnStride = layout.strides[columnAxis]
        batch = Layout(
            shape: Array(layout.shape.dropLast(2)), strides: Array(layout.strides.dropLast(2)), offset: layout.offset)
        isConstant = operand.isConstant && rank == 2
    }
}
