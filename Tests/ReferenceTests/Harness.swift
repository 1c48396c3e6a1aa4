import AttendRuntime
import ReferenceBackend
import Testing

/// Prepares one primitive on a backend and runs it on tensors.
struct Runner {
    let backend: any ComputeBackend

    static let reference = Runner(backend: makeReference())
    static let oracle = Runner(backend: makeOracle())
    static let both = [reference, oracle]

    func kernel(
        _ primitive: Primitive, _ inputs: [Tensor], _ attributes: Attributes = [:], gives type: TensorType
    ) throws -> any Kernel {
        let operands = inputs.map { Operand(dtype: $0.dtype, layout: Layout(dense: $0.shape)) }
        let output = Operand(dtype: type.dtype, layout: Layout(dense: try #require(type.concreteShape)))
        return try backend.prepare(
            KernelRequest(
                operation: Operation(primitive, attributes: attributes), inputs: operands, outputs: [output]))
    }

    /// The output, whose type is what a graph would infer.
    func callAsFunction(
        _ primitive: Primitive, _ inputs: [Tensor], _ attributes: Attributes = [:]
    ) throws -> Tensor {
        let builder = GraphBuilder("one node")
        let values = try inputs.enumerated().map { index, tensor in
            try builder.input("input\(index)", TensorType(tensor.dtype, tensor.shape))
        }
        let type = try builder.apply(primitive, values, attributes).type
        let kernel = try kernel(primitive, inputs, attributes, gives: type)
        let stream = try backend.makeStream()
        let slices = try inputs.map { tensor in
            let slice = try room(for: tensor.dtype, tensor.elementCount)
            try stream.copyIn(tensor, to: slice)
            return slice
        }
        let shape = try #require(type.concreteShape)
        let output = try room(for: type.dtype, shape.reduce(1, *))
        try kernel.makeInstance(on: stream).run(inputs: slices, outputs: [output])
        try stream.synchronize()
        return try stream.copyOut(output, dtype: type.dtype, shape: shape)
    }

    func room(for dtype: DType, _ count: Int) throws -> BufferSlice {
        BufferSlice(try backend.makeBuffer(byteCount: count * backend.storageByteCount(of: dtype)))
    }
}

// MARK: Tensors in short

func floats(_ values: [Float], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

func int32s(_ values: [Int32], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

func int64s(_ values: [Int64], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

func bools(_ values: [Bool], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

/// Float tensors of a 16-bit type, from numbers that it holds exactly.
func narrow(_ dtype: DType, _ values: [Float], _ shape: [Int]? = nil) throws -> Tensor {
    let bits = values.map { dtype == .float16 ? NarrowFloat.float16($0) : NarrowFloat.bfloat16($0) }
    return try Tensor(storage: dtype == .float16 ? .float16(bits) : .bfloat16(bits), shape: shape ?? [values.count])
}

/// Pseudo-random numbers in [-1, 1), the same in every run.
func noise(_ shape: [Int], seed: Int) throws -> Tensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { Philox.uniforms($0 / 4, counter: 0, seed: seed)[$0 % 4] * 2 - 1 }
    return try Tensor(values, shape: shape)
}

/// Equal bit by bit, but that all NaN are one.
func expectSame(_ found: Tensor, _ expected: Tensor, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(found.shape == expected.shape, sourceLocation: sourceLocation)
    #expect(found.dtype == expected.dtype, sourceLocation: sourceLocation)
    guard expected.dtype.isFloatingPoint else {
        #expect(found == expected, sourceLocation: sourceLocation)
        return
    }
    func canonical(_ tensor: Tensor) throws -> [Float] { try tensor.floats().map { $0.isNaN ? .nan : $0 } }
    let (left, right) = (try canonical(found), try canonical(expected))
    #expect(
        left.map(\.bitPattern) == right.map(\.bitPattern), "found \(left), expected \(right)",
        sourceLocation: sourceLocation)
}

extension Runner: CustomTestStringConvertible {
    var testDescription: String { backend.device.backend }
}
