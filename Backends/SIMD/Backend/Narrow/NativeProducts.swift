import AttendBackend
import SIMDKernelTypes
import SIMDKernels

/// matmul, linear and fused_linear of bfloat16 by the processor's own instruction, where the kernel table has it and the
/// products are the table's.
enum NativeProducts {
    /// Panel layouts of a constant right-hand operand, in pairs along k, with half the bytes of float32; `transposed` if the
    /// product reads it transposed.
    enum Packing: String {
        case plain = "product.bfloat16.pairs"
        case transposed = "product.bfloat16.pairs.transposed"
    }

    /// Nil for other operations and types.
    static func kernel(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let native = engine.table.nativeBFloat16, engine.matrices.takesPacked,
            (request.inputs + request.outputs).allSatisfy({ $0 == nil || $0?.dtype == .bfloat16 })
        else { return nil }
        if let call = MatmulCall(request) { return matmul(call, engine, native) }
        if let call = LinearCall(request) { return linear(call, engine, native) }
        return nil
    }

    private static func matmul(_ call: MatmulCall, _ engine: HostEngine, _ native: BFloat16Kernels) -> HostKernel {
        let output = call.output
        let a = Matrices(call.lhs, transposed: call.isLHSTransposed, batch: output.shape)
        let b = Matrices(call.rhs, transposed: call.isRHSTransposed, batch: output.shape)
        let batches = output.shape.dropLast(2).reduce(1, *)
        let (m, n, k) = (a.rows, b.columns, a.columns)
        let packed = call.rhs.isConstant && call.rhs.shape.count == 2
        var kernel = HostKernel("bfloat16 gemm (\(engine.matrices.name))", call.request, flops: call.flops) {
            operands in
            let (lhs, rhs) = (operands.input(0, as: UInt16.self), operands.input(1, as: UInt16.self))
            let target = operands.output(as: UInt16.self)
            func product(_ batch: Int) -> BFloat16Product {
                BFloat16Product(
                    m: m, n: n, k: k, a: a.operand(lhs, batch),
                    b: packed ? .packed(rhs) : .plain(b.operand(rhs, batch)),
                    c: target + batch * m * n)
            }
            if batches == 1 || m * n * k > 1 << 22 {
                for batch in 0..<batches { engine.table.multiply(product(batch), native, parallelFor: engine.spread) }
            } else {
                engine.parallel(batches, grain: 1) { range in
                    for batch in range {
                        engine.table.multiply(product(batch), native) { count, _, body in body(0..<count) }
                    }
                }
            }
        }.strided([0, 1])
        if packed { kernel.packings = [1: (call.isRHSTransposed ? Packing.transposed : .plain).rawValue] }
        return kernel
    }

    private static func linear(_ call: LinearCall, _ engine: HostEngine, _ native: BFloat16Kernels) -> HostKernel {
        let (m, n, k) = (call.rows, call.outer, call.inner)
        let packed = call.weight.isConstant
        let (activation, hasResidual) = (Activation(call.activation), call.residual != nil)
        var parts = ["bfloat16 gemm (\(engine.matrices.name))"]
        if call.bias != nil { parts.append("bias") }
        if call.activation != .none { parts.append(call.activation.rawValue) }
        if hasResidual { parts.append("residual") }
        let weight = LinearCall.Input.weight.rawValue
        var kernel = HostKernel(parts.joined(separator: " + "), call.request, flops: call.flops) { operands in
            let weights = operands.input(weight, as: UInt16.self)
            engine.table.multiply(
                BFloat16Product(
                    m: m, n: n, k: k, a: NarrowMatrix(operands.input(0), rowStride: k),
                    b: packed ? .packed(weights) : .plain(NarrowMatrix(weights, rowStride: 1, columnStride: k)),
                    c: operands.output(), bias: operands.optionalInput(LinearCall.Input.bias.rawValue),
                    activation: activation,
                    residual: hasResidual ? operands.optionalInput(LinearCall.Input.residual.rawValue) : nil),
                native, parallelFor: engine.spread)
        }
        if packed { kernel.packings = [weight: Packing.transposed.rawValue] }
        return kernel
    }

    /// Packs a weight as a right-hand operand.
    static func pack(_ constant: Tensor, _ packing: Packing, _ engine: HostEngine, backend: String) throws(BackendError)
        -> HostMemory
    {
        guard case .bfloat16(let numbers) = constant.storage, constant.shape.count == 2,
            let native = engine.table.nativeBFloat16
        else {
            throw .failed(
                backend: backend, action: "pack a constant",
                reason: "expected a matrix of bfloat16, found \(constant.dtype)\(constant.shape)")
        }
        let (rows, columns) = (constant.shape[0], constant.shape[1])
        let (k, n) = packing == .plain ? (rows, columns) : (columns, rows)
        let buffer = try HostMemory(byteCount: PairPanels.byteCount(k: k, n: n), backend: backend)
        numbers.withUnsafeBufferPointer { source in
            guard let address = source.baseAddress else { return }
            let plain = NarrowMatrix(address, rowStride: columns)
            PairPanels.pack(
                k: k, n: n, packing == .plain ? plain : NarrowMatrix(address, rowStride: 1, columnStride: columns),
                into: buffer.address.assumingMemoryBound(to: UInt16.self), native, parallelFor: engine.spread)
        }
        return buffer
    }
}
