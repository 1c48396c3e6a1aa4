import AttendBackend
import SIMDKernelTypes

/// Row-wise composites over the last axes: softmax, the norms, activations.
enum Rows {
    /// softmax and log_softmax over the last axis.
    static func softmax(_ call: SoftmaxCall, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        let shape = try float(call.input, "input").shape
        guard call.axis == shape.count - 1 else {
            throw UnsupportedOperation("axis \(call.axis) has no kernel, only the last of \(shape.count) axes has")
        }
        let rows = engine.table.rows
        let kernel = call.isLogarithmic ? rows.logSoftmax : rows.softmax
        return byRow(call.request, engine, width: shape[call.axis], flops: 10) { operands, offset, width in
            kernel(operands.input(0) + offset, operands.output() + offset, width)
        }
    }

    static func norm(_ call: NormCall, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        _ = try float(call.input, "input")
        for case let parameter? in [call.scale, call.bias] {
            guard parameter.shape == call.row, parameter.dtype == .float32 else {
                throw UnsupportedOperation(
                    "scale and bias must have the shape \(call.row) of a row, found \(parameter.shape)")
            }
        }
        let (rows, epsilon) = (engine.table.rows, Float(call.epsilon))
        let (scale, bias) = (NormCall.Input.scale.rawValue, NormCall.Input.bias.rawValue)
        guard call.isCentered else {
            return byRow(call.request, engine, width: call.row.reduce(1, *), flops: 5) { operands, offset, width in
                rows.rmsNorm(
                    operands.input(0) + offset, operands.optionalInput(scale), operands.output() + offset, width,
                    epsilon)
            }
        }
        return byRow(call.request, engine, width: call.row.reduce(1, *), flops: 8) { operands, offset, width in
            rows.layerNorm(
                operands.input(0) + offset, operands.optionalInput(scale), operands.optionalInput(bias),
                operands.output() + offset, width, epsilon)
        }
    }

    static func activation(_ call: ActivationCall, _ engine: HostEngine) throws(UnsupportedOperation) -> HostKernel {
        _ = try float(call.input, "input")
        let function: UnaryFunction =
            switch call.function {
            case .relu: .relu
            case .silu: .silu
            case .sigmoid: .sigmoid
            case .gelu: .gelu
            case .geluTanh: .geluTanh
            }
        return Elementwise.unary(call.request.operation.name, engine.table.unary(function), call.request, engine)
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
