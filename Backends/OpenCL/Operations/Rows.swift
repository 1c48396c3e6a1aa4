import AttendBackend

/// softmax, log_softmax and the norms, along the last axes: float32 inside, one rounding to the storage.
enum Rows {
    static func softmax(_ call: SoftmaxCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let shape = try float(call.input, "input").shape
        guard !shape.isEmpty, call.axis == shape.count - 1 else {
            throw UnsupportedOperation("the kernel supports only the last axis")
        }
        var program = engine.program([.functions, .groups, .rows], wide: true)
        if call.isLogarithmic { program.define("LOG") }
        return kernel(
            "softmax", call.request, call.input, engine, program, width: shape[call.axis], [], flops: 6)
    }

    static func norm(_ call: NormCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        _ = try float(call.input, "input")
        var program = engine.program([.functions, .groups, .rows], wide: true)
        if !call.isCentered { program.define("ROOT_MEAN_SQUARE") }
        var arguments: [Launch.Argument] = []
        let parameters: [(NormCall.Input, Operand?, String)] = [
            (.scale, call.scale, "SCALE"), (.bias, call.bias, "BIAS")
        ]
        for (input, operand, macro) in parameters {
            guard let operand else { continue }
            guard operand.shape == call.row, operand.dtype == call.input.dtype else {
                throw UnsupportedOperation(
                    "scale and bias must be \(call.input.dtype) of the shape \(call.row) of a row, "
                        + "found \(operand.dtype)\(operand.shape)")
            }
            program.define(macro)
            arguments.append(.input(input.rawValue, operand.dtype))
        }
        return kernel(
            "layer_norm", call.request, call.input, engine, program, width: call.row.reduce(1, *), arguments, flops: 8,
            last: [.value(Float(call.epsilon))])
    }

    static func float(_ operand: Operand, _ name: String) throws(UnsupportedOperation) -> Operand {
        guard operand.dtype.isFloatingPoint else {
            throw UnsupportedOperation("\(name) is \(operand.dtype), the kernel takes floating-point numbers")
        }
        return operand
    }

    private static func kernel(
        _ function: String, _ request: KernelRequest, _ input: Operand, _ engine: OpenCLEngine,
        _ program: ProgramSpecification, width: Int,
        _ parameters: [Launch.Argument], flops: Double, last: [Launch.Argument] = []
    ) -> OpenCLKernel {
        let (count, dtype) = (input.elementCount, input.dtype)
        var program = program
        program.define("KIND", dtype.kind)
        let rows = width == 0 ? 0 : count / width
        let itemRows =
            engine.isCPU ? max(1, min(4096 / max(width, 1), (rows + engine.itemGoal - 1) / engine.itemGoal)) : 1
        let group = engine.group()
        var kernel = OpenCLKernel(request.operation.name, request, engine, flops: Double(count) * flops)
        let sizes: [Launch.Argument] = [.value(UInt32(rows)), .value(UInt32(width)), .value(UInt32(itemRows))]
        kernel.add(
            Launch(
                program, function, [.output(0, dtype), .input(0, dtype)] + parameters + sizes + last,
                items: (rows + itemRows - 1) / itemRows * group, group: group))
        kernel.overwritableInputs = [0]
        return kernel
    }
}
