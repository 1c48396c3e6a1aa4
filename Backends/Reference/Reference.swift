public import AttendCore

/// Naive Swift: the executable specification of every primitive.
///
/// It claims no composites, so that each of them runs by its decomposition, which is its meaning.
/// As `Reference<Float>` it is the backend `reference`; as `Reference<Double>` the oracle that
/// other backends are held against.
public final class Reference<Scalar: ReferenceScalar>: ComputeBackend {
    public let device: DeviceDescription

    public init(name: String) {
        device = DeviceDescription(backend: name, name: "naive Swift, \(Scalar.self)", threads: 1)
    }

    public func storageByteCount(of dtype: DType) -> Int {
        dtype == .float32 ? Scalar.byteCount : dtype.isFloatingPoint ? max(Scalar.byteCount / 2, 2) : dtype.byteCount
    }

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        ReferenceBuffer<Scalar>(byteCount: byteCount)
    }

    public func makeStream() throws(BackendError) -> any ComputeStream { ReferenceStream(self) }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard let primitive = request.operation.primitive else {
            throw UnsupportedOperation("composites run by their decomposition here")
        }
        return ReferenceKernel(primitive, request, self)
    }
}

extension Reference where Scalar == Float {
    /// The backend `reference`.
    public static func reference() -> Reference<Float> { Reference(name: "reference") }
}

extension Reference where Scalar == Double {
    /// The oracle: the same code in float64.
    public static func oracle() -> Reference<Double> { Reference(name: "oracle") }
}

/// Every action is done when it returns.
final class ReferenceStream<Scalar: ReferenceScalar>: ComputeStream {
    private let backend: Reference<Scalar>

    init(_ backend: Reference<Scalar>) { self.backend = backend }

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let elements: Elements<Scalar> =
            switch tensor.storage {
            case .float32(let values): .floating(values.map { Scalar($0) })
            case .float16(let bits): .floating(bits.map { Scalar(NarrowFloat.float(float16: $0)) })
            case .bfloat16(let bits): .floating(bits.map { Scalar(NarrowFloat.float(bfloat16: $0)) })
            case .int32(let values): .integer(values.map { Int64($0) })
            case .int64(let values): .integer(values)
            case .bool(let values): .bool(values.map { $0 != 0 })
            }
        let byteCount = tensor.elementCount * backend.storageByteCount(of: tensor.dtype)
        try destination.write(elements, byteCount: byteCount)
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let elements: Elements<Scalar> = try source.read(count: shape.reduce(1, *))
        let storage: Tensor.Storage
        switch (elements, dtype) {
        case (.floating(let values), .float32): storage = .float32(values.map(\.float))
        case (.floating(let values), .float16): storage = .float16(values.map { NarrowFloat.float16($0.float) })
        case (.floating(let values), .bfloat16): storage = .bfloat16(values.map { NarrowFloat.bfloat16($0.float) })
        case (.integer(let values), .int32): storage = .int32(values.map { Int32(truncatingIfNeeded: $0) })
        case (.integer(let values), .int64): storage = .int64(values)
        case (.bool(let values), .bool): storage = .bool(values.map { $0 ? 1 : 0 })
        default:
            throw .failed(backend: "reference", action: "copy out \(dtype)", reason: "the buffer holds another type")
        }
        do {
            return try Tensor(storage: storage, shape: shape)
        } catch {
            throw .failed(backend: "reference", action: "copy out", reason: error.description)
        }
    }

    func synchronize() throws(BackendError) {}
}

extension BufferSlice {
    private func buffer<Scalar>(_ type: Scalar.Type) -> ReferenceBuffer<Scalar> {
        guard let buffer = buffer as? ReferenceBuffer<Scalar> else {
            preconditionFailure("a buffer of another backend came to the reference")
        }
        return buffer
    }

    func read<Scalar>(count: Int) throws(BackendError) -> Elements<Scalar> {
        try buffer(Scalar.self).read(at: byteOffset, count: count)
    }

    func write<Scalar>(_ elements: Elements<Scalar>, byteCount: Int) throws(BackendError) {
        try buffer(Scalar.self).write(elements, at: byteOffset, byteCount: byteCount)
    }
}
