import AttendBackend

/// Casts between all dtypes: to integers toward zero, saturating, NaN to 0; to bool `≠ 0`; to 16-bit floats to nearest
/// even.
enum Casting {
    static func kernel(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let from = request.inputs[0]?.dtype, let to = request.outputs[0]?.dtype else { return nil }
        if let kernel = conversion(request, engine) { return kernel }
        return switch from {
        case .float32: cast(request, engine, to) { (value: Float) in value }
        case .float16: cast(request, engine, to) { (bits: UInt16) in NarrowFloat.float(float16: bits) }
        case .bfloat16: cast(request, engine, to) { (bits: UInt16) in NarrowFloat.float(bfloat16: bits) }
        case .int32: integer(request, engine, to, Int32.self)
        case .int64: integer(request, engine, to, Int64.self)
        case .bool: integer(request, engine, to, UInt8.self)
        }
    }

    /// Between float32 and 16 bits, by the vector kernels; nil for other types, and for strided float32.
    private static func conversion(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let input = request.inputs[0], let output = request.outputs[0] else { return nil }
        let name = "cast \(input.dtype) → \(output.dtype)"
        if output.dtype == .float32, let narrow = NarrowOperand(input, engine.table) {
            return HostKernel(name, request) { operands in
                narrow.widen(operands.inputs[0]!, operands.output(), engine)
            }.strided([0])
        }
        guard input.dtype == .float32, input.layout == Layout(dense: input.shape),
            let narrow = NarrowOperand(output, engine.table)
        else { return nil }
        return HostKernel(name, request) { operands in
            narrow.narrow(operands.input(0), operands.outputs[0]!, engine)
        }
    }

    private static func cast<Source>(
        _ request: KernelRequest, _ engine: HostEngine, _ to: DType, _ read: @escaping @Sendable (Source) -> Float
    ) -> HostKernel {
        switch to {
        case .float32: map(request, engine) { (value: Source) in read(value) }
        case .float16: map(request, engine) { (value: Source) in NarrowFloat.float16(read(value)) }
        case .bfloat16: map(request, engine) { (value: Source) in NarrowFloat.bfloat16(read(value)) }
        case .int32: map(request, engine) { (value: Source) in Int32(truncatingSaturating: read(value)) }
        case .int64: map(request, engine) { (value: Source) in Int64(truncatingSaturating: read(value)) }
        case .bool: map(request, engine) { (value: Source) in read(value) == 0 ? 0 : 1 as UInt8 }
        }
    }

    /// Casts integers directly: an int64 may not fit a float on the way to another integer.
    private static func integer<Source: FixedWidthInteger & Sendable>(
        _ request: KernelRequest, _ engine: HostEngine, _ to: DType, _ type: Source.Type
    ) -> HostKernel {
        switch to {
        case .int32: map(request, engine) { (value: Source) in Int32(clamping: value) }
        case .int64: map(request, engine) { (value: Source) in Int64(clamping: value) }
        case .bool: map(request, engine) { (value: Source) in value == 0 ? 0 : 1 as UInt8 }
        case .float32: map(request, engine) { (value: Source) in Float(value) }
        case .float16:
            map(request, engine) { (value: Source) in NarrowFloat.float16(NarrowFloat.odd(Int64(value))) }
        case .bfloat16:
            map(request, engine) { (value: Source) in NarrowFloat.bfloat16(NarrowFloat.odd(Int64(value))) }
        }
    }

    @inline(__always)
    private static func map<Source, Target>(
        _ request: KernelRequest, _ engine: HostEngine, _ body: @escaping @Sendable (Source) -> Target
    ) -> HostKernel {
        guard let input = request.inputs[0], let output = request.outputs[0] else {
            preconditionFailure("a cast has an input and an output")
        }
        let loop = StridedLoop(shape: output.shape, [output.layout, input.layout])
        return HostKernel("cast \(input.dtype) → \(output.dtype)", request) { operands in
            let (source, target) = (operands.input(0, as: Source.self), operands.output(as: Target.self))
            let step = loop.runStrides
            loop.forEachRun(engine) { start, count in
                for index in 0..<count {
                    target[start[0] + index * step[0]] = body(source[start[1] + index * step[1]])
                }
            }
        }.strided([0])
    }
}
