public import AttendBackend

/// The naive backend: the executable specification of every primitive.
///
/// Its kernels are plain loops written to be read, one operation (or family) per file under `Kernels/`. It supports no
/// composites, so a composite's result follows from its definition.
///
/// Generic over the scalar used for floating-point numbers: with `Float` it is the backend `reference`, with `Double`
/// the `oracle` that other backends are compared with.
public final class Reference<Scalar: ReferenceScalar>: ComputeBackend {
    /// The host, with one thread.
    public let device: DeviceDescription

    /// Creates a backend.
    ///
    /// - Parameter name: The backend's name in errors and reports.
    public init(name: String) {
        // Single-threaded loops, in the order of the specification.
        device = DeviceDescription(
            backend: name, name: "naive Swift, computing in \(Scalar.self)", threads: 1,
            memoryByteCount: HostMachine.allowedByteCount, determinism: .promised)
    }

    /// The scalar's size for all floating-point dtypes, the host's element size for others.
    public func storageByteCount(of dtype: DType) -> Int { Elements<Scalar>.byteCount(of: dtype) }

    /// Creates an empty buffer. Memory is allocated when values are written.
    ///
    /// - Throws: ``AttendBackend/BackendError`` for a negative size, or one beyond the available memory.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        guard byteCount >= 0 else {
            throw .failed(backend: device.backend, action: "create a buffer", reason: "negative size \(byteCount)")
        }
        guard HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: device.backend, byteCount: byteCount)
        }
        return ReferenceBuffer<Scalar>(byteCount: byteCount, backend: device.backend)
    }

    /// Returns a kernel for a primitive with dense inputs of valid types.
    ///
    /// - Throws: ``AttendBackend/UnsupportedOperation`` for a composite, or types that the primitive rejects.
    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        try ReferenceKernel<Scalar>(request, backend: device.backend)
    }

    /// Creates a stream; all its work is synchronous.
    public func makeStream() throws(BackendError) -> any ComputeStream {
        ReferenceStream<Scalar>(backend: device.backend)
    }
}

/// Creates the backend `reference`: naive Swift in `Float`.
public func makeReference() -> any ComputeBackend { Reference<Float>(name: "reference") }

/// Creates the backend `oracle`: the reference in `Double`. Only values of 16-bit dtypes are rounded to their dtype.
public func makeOracle() -> any ComputeBackend { Reference<Double>(name: "oracle") }
