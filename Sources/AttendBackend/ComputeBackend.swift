public import AttendGraph

/// A place that can compute: the whole of what a backend must do.
///
/// A backend supports an operation exactly when ``prepare(_:)`` returns a kernel for it; there is
/// no separate list that could promise more. One that prepares the primitives runs every model,
/// because the host opens composites that it does not know. Its memory is its own: the host
/// touches buffers through a ``ComputeStream`` alone.
///
/// The parts, in the order in which they come to life:
/// `ComputeBackend` → ``Kernel`` (immutable, shared) → ``ComputeStream`` (one a session) →
/// ``KernelInstance`` (a kernel on one stream, with its scratch) → run.
public protocol ComputeBackend: AnyObject, Sendable {
    /// What computes, for people.
    var device: DeviceDescription { get }

    /// Bytes that an element takes in this backend's buffers; by default as many as on the host.
    func storageByteCount(of dtype: DType) -> Int

    /// A buffer whose content is undefined.
    ///
    /// - Throws: ``BackendError`` when the device has no room.
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer

    /// A kernel for these very shapes, strides and dtypes, or the reason why there is none.
    ///
    /// May be called from several tasks at once.
    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel

    /// A constant, under the shape in which the kernel's request has it, in the layout that the kernel's
    /// ``Kernel/packing(ofInput:)`` named. Called once per constant, shape, layout and device, whatever the number of plans and
    /// sessions.
    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer

    /// An in-order queue of work.
    func makeStream() throws(BackendError) -> any ComputeStream
}

extension ComputeBackend {
    public func storageByteCount(of dtype: DType) -> Int { dtype.byteCount }

    /// Right for backends whose kernels name no packing: nothing ever asks for one.
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        throw .failed(backend: device.backend, action: "pack a constant", reason: "no layout \"\(layout)\" is known")
    }
}

/// Memory of a device. What it holds is the backend's affair.
public protocol DeviceBuffer: AnyObject, Sendable {
    var byteCount: Int { get }
}

/// A place in a buffer: where a value begins.
public struct BufferSlice: Sendable {
    public let buffer: any DeviceBuffer
    /// In the backend's own bytes (``ComputeBackend/storageByteCount(of:)``).
    public let byteOffset: Int

    public init(_ buffer: any DeviceBuffer, byteOffset: Int = 0) {
        self.buffer = buffer
        self.byteOffset = byteOffset
    }
}

/// An in-order queue: each action sees the effects of those before it. Used by one task at a time.
public protocol ComputeStream: AnyObject {
    /// Receives all kernels of a plan before their instances are made, so that programs can be compiled in parallel. Failures are
    /// reported by ``Kernel/makeInstance(on:)``. Does nothing by default.
    func prepare(_ kernels: [any Kernel])

    /// Copies a tensor to the device, dense and row-major.
    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError)

    /// Waits for the work so far, and copies a dense row-major value to the host.
    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor

    /// Waits for all work.
    ///
    /// - Throws: ``BackendError`` for whatever went wrong since the last time: a lost device, an
    ///   index outside of its axis.
    func synchronize() throws(BackendError)
}

extension ComputeStream {
    public func prepare(_ kernels: [any Kernel]) {}
}
