import AttendBackend

/// quantized_linear, with the weights as they are stored.
enum Quantized {
    /// Rows for which a weight is unpacked once.
    private static let rows = 4

    static func linear(_ call: QuantizedLinearCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel
    {
        let dtype = try Rows.float(call.input, "input").dtype
        guard [call.scales, call.offsets, call.bias].allSatisfy({ $0.map { $0.dtype == dtype } ?? true }) else {
            throw UnsupportedOperation("all floating-point operands must be \(dtype), as the input is")
        }
        typealias Input = QuantizedLinearCall.Input
        var program = engine.program([.quantized])
        program.define("KIND", dtype.kind)
        program.define("BITS", "\(call.bits)")
        program.define("ROWS", "\(rows)")
        if call.bias != nil { program.define("BIAS") }
        var arguments: [Launch.Argument] = [
            .output(0, dtype), .input(Input.input.rawValue, dtype), .input(Input.weight.rawValue, .int32),
            .input(Input.scales.rawValue, dtype), .input(Input.offsets.rawValue, dtype)
        ]
        if call.bias != nil { arguments.append(.input(Input.bias.rawValue, dtype)) }
        let sizes = StructBytes { out in
            for number in [call.rows, call.outer, call.groups, call.group] { out.add(number) }
        }
        arguments.append(.bytes(sizes.bytes))
        var kernel = OpenCLKernel("quantized product, \(call.bits) bits", call.request, engine, flops: call.flops)
        let items = (call.rows + rows - 1) / rows * call.outer
        kernel.add(Launch(program, "quantized_product", arguments, items: max(1, items), group: engine.group()))
        return kernel
    }
}
