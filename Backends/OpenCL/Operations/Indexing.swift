import AttendBackend

/// gather, scatter_add and update_slice. Indices are read on the device; one outside of its axis sets the stream's
/// flag.
enum Indexing {
    static func gather(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let input = request.inputs[0], let indices = request.inputs[1] else {
            throw UnsupportedOperation("needs its inputs")
        }
        let sizes = Sizes(request, input, positions: indices.elementCount)
        var program = engine.program([.moves])
        program.define("ELEMENT", input.dtype.bitsName)
        program.define("INDEX_KIND", indices.dtype.kind)
        var kernel = OpenCLKernel("gather", request, engine, flops: 0)
        let places = sizes.outer * sizes.positions
        let arguments: [Launch.Argument] = [
            .output(0, input.dtype), .input(0, input.dtype), .input(1, indices.dtype), .flag, sizes.argument
        ]
        // A work-item copies a row on a CPU, one element on a GPU.
        let items = engine.isCPU ? places : places * max(1, sizes.row)
        kernel.add(Launch(program, "gather_rows", arguments, items: items, group: engine.group()))
        return kernel
    }

    static func scatterAdd(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation)
        -> OpenCLKernel
    {
        guard let input = request.inputs[0], let indices = request.inputs[1], let updates = request.inputs[2] else {
            throw UnsupportedOperation("needs its inputs")
        }
        let sizes = Sizes(request, input, positions: indices.elementCount)
        let isNarrow = input.dtype.isFloatingPoint && input.dtype != .float32
        var program = engine.program([.functions, .scatter])
        program.define("KIND", input.dtype.kind)
        program.define("INDEX_KIND", indices.dtype.kind)
        program.define("ADD", input.dtype.isInteger ? "op_int_add" : "op_add")
        program.define("WHOLE", input.dtype == .int64 ? "long" : "int")
        program.define("UNSIGNED", input.dtype == .int64 ? "ulong" : "uint")
        var kernel = OpenCLKernel("scatter_add", request, engine, flops: Double(updates.elementCount))
        let output = Launch.Argument.output(0, input.dtype)
        let rest: [Launch.Argument] = [.input(1, indices.dtype), .input(2, input.dtype), .flag, sizes.argument]
        if isNarrow {
            program.define("NARROW")
            kernel.add(
                Launch(
                    program, "scatter_add", [output, .input(0, input.dtype)] + rest, items: input.elementCount,
                    group: engine.group()))
        } else {
            kernel.steps.append(
                .copy(input: 0, output: 0, byteCount: input.elementCount * input.dtype.byteCount))
            kernel.overwritableInputs = [0]
            if sizes.positions > 0 {
                kernel.add(
                    Launch(
                        program, "scatter_add", [output] + rest, items: sizes.outer * sizes.row, group: engine.group()))
            }
        }
        return kernel
    }

    static func updateSlice(
        _ request: KernelRequest, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let input = request.inputs[0], let update = request.inputs[1], let start = request.inputs[2] else {
            throw UnsupportedOperation("needs its inputs")
        }
        let axis = Moves.positive(request.attributes.integer("axis"), input.shape.count)
        let sizes = Sizes(request, input, positions: update.shape[axis])
        var program = engine.program([.moves])
        program.define("ELEMENT", input.dtype.bitsName)
        program.define("INDEX_KIND", start.dtype.kind)
        var kernel = OpenCLKernel("update_slice", request, engine, flops: 0)
        kernel.steps.append(.copy(input: 0, output: 0, byteCount: input.elementCount * input.dtype.byteCount))
        kernel.overwritableInputs = [0]
        let places = sizes.outer * sizes.positions
        let arguments: [Launch.Argument] = [
            .output(0, input.dtype), .input(1, input.dtype), .input(2, start.dtype), .flag, sizes.argument
        ]
        // At least one item, so that the start is checked even if there is nothing to write.
        kernel.add(
            Launch(
                program, "update_rows", arguments, items: max(1, engine.isCPU ? places : places * sizes.row),
                group: engine.group()))
        return kernel
    }

    /// The input as blocks of rows along the axis, laid out as the kernels' `Indexing` struct.
    private struct Sizes {
        let outer: Int
        let rows: Int
        let positions: Int
        let row: Int

        init(_ request: KernelRequest, _ input: Operand, positions: Int) {
            let axis = Moves.positive(request.attributes.integer("axis"), input.shape.count)
            outer = input.shape[..<axis].reduce(1, *)
            rows = input.shape[axis]
            row = input.shape[(axis + 1)...].reduce(1, *)
            self.positions = positions
        }

        var argument: Launch.Argument {
            let bytes = StructBytes { out in
                for number in [outer, rows, positions, row] { out.add(number) }
            }
            return .bytes(bytes.bytes)
        }
    }
}
