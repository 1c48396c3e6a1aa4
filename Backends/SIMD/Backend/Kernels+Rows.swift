import AttendCore
import SIMDKernelTypes

/// Composites that work row by row over the last axes: softmax, the norms, activations.
enum Rows {
    /// softmax and log_softmax over the last axis.
    static func softmax(_ request: KernelRequest, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        let input = try float(request.inputs[0], "input")
        let axis = Copies.positive(request.attributes.integer("axis"), input.shape.count)
        guard axis == input.shape.count - 1 else {
            throw UnsupportedOperation("the axis is \(axis), only the last of \(input.shape.count) has a kernel")
        }
        let rows = engine.table.rows
        let kernel = request.operation.name == "softmax" ? rows.softmax : rows.logSoftmax
        return byRow(request, engine, width: input.shape[axis], flops: 10) { operands, offset, width in
            kernel(operands.input(0) + offset, operands.output() + offset, width)
        }
    }

    static func layerNorm(_ request: KernelRequest, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        let (width, epsilon) = try norm(request, parameters: 1...2)
        let kernel = engine.table.rows.layerNorm
        return byRow(request, engine, width: width, flops: 8) { operands, offset, width in
            kernel(
                operands.input(0) + offset, operands.optionalInput(1), operands.optionalInput(2),
                operands.output() + offset, width, epsilon)
        }
    }

    static func rmsNorm(_ request: KernelRequest, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        let (width, epsilon) = try norm(request, parameters: 1...1)
        let kernel = engine.table.rows.rmsNorm
        return byRow(request, engine, width: width, flops: 5) { operands, offset, width in
            kernel(operands.input(0) + offset, operands.optionalInput(1), operands.output() + offset, width, epsilon)
        }
    }

    static func activation(_ request: KernelRequest, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        _ = try float(request.inputs[0], "input")
        let unary = engine.table.unary
        let kernel: UnaryKernel =
            switch request.operation.name {
            case "relu": unary.relu
            case "silu": unary.silu
            case "sigmoid": unary.sigmoid
            default: request.attributes.string("approximation") == "tanh" ? unary.geluTanh : unary.geluErf
            }
        return Elementwise.unary(request.operation.name, kernel, request, engine)
    }

    /// The row's width, after checking that scale and bias lie along it.
    private static func norm(
        _ request: KernelRequest, parameters: ClosedRange<Int>
    ) throws(UnsupportedOperation) -> (width: Int, epsilon: Float) {
        let input = try float(request.inputs[0], "input")
        let axis = Copies.positive(request.attributes.integer("axis"), input.shape.count)
        let row = Array(input.shape[axis...])
        for index in parameters {
            guard let parameter = request.inputs[index] else { continue }
            guard parameter.shape == row, parameter.dtype == .float32 else {
                throw UnsupportedOperation(
                    "scale and bias must have the shape \(row) of a row, found \(parameter.shape)")
            }
        }
        return (row.reduce(1, *), Float(request.attributes.number("epsilon")))
    }

    static func float(_ operand: Operand?, _ name: String) throws(UnsupportedOperation) -> Operand {
        guard let operand, operand.dtype == .float32 else {
            throw UnsupportedOperation("\(name) is \(operand?.dtype.rawValue ?? "absent"), the kernel takes float32")
        }
        return operand
    }

    private static func byRow(
        _ request: KernelRequest, _ engine: HostEngine, width: Int, flops: Double,
        _ body: @escaping @Sendable (HostOperands, _ offset: Int, _ width: Int) -> Void
    ) -> HostKernel {
        let count = request.inputs[0]?.elementCount ?? 0
        let rows = width == 0 ? 0 : count / width
        return HostKernel(request.operation.name, request, flops: Double(count) * flops) { operands in
            engine.parallel(rows, grain: max(1, HostEngine.elementGrain / 4 / max(width, 1))) { range in
                for row in range { body(operands, row * width, width) }
            }
        }.overwriting([0])
    }
}
