import AttendBackend

/// gather, scatter_add and update_slice. Indices are read on the device; one outside of its axis sets the stream's
/// flag.
enum Indexing {
    static func kernel(_ call: IndexCall, _ engine: OpenCLEngine) -> OpenCLKernel {
        switch call.request.operation.primitive {
        case .gather: gather(call, engine)
        case .updateSlice: updateSlice(call, engine)
        default: scatterAdd(call, engine)
        }
    }

    private static func gather(_ call: IndexCall, _ engine: OpenCLEngine) -> OpenCLKernel {
        let (request, input, indices) = (call.request, call.input, call.indices)
        var program = engine.program([.moves])
        program.define("ELEMENT", input.dtype.bitsName)
        program.define("INDEX_KIND", indices.dtype.kind)
        var kernel = OpenCLKernel("gather", request, engine, flops: 0)
        // Without elements to move, there is still an item for each index.
        let places = max(1, call.outer) * call.positions
        let arguments: [Launch.Argument] = [
            .output(0, input.dtype), .input(0, input.dtype), .input(1, indices.dtype), .flag, argument(call)
        ]
        // A work-item copies a row on a CPU, one element on a GPU.
        let items = engine.isCPU ? places : places * max(1, call.row)
        kernel.add(Launch(program, "gather_rows", arguments, items: items, group: engine.group()))
        return kernel
    }

    private static func scatterAdd(_ call: IndexCall, _ engine: OpenCLEngine) -> OpenCLKernel {
        let (request, input, indices) = (call.request, call.input, call.indices)
        let isNarrow = input.dtype.isFloatingPoint && input.dtype != .float32
        var program = engine.program([.functions, .scatter])
        program.define("KIND", input.dtype.kind)
        program.define("INDEX_KIND", indices.dtype.kind)
        program.define("ADD", input.dtype.isInteger ? "op_int_add" : "op_add")
        program.define("WHOLE", input.dtype == .int64 ? "long" : "int")
        program.define("UNSIGNED", input.dtype == .int64 ? "ulong" : "uint")
        var kernel = OpenCLKernel("scatter_add", request, engine, flops: Double(call.updates?.elementCount ?? 0))
        let output = Launch.Argument.output(0, input.dtype)
        let checks = input.elementCount == 0 ? call.positions : 0
        let rest: [Launch.Argument] = [.input(1, indices.dtype), .input(2, input.dtype), .flag, argument(call)]
        if isNarrow {
            program.define("NARROW")
            kernel.add(
                Launch(
                    program, "scatter_add", [output, .input(0, input.dtype)] + rest,
                    items: max(checks, input.elementCount),
                    group: engine.group()))
        } else {
            kernel.steps.append(
                .copy(input: 0, output: 0, byteCount: input.elementCount * input.dtype.byteCount))
            kernel.overwritableInputs = [0]
            if call.positions > 0 {
                kernel.add(
                    Launch(
                        program, "scatter_add", [output] + rest, items: max(checks, call.outer * call.row),
                        group: engine.group()))
            }
        }
        return kernel
    }

    private static func updateSlice(_ call: IndexCall, _ engine: OpenCLEngine) -> OpenCLKernel {
        let (request, input, start) = (call.request, call.input, call.indices)
        var program = engine.program([.moves])
        program.define("ELEMENT", input.dtype.bitsName)
        program.define("INDEX_KIND", start.dtype.kind)
        var kernel = OpenCLKernel("update_slice", request, engine, flops: 0)
        kernel.steps.append(.copy(input: 0, output: 0, byteCount: input.elementCount * input.dtype.byteCount))
        kernel.overwritableInputs = [0]
        let places = call.outer * call.positions
        let arguments: [Launch.Argument] = [
            .output(0, input.dtype), .input(1, input.dtype), .input(2, start.dtype), .flag, argument(call)
        ]
        // An item for each start at least, so that it is checked even if there is nothing to write.
        kernel.add(
            Launch(
                program, "update_rows", arguments,
                items: max(start.elementCount, 1, engine.isCPU ? places : places * call.row), group: engine.group()))
        return kernel
    }

    /// The kernels' `Indexing` struct.
    private static func argument(_ call: IndexCall) -> Launch.Argument {
        let bytes = StructBytes { out in
            for number in [call.outer, call.rows, call.positions, call.row, call.indices.elementCount] {
                out.add(number)
            }
        }
        return .bytes(bytes.bytes)
    }
}
