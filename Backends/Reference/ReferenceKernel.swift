import AttendBackend

/// A validated request. The result of a run is determined by it and the inputs' elements.
struct ReferenceKernel<Scalar: ReferenceScalar>: Kernel {
    let primitive: Primitive
    let operation: AttendBackend.Operation
    let inputs: [Operand]
    let output: Operand
    let backend: String

    init(_ request: KernelRequest, backend: String) throws(UnsupportedOperation) {
        var operation = request.operation
        guard let primitive = operation.primitive else {
            throw UnsupportedOperation(
                "\(backend) supports only primitives; open \(operation.versionedName) into its parts")
        }
        let inputs = request.inputs.compactMap(\.self)
        guard inputs.count == request.inputs.count, request.outputs.count == 1, let output = request.outputs[0] else {
            throw UnsupportedOperation("\(operation.name) takes no optional inputs and has one output")
        }
        // Inputs of the request may be strided; since no input is declared strided, the host passes all of them dense.
        for case .sizes(let sizes) in operation.attributes.values.values {
            guard sizes.allSatisfy({ $0.constant != nil }) else {
                throw UnsupportedOperation("\(operation.name): the sizes \(sizes) hold unbound symbols")
            }
        }
        guard output.layout.isDense else { throw UnsupportedOperation("\(operation.name): the output is not dense") }
        let type: TensorType
        do throws(OperationError) {
            let schema = primitive.schema
            guard schema.isVariadic || inputs.count == schema.inputs.count else {
                throw OperationError("takes \(schema.inputs.count) inputs, found \(inputs.count)")
            }
            operation.attributes = try schema.completed(operation.attributes)
            type = try primitive.outputType(inputs.map { TensorType($0.dtype, $0.shape) }, operation.attributes)
        } catch {
            throw UnsupportedOperation("\(operation.name) \(error.description)")
        }
        guard type == TensorType(output.dtype, output.shape) else {
            throw UnsupportedOperation(
                "\(operation.name) has output type \(type), not \(TensorType(output.dtype, output.shape))")
        }
        self.primitive = primitive
        self.operation = operation
        self.inputs = inputs
        self.output = output
        self.backend = backend
    }

    var name: String { "naive \(primitive.rawValue)" }

    var cost: KernelCost {
        let bytes = (inputs + [output]).reduce(0) {
            $0 + $1.elementCount * Elements<Scalar>.byteCount(of: $1.dtype)
        }
        let flops: Double =
            switch primitive {
            case .matmul: 2 * Double(output.elementCount) * Double(innerSize)
            case .reduceSum, .reduceMax, .argMax: Double(inputs[0].elementCount)
            case .scatterAdd: Double(inputs[2].elementCount)
            default: primitive.family == .other ? 0 : Double(output.elementCount)
            }
        return KernelCost(flops: flops, bytes: Double(bytes))
    }

    /// Estimated bytes of a run in addition to its inputs: the result twice (as the scalar or Int64, and as its dtype),
    /// and the element offsets and a copy of each operand read in another order. Checked first, since Swift's arrays
    /// abort on a failed allocation.
    var workByteCount: Int {
        func bytes(_ count: Int, _ each: Int) -> Int {
            let (product, overflow) = count.multipliedReportingOverflow(by: each)
            return overflow ? .max / 8 : min(product, .max / 8)
        }
        let element = max(MemoryLayout<Scalar>.stride, 8)
        let result = bytes(output.elementCount, 2 * element)
        let moved: Int =
            switch primitive {
            case .reshape, .stopGradient, .not: 0
            case .concatenate, .cast: 0
            case .matmul, .reduceSum, .reduceMax, .argMax:
                inputs.reduce(0) { $0 + bytes($1.elementCount, 8 + element) }
            case .iota, .gather, .scatterAdd, .transpose, .broadcast, .slice: bytes(output.elementCount, 16)
            case .pad, .updateSlice: inputs.reduce(0) { $0 + bytes($1.elementCount, 16) }
            case .random: bytes(output.elementCount, element)
            default:
                inputs.reduce(0) {
                    $0 + ($1.shape == output.shape ? 0 : bytes(output.elementCount, 16 + element))
                }
            }
        return min(result + moved, .max / 8)
    }

    /// Number of terms in each sum of a matrix product.
    private var innerSize: Int {
        let shape = inputs[0].shape
        return shape[shape.count - (operation.attributes.bool("transpose_lhs") ? 2 : 1)]
    }

    /// All inputs of the output's dtype and size: every input is read before the output is written.
    var overwritableInputs: Set<Int> {
        let fitting = inputs.indices.filter { index in
            inputs[index].dtype == output.dtype && inputs[index].elementCount == output.elementCount
        }
        return Set(fitting)
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        ReferenceKernelInstance(kernel: self)
    }
}

/// A kernel instance; it has no state between runs.
final class ReferenceKernelInstance<Scalar: ReferenceScalar>: KernelInstance {
    private let kernel: ReferenceKernel<Scalar>

    init(kernel: ReferenceKernel<Scalar>) { self.kernel = kernel }

    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
        guard inputs.count == kernel.inputs.count, outputs.count == 1, let destination = outputs[0] else {
            throw mismatch(inputs.count, outputs.count)
        }
        var values: [Elements<Scalar>] = []
        for (slice, operand) in zip(inputs, kernel.inputs) {
            guard let slice else { throw mismatch(inputs.count, outputs.count) }
            let buffer = try slice.reference(Scalar.self, backend: kernel.backend)
            values.append(try buffer.read(at: slice.byteOffset, dtype: operand.dtype, count: operand.elementCount))
        }
        let buffer = try destination.reference(Scalar.self, backend: kernel.backend)
        guard HostMachine.hasRoom(for: kernel.workByteCount) else {
            throw .outOfMemory(backend: kernel.backend, byteCount: kernel.workByteCount)
        }
        let result = try Evaluation(kernel: kernel, inputs: values).result()
        try buffer.write(result, at: destination.byteOffset, dtype: kernel.output.dtype)
    }

    private func mismatch(_ inputs: Int, _ outputs: Int) -> BackendError {
        .failed(
            backend: kernel.backend, action: "run \(kernel.operation.name)",
            reason: "expected \(kernel.inputs.count) inputs and 1 output, none nil; found \(inputs) and \(outputs)")
    }
}
