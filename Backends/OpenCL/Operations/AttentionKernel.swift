import AttendCore

/// `attention.v1` as one kernel: online softmax, visibility as a predicate; no scores in the device's memory but a pattern that
/// is asked for.
enum AttentionKernel {
    /// Dimensions that a group's local memory, or an item's private one, has room for.
    private static let widthLimit = 512

    static func kernel(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let query = try Rows.float(request.inputs[0], "query")
        let key = try Rows.float(request.inputs[1], "key")
        let value = try Rows.float(request.inputs[2], "value")
        let (head, valueWidth) = (query.shape[3], value.shape[3])
        guard max(head, valueWidth) <= widthLimit else {
            throw UnsupportedOperation("head dimensions up to \(widthLimit) have a kernel")
        }
        let files: [KernelFile] = [
            .functions, .groups, .attentionCommon, engine.isCPU ? .attentionCPU : .attentionGPU
        ]
        var program = engine.program(files, wide: true)
        program.define("HEAD", "\(head)")
        program.define("VALUE", "\(valueWidth)")
        var arguments: [Launch.Argument] = []
        for (index, macro) in ["OUTPUT", "PATTERN", "LOG_SUM"].enumerated() where request.outputs[index] != nil {
            program.define(macro)
            arguments.append(.output(index, .float32))
        }
        arguments += [.input(0, .float32), .input(1, .float32), .input(2, .float32)]
        if let mask = request.inputs[3] {
            program.define("MASK")
            arguments.append(.input(3, mask.dtype))
        }
        if request.inputs[4] != nil {
            _ = try Rows.float(request.inputs[4], "bias")
            program.define("BIAS")
            arguments.append(.input(4, .float32))
        }
        for (index, macro) in [(5, "LENGTHS"), (6, "OFFSETS")] {
            guard let integers = request.inputs[index] else { continue }
            program.define(macro, integers.dtype.kind)
            arguments.append(.input(index, integers.dtype))
        }
        arguments.append(given(request, query, key, value))

        let pairs = Double(query.shape[0] * query.shape[1] * query.shape[2]) * Double(key.shape[2])
        var kernel = OpenCLKernel(
            "attention (\(engine.context.deviceClass.rawValue))", request, engine,
            flops: 2 * pairs * Double(head + valueWidth))
        let blockRows = engine.isCPU ? 16 : 8
        let blocks = query.shape[0] * query.shape[1] * ((query.shape[2] + blockRows - 1) / blockRows)
        kernel.add(
            Launch(program, "attention", arguments, items: blocks * engine.group(), group: engine.group()))
        kernel.stridedInputs = [0, 1, 2, 3, 4]
        return kernel
    }

    /// The kernels' `Attention`.
    private static func given(
        _ request: KernelRequest, _ query: Operand, _ key: Operand, _ value: Operand
    ) -> Launch.Argument {
        let scores = [query.shape[0], query.shape[1], query.shape[2], key.shape[2]]
        let none = Layout(shape: scores, strides: [0, 0, 0, 0])
        let mask = request.inputs[3]?.layout.broadcast(to: scores) ?? none
        let bias = request.inputs[4]?.layout.broadcast(to: scores) ?? none
        let layouts = [query.layout, key.layout, value.layout, mask, bias]
        let attributes = request.attributes
        let width = Double(max(query.shape[3], 1))
        let bytes = StructBytes { out in
            let group = query.shape[1] / max(1, key.shape[1])
            for number in [query.shape[0], query.shape[1], max(1, group), query.shape[2], key.shape[2]] {
                out.add(number)
            }
            for layout in layouts { for stride in layout.strides { out.add(stride) } }
            for layout in layouts { out.add(layout.offset) }
            out.add(attributes.optionalInteger("window") ?? 0)
            out.add(Int32(attributes.bool("causal") ? 1 : 0))
            out.add(Int32(attributes.string("alignment") == "upper_left" ? 1 : 0))
            out.add(Int32(request.inputs[5]?.elementCount == 1 ? 1 : 0))
            out.add(Int32(request.inputs[6]?.elementCount == 1 ? 1 : 0))
            out.add(Float(attributes.optionalNumber("scale") ?? 1 / width.squareRoot()))
            out.add(Float(attributes.optionalNumber("soft_cap") ?? 0))
        }
        return .bytes(bytes.bytes)
    }
}
