import AttendBackend

/// `attention.v1` as one kernel: online softmax, with visibility as a predicate. Scores are not written to device
/// memory unless the pattern is requested. Operands of 16 bits are read as such; everything computed from them is float32
/// until results are rounded.
enum AttentionKernel {
    /// Maximum head dimension, limited by a group's local or an item's private memory.
    private static let widthLimit = 512

    static func kernel(_ call: AttentionCall, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        let dtype = try Rows.float(call.query, "query").dtype
        guard call.key.dtype == dtype, call.value.dtype == dtype else {
            throw UnsupportedOperation("key and value must be \(dtype), as the query is")
        }
        guard max(call.headDimension, call.valueDimension) <= widthLimit else {
            throw UnsupportedOperation("head dimensions above \(widthLimit) have no kernel")
        }
        let isUnit = [call.key, call.value].allSatisfy { $0.layout.strides[3] == 1 }
        let form = Form(call, engine, isUnit: isUnit)
        var program: ProgramSpecification
        switch form {
        case .rows:
            program = engine.program(
                [.functions, .groups, .attentionCommon, engine.isCPU ? .attentionCPU : .attentionGPU], wide: true)
        case .few(let rows):
            program = engine.program([.functions, .groups, .attentionCommon, .attentionFew], wide: true)
            program.define("ROWS", "\(rows)")
        case .tiles(let width, let vectors):
            program = engine.program([.functions, .attentionCommon, .attentionTiles], width: width)
            program.define("VECTORS", "\(vectors)")
            // Keys, or components of values, at a time: with two vectors they fill half of the registers.
            program.define("TILE", engine.lane == 16 ? "8" : "6")
            if isUnit { program.define("UNIT") }
        }
        program.define("KIND", dtype.kind)
        program.define("HEAD", "\(call.headDimension)")
        program.define("VALUE", "\(call.valueDimension)")
        var arguments: [Launch.Argument] = []
        // Scores stand in the pattern until the end; a pattern of 16 bits, which would round them, has memory beside it.
        let besideByteCount = call.wants(.pattern) && dtype != .float32 ? max(1, call.scores.reduce(4, *)) : 0
        for (output, macro) in zip(AttentionCall.Output.allCases, ["OUTPUT", "PATTERN", "LOG_SUM"])
        where call.wants(output) {
            program.define(macro)
            arguments.append(.output(output.rawValue, output == .logSumExp ? .float32 : dtype))
            if output == .pattern, besideByteCount > 0 { arguments.append(.scratch(elementSize: 4)) }
        }
        arguments += [AttentionCall.Input.query, .key, .value].map { .input($0.rawValue, dtype) }
        if let mask = call.mask {
            program.define("MASK")
            arguments.append(.input(AttentionCall.Input.mask.rawValue, mask.dtype))
        }
        if let bias = call.bias {
            program.define("BIAS", try Rows.float(bias, "bias").dtype.kind)
            arguments.append(.input(AttentionCall.Input.bias.rawValue, bias.dtype))
        }
        let integers: [(AttentionCall.Input, Operand?, String)] = [
            (.keyLengths, call.keyLengths, "LENGTHS"), (.queryOffset, call.queryOffset, "OFFSETS")
        ]
        for (input, operand, macro) in integers {
            guard let operand else { continue }
            program.define(macro, operand.dtype.kind)
            arguments.append(.input(input.rawValue, operand.dtype))
        }
        arguments.append(given(call))

        var kernel = OpenCLKernel(
            "attention (\(engine.context.deviceClass.rawValue))", call.request, engine, flops: call.flops)
        let blocks =
            switch form {
            case .rows: call.batch * call.queryHeads * ((call.queries + form.lanes - 1) / form.lanes)
            case .few, .tiles: call.batch * call.keyValueHeads * ((call.groupRows + form.lanes - 1) / form.lanes)
            }
        kernel.add(
            Launch(program, "attention", arguments, items: blocks * engine.group(), group: engine.group()))
        kernel.scratchByteCount = besideByteCount
        kernel.stridedInputs = AttentionCall.Input.strided
        return kernel
    }

    /// What a work-item computes.
    private enum Form {
        /// Queries of one head: on a GPU, and on a processor where the pattern is wanted.
        case rows(Int)
        /// All queries of a key/value head, components in lanes.
        case few(rows: Int)
        /// Queries of a key/value head, one per lane.
        case tiles(width: Int, vectors: Int)

        init(_ call: AttentionCall, _ engine: OpenCLEngine, isUnit: Bool) {
            let rows = call.groupRows
            if !engine.isCPU || call.wants(.pattern) {
                self = .rows(engine.isCPU ? 16 : 8)
            } else if isUnit, (1...4).contains(rows) {
                self = .few(rows: rows)
            } else {
                let width = rows <= 4 ? 4 : engine.lane
                self = .tiles(width: width, vectors: rows > width ? 2 : 1)
            }
        }

        /// The queries of a work-item.
        var lanes: Int {
            switch self {
            case .rows(let count), .few(let count): count
            case .tiles(let width, let vectors): width * vectors
            }
        }
    }

    /// The argument laid out as the kernels' `Attention` struct.
    private static func given(_ call: AttentionCall) -> Launch.Argument {
        let none = Layout(shape: call.scores, strides: [0, 0, 0, 0])
        let mask = call.mask?.layout.broadcast(to: call.scores) ?? none
        let bias = call.bias?.layout.broadcast(to: call.scores) ?? none
        let layouts = [call.query.layout, call.key.layout, call.value.layout, mask, bias]
        let bytes = StructBytes { out in
            let group = call.queryHeads / max(1, call.keyValueHeads)
            for number in [call.batch, call.queryHeads, max(1, group), call.queries, call.keys] { out.add(number) }
            for layout in layouts { for stride in layout.strides { out.add(stride) } }
            for layout in layouts { out.add(layout.offset) }
            out.add(call.window ?? 0)
            out.add(Int32(call.isCausal ? 1 : 0))
            out.add(Int32(call.isUpperLeft ? 1 : 0))
            out.add(Int32(call.keyLengths?.elementCount == 1 ? 1 : 0))
            out.add(Int32(call.queryOffset?.elementCount == 1 ? 1 : 0))
            out.add(Float(call.scale))
            out.add(Float(call.softCap))
        }
        return .bytes(bytes.bytes)
    }
}

extension AttentionCall {
    /// The queries of all heads that share a key/value head.
    fileprivate var groupRows: Int { queryHeads / max(1, keyValueHeads) * queries }
}
