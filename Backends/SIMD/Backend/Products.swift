import AttendBackend
import SIMDKernelTypes
import SIMDKernels

/// matmul, linear and fused_linear, by the matrix engine.
enum Products {
    /// Panel layouts of a constant right-hand operand; `transposed` if the product reads it transposed.
    enum Packing: String {
        case plain = "product.panels"
        case transposed = "product.panels.transposed"
        case narrow = "product.panels.narrow"
        case narrowTransposed = "product.panels.narrow.transposed"

        var isTransposed: Bool { self == .transposed || self == .narrowTransposed }
        /// Whether 16-bit floats keep their type, half the bytes of float32.
        var isNarrow: Bool { self == .narrow || self == .narrowTransposed }

        init(isTransposed: Bool, isNarrow: Bool) {
            self = isNarrow ? (isTransposed ? .narrowTransposed : .narrow) : isTransposed ? .transposed : .plain
        }
    }

    /// - Parameter narrow: The conversions of a constant rhs that is stored in 16 bits.
    static func matmul(
        _ call: MatmulCall, _ engine: HostEngine, narrow: ConversionKernels? = nil
    ) throws(UnsupportedOperation) -> HostKernel {
        let left = try Rows.float(call.lhs, "lhs")
        let right = try Rows.float(call.rhs, "rhs")
        let output = try Rows.float(call.output, "output")
        let a = Matrices(left, transposed: call.isLHSTransposed, batch: output.shape)
        let b = Matrices(right, transposed: call.isRHSTransposed, batch: output.shape)
        let batches = output.shape.dropLast(2).reduce(1, *)
        let (m, n, k) = (a.rows, b.columns, a.columns)
        try engine.requireSizes([m, n, k])
        let packed = right.isConstant && right.shape.count == 2 && engine.matrices.takesPacked

        let name = "sgemm (\(engine.matrices.name))"
        var kernel = HostKernel(name, call.request, flops: call.flops) { operands in
            let (lhs, rhs) = (operands.input(0, as: Float.self), operands.input(1, as: Float.self))
            let target = operands.output(as: Float.self)
            func product(_ batch: Int) -> MatrixProduct {
                MatrixProduct(
                    m: m, n: n, k: k, a: a.operand(lhs, batch),
                    b: packed ? packedOperand(operands.inputs[1]!, narrow) : .plain(b.operand(rhs, batch)),
                    c: target + batch * m * n, cRowStride: n)
            }
            if batches == 1 || m * n * k > 1 << 22 {
                for batch in 0..<batches { engine.multiplyOverPool(product(batch)) }
            } else {
                engine.parallel(batches, grain: 1) { range in
                    for batch in range { engine.multiply(product(batch)) }
                }
            }
        }.strided([0, 1])
        if packed {
            kernel.packings = [1: Packing(isTransposed: call.isRHSTransposed, isNarrow: narrow != nil).rawValue]
        }
        return kernel
    }

    /// `input · weightᵀ + bias` as one product over all rows, with the epilogue of `fused_linear`.
    ///
    /// - Parameter narrow: The conversions of a constant weight that is stored in 16 bits.
    static func linear(
        _ call: LinearCall, _ engine: HostEngine, narrow: ConversionKernels? = nil
    ) throws(UnsupportedOperation) -> HostKernel {
        _ = try Rows.float(call.input, "input")
        let weight = try Rows.float(call.weight, "weight")
        let (m, n, k) = (call.rows, call.outer, call.inner)
        try engine.requireSizes([m, n, k])
        let packed = weight.isConstant && engine.matrices.takesPacked
        let (activation, hasResidual) = (Activation(call.activation), call.residual != nil)
        var parts = ["sgemm (\(engine.matrices.name))"]
        if call.bias != nil { parts.append("bias") }
        if call.activation != .none { parts.append(call.activation.rawValue) }
        if hasResidual { parts.append("residual") }
        var kernel = HostKernel(parts.joined(separator: " + "), call.request, flops: call.flops) { operands in
            let weights = operands.input(LinearCall.Input.weight.rawValue, as: Float.self)
            let b = MatrixOperand(weights, rowStride: 1, columnStride: k)
            engine.multiplyOverPool(
                MatrixProduct(
                    m: m, n: n, k: k, a: MatrixOperand(operands.input(0), rowStride: k),
                    b: packed ? packedOperand(UnsafeRawPointer(weights), narrow) : .plain(b), c: operands.output(),
                    cRowStride: n,
                    bias: operands.optionalInput(LinearCall.Input.bias.rawValue), activation: activation,
                    residual: hasResidual ? operands.optionalInput(LinearCall.Input.residual.rawValue) : nil))
        }
        if packed {
            let packing = Packing(isTransposed: true, isNarrow: narrow != nil)
            kernel.packings = [LinearCall.Input.weight.rawValue: packing.rawValue]
        }
        return kernel
    }

    private static func packedOperand(_ address: UnsafeRawPointer, _ narrow: ConversionKernels?) -> RightOperand {
        if let narrow { return .narrow(address.assumingMemoryBound(to: UInt16.self), narrow) }
        return .packed(address.assumingMemoryBound(to: Float.self))
    }

    /// Packs a weight as a right-hand operand.
    static func pack(_ constant: Tensor, _ packing: Packing, _ engine: HostEngine, backend: String) throws(BackendError)
        -> HostMemory
    {
        let narrow = packing.isNarrow ? NarrowOperand.conversion(constant.dtype, engine.table) : nil
        guard let values = try? constant.floats(), constant.shape.count == 2, packing.isNarrow == (narrow != nil) else {
            throw .failed(
                backend: backend, action: "pack a constant",
                reason: "expected a matrix of \(packing.isNarrow ? "16-bit " : "")floats, found "
                    + "\(constant.dtype)\(constant.shape)")
        }
        let (rows, columns) = (constant.shape[0], constant.shape[1])
        let (k, n) = packing.isTransposed ? (columns, rows) : (rows, columns)
        let count = engine.table.packedSize(k: k, n: n)
        let wide = try HostMemory(byteCount: count * 4, backend: backend)
        let floats = wide.address.assumingMemoryBound(to: Float.self)
        values.withUnsafeBufferPointer { source in
            guard let address = source.baseAddress else { return }
            let plain = MatrixOperand(address, rowStride: columns)
            engine.table.pack(k: k, n: n, packing.isTransposed ? plain.transposed : plain, into: floats)
        }
        guard let narrow else { return wide }
        // Exact: each number is of the type.
        let buffer = try HostMemory(byteCount: count * 2, backend: backend)
        narrow.narrow(floats, buffer.address.assumingMemoryBound(to: UInt16.self), count)
        return buffer
    }
}

extension Activation {
    init(_ fused: FusedActivation) {
        switch fused {
        case .relu: self = .relu
        case .silu: self = .silu
        case .tanh: self = .tanh
        case .gelu: self = .geluErf
        case .geluTanh: self = .geluTanh
        case .none: self = .none
        }
    }
}

/// One operand of a batched product: a strided matrix for each index of the batch.
struct Matrices: Sendable {
    let rows: Int
    let columns: Int
    private let rowStride: Int
    private let columnStride: Int
    private let batch: Layout

    /// - Parameter shape: The output's shape, to whose leading axes the batch is broadcast.
    init(_ operand: Operand, transposed: Bool, batch shape: [Int]) {
        let (layout, rank) = (operand.layout, operand.shape.count)
        let (rowAxis, columnAxis) = transposed ? (rank - 1, rank - 2) : (rank - 2, rank - 1)
        rows = layout.shape[rowAxis]
        columns = layout.shape[columnAxis]
        rowStride = layout.strides[rowAxis]
        columnStride = layout.strides[columnAxis]
        batch = Layout(
            shape: Array(layout.shape.dropLast(2)), strides: Array(layout.strides.dropLast(2)), offset: layout.offset
        ).broadcast(to: Array(shape.dropLast(2)))
    }

    func operand(_ base: UnsafePointer<Float>, _ index: Int) -> MatrixOperand {
        MatrixOperand(base + batch.position(of: index), rowStride: rowStride, columnStride: columnStride)
    }

    func operand(_ base: UnsafePointer<UInt16>, _ index: Int) -> NarrowMatrix {
        NarrowMatrix(base + batch.position(of: index), rowStride: rowStride, columnStride: columnStride)
    }
}

extension Layout {
    /// Memory offset of the element with this row-major index, in elements.
    func position(of index: Int) -> Int {
        var (position, rest) = (offset, index)
        for axis in shape.indices.reversed() where shape[axis] > 1 {
            position += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
        }
        return position
    }
}
