import AttendBackend

/// Element-wise operations on inputs with any strides.
enum Elementwise {
    static func primitive(
        _ primitive: Primitive, _ request: KernelRequest, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let first = request.inputs.last ?? nil else { throw UnsupportedOperation("needs an input") }
        let name: String
        if first.dtype.isInteger, !keepsName(primitive) {
            name = "op_int_\(primitive.rawValue)"
        } else {
            name = "op_\(primitive.rawValue)"
        }
        return try kernel(name, primitive.rawValue, request, engine)
    }

    static func activation(_ call: ActivationCall, _ engine: OpenCLEngine) throws(UnsupportedOperation)
        -> OpenCLKernel
    {
        _ = try Rows.float(call.input, "input")
        let name = call.request.operation.name
        return try kernel(
            call.function == .geluTanh ? "op_gelu_tanh" : "op_\(name)", name, call.request, engine)
    }

    static func cast(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let input = request.inputs[0], let output = request.outputs[0] else {
            throw UnsupportedOperation("needs an input")
        }
        if input.dtype == output.dtype { return try kernel("op_copy", "cast", request, engine) }
        let name =
            switch (input.dtype.isFloatingPoint, output.dtype) {
            case (true, .float32), (true, .float16), (true, .bfloat16): "op_copy"
            case (false, .float32): "cast_to_float"
            case (false, .float16), (false, .bfloat16): "cast_to_odd"
            case (true, .int32): "cast_float_to_i32"
            case (true, .int64): "cast_float_to_i64"
            case (false, .int32): input.dtype == .int64 ? "cast_to_i32" : "op_copy"
            case (false, .int64): "cast_to_i64"
            case (_, .bool): "cast_to_bool"
            }
        return try kernel(name, "cast", request, engine)
    }

    /// Comparisons, logic and `where` have the same macros for all dtypes.
    private static func keepsName(_ primitive: Primitive) -> Bool {
        primitive.family == .comparison || primitive.family == .logic || primitive == .where
    }

    private static func kernel(
        _ function: String, _ name: String, _ request: KernelRequest, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let output = request.outputs[0] else { throw UnsupportedOperation("needs an output") }
        let inputs = request.inputs.compactMap(\.self)
        // Vectors for floating-point operands only: bools and integers are processed one by one.
        let isWide = (inputs + [output]).allSatisfy(\.dtype.isFloatingPoint)
        var program = engine.program([.functions, .elementwise], wide: isWide)
        program.define("INPUTS", "\(inputs.count)")
        program.define("OPERATION", function)
        program.define("KIND_OUT", output.dtype.kind)
        for (index, input) in inputs.enumerated() { program.define("KIND_\(index + 1)", input.dtype.kind) }
        if function.hasPrefix("op_int_") {
            program.define("WHOLE", inputs[0].dtype == .int64 ? "long" : "int")
            program.define("UNSIGNED", inputs[0].dtype == .int64 ? "ulong" : "uint")
        }

        var walk = try Walk(
            output.shape, [Layout(dense: output.shape)] + inputs.map { $0.layout.broadcast(to: output.shape) })
        let items = walk.share(engine)
        let operands =
            [Launch.Argument.output(0, output.dtype)] + inputs.indices.map { .input($0, inputs[$0].dtype) }
        var kernel = OpenCLKernel(name, request, engine)
        kernel.add(
            Launch(program, "elementwise", operands + [walk.argument], items: items, group: engine.group()))
        kernel.stridedInputs = Set(inputs.indices)
        kernel.overwritableInputs = Set(
            inputs.indices.filter { inputs[$0].dtype == output.dtype && inputs[$0].shape == output.shape })
        return kernel
    }
}

extension DType {
    /// The dtype's name in kernels.
    var kind: String {
        switch self {
        case .float32: "f32"
        case .float16: "f16"
        case .bfloat16: "bf16"
        case .int32: "i32"
        case .int64: "i64"
        case .bool: "bool"
        }
    }

    /// An unsigned integer type of the dtype's size, for kernels that only copy bits.
    var bitsName: String {
        switch byteCount {
        case 1: "uchar"
        case 2: "ushort"
        case 4: "uint"
        default: "ulong"
        }
    }
}
