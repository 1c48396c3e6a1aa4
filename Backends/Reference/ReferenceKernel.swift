import AttendCore

/// One primitive on concrete shapes. Inputs are dense; nothing is overwritten.
struct ReferenceKernel<Scalar: ReferenceScalar>: Kernel {
    private let primitive: Primitive
    private let request: KernelRequest
    private let backend: Reference<Scalar>

    init(_ primitive: Primitive, _ request: KernelRequest, _ backend: Reference<Scalar>) {
        self.primitive = primitive
        self.request = request
        self.backend = backend
    }

    var name: String { "naive \(primitive.rawValue)" }

    var cost: KernelCost {
        let output = Double(request.outputs[0]?.elementCount ?? 0)
        let read = request.inputs.reduce(0.0) { $0 + Double($1?.elementCount ?? 0) }
        let inner = primitive == .matmul ? 2 * Double(MatrixProductSpecification.innerSize(request)) : 1
        return KernelCost(flops: output * inner, bytes: (output + read) * 4)
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(kernel: self)
    }

    private final class Instance: KernelInstance {
        let kernel: ReferenceKernel

        init(kernel: ReferenceKernel) { self.kernel = kernel }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            try kernel.run(inputs, outputs)
        }
    }

    private func run(_ inputs: [BufferSlice?], _ outputs: [BufferSlice?]) throws(BackendError) {
        guard let operand = request.outputs[0], let output = outputs[0] else { return }
        var operands: [Elements<Scalar>] = []
        for (slice, input) in zip(inputs, request.inputs) {
            guard let slice, let input else { continue }
            operands.append(try slice.read(count: input.elementCount))
        }
        var result = try Specification<Scalar>(primitive, request, backend.device.backend).result(operands)
        if case .floating(let values) = result, operand.dtype != .float32 {
            result = .floating(values.map { $0.stored(as: operand.dtype) })
        }
        try output.write(result, byteCount: operand.elementCount * backend.storageByteCount(of: operand.dtype))
    }
}

/// What each primitive means. Every case is written out: a new primitive does not compile until it has a meaning.
struct Specification<Scalar: ReferenceScalar> {
    let primitive: Primitive
    let request: KernelRequest
    let backend: String

    init(_ primitive: Primitive, _ request: KernelRequest, _ backend: String) {
        self.primitive = primitive
        self.request = request
        self.backend = backend
    }

    var attributes: Attributes { request.attributes }

    var output: Operand {
        guard let output = request.outputs[0] else { preconditionFailure("a primitive has one output") }
        return output
    }

    func shape(_ index: Int) -> [Int] { request.inputs[index]?.shape ?? [] }

    func result(_ operands: [Elements<Scalar>]) throws(BackendError) -> Elements<Scalar> {
        switch primitive {
        case .matmul: return matmul(operands)
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .power: return arithmetic(operands)
        case .equal, .less, .lessEqual, .greater, .greaterEqual: return comparison(operands)
        case .and, .or: return logic(operands)
        case .where: return choice(operands)
        case .not, .negate, .abs, .sign, .floor, .exp, .log, .sqrt, .reciprocalSqrt, .reciprocal, .tanh, .erf, .sin,
            .cos:
            return unary(operands[0])
        case .reduceSum, .reduceMax: return reduction(operands[0])
        case .argMax: return argMax(operands[0])
        case .reshape, .stopGradient: return operands[0]
        case .transpose, .broadcast, .slice: return moved(operands[0])
        case .pad: return padded(operands[0])
        case .concatenate: return concatenated(operands)
        case .gather: return try gathered(operands)
        case .scatterAdd: return try scattered(operands)
        case .updateSlice: return try updated(operands)
        case .cast: return cast(operands[0])
        case .iota: return iota()
        case .random: return random(operands[0])
        }
    }

    /// Verified graphs mix no types; another one here is a fault of the host.
    func mismatch() -> Never { preconditionFailure("\(primitive.rawValue) was given elements of another type") }
}
