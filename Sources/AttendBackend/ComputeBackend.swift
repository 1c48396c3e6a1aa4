public import AttendGraph

/// The complete interface of a backend.
///
/// A backend supports an operation exactly when ``prepare(_:)`` returns a kernel for it; there is no separate
/// capability list that could promise more. A backend that prepares all primitives runs every model, because the host
/// opens composites that the backend rejects. Device memory belongs to the backend: the host accesses buffers through a
/// ``ComputeStream`` only.
///
/// Objects in the order of their creation: `ComputeBackend` → ``Kernel`` (immutable, shared) → ``ComputeStream`` (one
/// per session) → ``KernelInstance`` (a kernel on one stream, with its scratch memory) → run.
public protocol ComputeBackend: AnyObject, Sendable {
    /// The device in use.
    var device: DeviceDescription { get }

    /// Bytes per element in this backend's buffers; by default the host's element size.
    func storageByteCount(of dtype: DType) -> Int

    /// Allocates a buffer of `byteCount` bytes with undefined contents.
    ///
    /// - Throws: ``BackendError`` when the device has no room.
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer

    /// Returns a kernel for exactly these shapes, strides and dtypes. Called from several tasks concurrently.
    ///
    /// - Throws: ``UnsupportedOperation`` with the reason when there is no such kernel.
    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel

    /// Copies a constant to the device in the layout named by ``Kernel/packing(ofInput:)``. Called once per constant,
    /// shape, layout and device, for all plans and sessions.
    ///
    /// - Parameter constant: The constant under its shape in the kernel's request.
    /// - Throws: ``BackendError`` for an unknown layout, or when the device has no room.
    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer

    /// Creates an in-order queue of work.
    ///
    /// - Throws: ``BackendError`` when the device can't create one.
    func makeStream() throws(BackendError) -> any ComputeStream
}

extension ComputeBackend {
    /// The host's element size.
    public func storageByteCount(of dtype: DType) -> Int { dtype.byteCount }

    /// Always throws; suits backends whose kernels name no packing, since it is never called for them.
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        throw .failed(backend: device.backend, action: "pack a constant", reason: "unknown layout \"\(layout)\"")
    }
}

/// Device memory. Its contents are private to the backend.
public protocol DeviceBuffer: AnyObject, Sendable {
    /// The size in bytes, in the backend's own element sizes.
    var byteCount: Int { get }
}

/// A buffer and the byte offset of a value in it.
public struct BufferSlice: Sendable {
    /// The buffer that holds the value.
    public let buffer: any DeviceBuffer
    /// Offset of the first element in bytes, by the backend's element sizes (``ComputeBackend/storageByteCount(of:)``).
    public let byteOffset: Int

    /// Creates a slice that starts at `byteOffset`.
    public init(_ buffer: any DeviceBuffer, byteOffset: Int = 0) {
        self.buffer = buffer
        self.byteOffset = byteOffset
    }
}

/// An in-order queue: each action sees the effects of the earlier ones. Not thread-safe: one task at a time.
public protocol ComputeStream: AnyObject {
    /// Receives all kernels of a plan before their instances are made, so that programs can be compiled in parallel.
    /// Failures are reported by ``Kernel/makeInstance(on:)``. Does nothing by default.
    func prepare(_ kernels: [any Kernel])

    /// Copies a tensor to the device, dense and row-major.
    ///
    /// - Throws: ``BackendError`` for a failed copy.
    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError)

    /// Waits for all enqueued work, and copies a dense row-major value to the host.
    ///
    /// - Returns: A tensor of this dtype and shape.
    /// - Throws: ``BackendError`` for a failed copy or failed earlier work.
    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor

    /// Waits for all enqueued work.
    ///
    /// - Throws: ``BackendError`` for any failure since the last synchronization, such as a lost device or an index
    ///   outside of its axis.
    func synchronize() throws(BackendError)
}

extension ComputeStream {
    /// Does nothing.
    public func prepare(_ kernels: [any Kernel]) {}
}
