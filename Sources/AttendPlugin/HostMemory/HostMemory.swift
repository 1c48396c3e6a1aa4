public import AttendBackend

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Memory for backends that compute on the processor, aligned to a cache line: what an ``ExportedBackend`` has by default.
///
/// `@unchecked Sendable`: its bytes are touched by copies and kernels on streams alone, and what streams share (a weight) is written
/// before it is shared.
public final class HostMemory: DeviceBuffer, @unchecked Sendable {
    public let byteCount: Int
    public let address: UnsafeMutableRawPointer

    /// - Throws: ``AttendBackend/BackendError/outOfMemory(backend:byteCount:)``.
    public init(byteCount: Int, backend: String) throws(BackendError) {
        // Absurd sizes are refused here: the allocator could end the process.
        guard byteCount >= 0, byteCount < 1 << 46, let memory = aligned_alloc(64, max(64, (byteCount + 63) & ~63))
        else { throw .outOfMemory(backend: backend, byteCount: byteCount) }
        self.byteCount = byteCount
        address = memory
    }

    deinit { free(address) }
}

extension BufferSlice {
    /// The value's elements, which lie in ``HostMemory``. They may be used until the kernel that was given the slice returns.
    ///
    /// - Throws: ``AttendBackend/BackendError`` for memory of another kind, or a value that reaches beyond it.
    public func elements<Element: BitwiseCopyable>(
        _ count: Int, as type: Element.Type = Element.self
    ) throws(BackendError) -> UnsafeMutableBufferPointer<Element> {
        let size = count * MemoryLayout<Element>.size
        guard let memory = buffer as? HostMemory, byteOffset >= 0, size >= 0, size <= memory.byteCount - byteOffset
        else {
            throw .failed(
                backend: "host memory", action: "use a buffer",
                reason:
                    "\(size) bytes at byte \(byteOffset) are not within \(Swift.type(of: buffer)) of \(buffer.byteCount)"
            )
        }
        let start = memory.address.advanced(by: byteOffset).assumingMemoryBound(to: Element.self)
        return UnsafeMutableBufferPointer(start: start, count: count)
    }
}

/// Copies to and from ``HostMemory``: done when they return.
public final class HostCopies: ComputeStream {
    public init() {}

    public func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let target = try destination.elements(tensor.elementCount * tensor.dtype.byteCount, as: UInt8.self)
        tensor.withBytes { bytes in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
        }
    }

    public func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let values = try source.elements(shape.reduce(dtype.byteCount, *), as: UInt8.self)
        guard var tensor = try? Tensor(zeros: shape, dtype: dtype) else {
            throw .failed(backend: "host memory", action: "copy a value out", reason: "\(shape) is no shape")
        }
        tensor.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(values)) }
        }
        return tensor
    }

    public func synchronize() throws(BackendError) {}
}

/// A kernel that is one function and keeps nothing from run to run: enough for most on the processor.
public struct LoopKernel: Kernel {
    /// The operands as in the request: inputs, then outputs.
    public typealias Body = @Sendable ([BufferSlice?], [BufferSlice?]) throws(BackendError) -> Void

    public var name: String
    public var cost: KernelCost
    public var stridedInputs: Set<Int> = []
    public var overwritableInputs: Set<Int> = []
    private let body: Body

    /// - Parameter request: What the cost is estimated from: an operation for each element of the largest output, and all operands
    ///   moved once.
    public init(_ name: String, _ request: KernelRequest, body: @escaping Body) {
        let operands = (request.inputs + request.outputs).compactMap(\.self)
        self.name = name
        cost = KernelCost(
            flops: Double(request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }),
            bytes: operands.reduce(0) { $0 + Double($1.elementCount * $1.dtype.byteCount) })
        self.body = body
    }

    public func makeInstance(on stream: any ComputeStream) -> any KernelInstance { Instance(body: body) }

    private final class Instance: KernelInstance {
        let body: Body

        init(body: @escaping Body) { self.body = body }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) { try body(inputs, outputs) }
    }
}
