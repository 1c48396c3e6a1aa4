public import AttendBackend

/// The naive backend: the executable specification of every primitive.
///
/// Its kernels are plain loops, one operation (or family) a file under `Kernels/`, meant to be
/// read. It claims no composite, so what it computes for one is the composite's definition.
///
/// It is generic over the scalar that stands for floating-point numbers: over `Float` it is the
/// backend `reference`, over `Double` the `oracle` that other backends are measured against.
public final class Reference<Scalar: ReferenceScalar>: ComputeBackend {
    public let device: DeviceDescription

    /// - Parameter name: What errors and reports call this backend.
    public init(name: String) {
        // One loop after another, in the order of the specification.
        device = DeviceDescription(
            backend: name, name: "naive Swift, computing in \(Scalar.self)", threads: 1,
            memoryByteCount: HostMachine.allowedByteCount, determinism: .promised)
    }

    /// Floats take the scalar's size whatever their dtype.
    public func storageByteCount(of dtype: DType) -> Int { Elements<Scalar>.byteCount(of: dtype) }

    /// Takes no memory before something is written, but refuses what could never be filled.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        guard byteCount >= 0 else {
            throw .failed(backend: device.backend, action: "make a buffer", reason: "\(byteCount) is no size")
        }
        guard HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: device.backend, byteCount: byteCount)
        }
        return ReferenceBuffer<Scalar>(byteCount: byteCount, backend: device.backend)
    }

    /// A kernel for a primitive on dense inputs whose types the primitive's rules admit.
    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        try ReferenceKernel<Scalar>(request, backend: device.backend)
    }

    public func makeStream() throws(BackendError) -> any ComputeStream {
        ReferenceStream<Scalar>(backend: device.backend)
    }
}

/// The backend `reference`: naive Swift in `Float`.
public func makeReference() -> any ComputeBackend { Reference<Float>(name: "reference") }

/// The backend `oracle`: the same in `Double`. Only what a dtype of 16 bits holds is rounded to it.
public func makeOracle() -> any ComputeBackend { Reference<Double>(name: "oracle") }
