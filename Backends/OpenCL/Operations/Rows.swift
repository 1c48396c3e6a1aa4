import AttendCore

/// softmax, log_softmax and the norms, along the last axes of float32.
enum Rows {
    static func softmax(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let input = try float(request.inputs[0], "input")
        let rank = input.shape.count
        guard rank > 0, Moves.positive(request.attributes.integer("axis"), rank) == rank - 1 else {
            throw UnsupportedOperation("the kernel works along the last axis")
        }
        var program = engine.program([.functions, .groups, .rows], wide: true)
        if request.operation.name == "log_softmax" { program.define("LOG") }
        return kernel("softmax", request, engine, program, width: input.shape[rank - 1], [], flops: 6)
    }

    /// - Parameter parameters: The macros of the inputs after the first, in order.
    static func norm(
        _ request: KernelRequest, _ engine: OpenCLEngine, parameters: [String]
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        let input = try float(request.inputs[0], "input")
        let row = Array(input.shape[Moves.positive(request.attributes.integer("axis"), input.shape.count)...])
        var program = engine.program([.functions, .groups, .rows], wide: true)
        if request.operation.name == "rms_norm" { program.define("ROOT_MEAN_SQUARE") }
        var arguments: [Launch.Argument] = []
        for (index, macro) in parameters.enumerated() {
            guard let parameter = request.inputs[index + 1] else { continue }
            guard parameter.shape == row, parameter.dtype == .float32 else {
                throw UnsupportedOperation(
                    "scale and bias must have the shape \(row) of a row, found \(parameter.shape)")
            }
            program.define(macro)
            arguments.append(.input(index + 1, .float32))
        }
        let epsilon = Launch.Argument.value(Float(request.attributes.number("epsilon")))
        return kernel(
            "layer_norm", request, engine, program, width: row.reduce(1, *), arguments, flops: 8, last: [epsilon])
    }

    static func float(_ operand: Operand?, _ name: String) throws(UnsupportedOperation) -> Operand {
        guard let operand, operand.dtype == .float32 else {
            throw UnsupportedOperation("\(name) is \(operand?.dtype.rawValue ?? "absent"), the kernel takes float32")
        }
        return operand
    }

    private static func kernel(
        _ function: String, _ request: KernelRequest, _ engine: OpenCLEngine, _ program: ProgramSpecification,
        width: Int,
        _ parameters: [Launch.Argument], flops: Double, last: [Launch.Argument] = []
    ) -> OpenCLKernel {
        let count = request.inputs[0]?.elementCount ?? 0
        let rows = width == 0 ? 0 : count / width
        let itemRows =
            engine.isCPU ? max(1, min(4096 / max(width, 1), (rows + engine.itemGoal - 1) / engine.itemGoal)) : 1
        let group = engine.group()
        var kernel = OpenCLKernel(request.operation.name, request, engine, flops: Double(count) * flops)
        let sizes: [Launch.Argument] = [.value(UInt32(rows)), .value(UInt32(width)), .value(UInt32(itemRows))]
        kernel.add(
            Launch(
                program, function, [.output(0, .float32), .input(0, .float32)] + parameters + sizes + last,
                items: (rows + itemRows - 1) / itemRows * group, group: group))
        kernel.overwritableInputs = [0]
        return kernel
    }
}
