public import AttendBackend

extension BufferSlice {
    /// The value's elements in ``HostMemory``, valid until the kernel that was given the slice returns.
    ///
    /// - Throws: ``AttendBackend/BackendError`` for memory of another type, or a value that reaches beyond its end.
    public func elements<Element: BitwiseCopyable>(
        _ count: Int, as type: Element.Type = Element.self
    ) throws(BackendError) -> UnsafeMutableBufferPointer<Element> {
        let size = count * MemoryLayout<Element>.size
        guard let memory = buffer as? HostMemory, byteOffset >= 0, size >= 0, size <= memory.byteCount - byteOffset
        else {
            throw .failed(
                backend: "host memory", action: "use a buffer",
                reason:
                    "\(size) bytes at byte \(byteOffset) do not fit \(Swift.type(of: buffer)) "
                    + "of \(buffer.byteCount) bytes")
        }
        let start = memory.address.advanced(by: byteOffset).assumingMemoryBound(to: Element.self)
        return UnsafeMutableBufferPointer(start: start, count: count)
    }
}

/// A stream that copies to and from ``HostMemory`` synchronously.
public final class HostCopies: ComputeStream {
    /// Creates a stream.
    public init() {}

    /// Copies a tensor to host memory, dense and row-major.
    public func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        let target = try destination.elements(tensor.elementCount * tensor.dtype.byteCount, as: UInt8.self)
        tensor.withBytes { bytes in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
        }
    }

    /// Copies a dense row-major value to a tensor of this dtype and shape.
    public func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let values = try source.elements(shape.reduce(dtype.byteCount, *), as: UInt8.self)
        guard var tensor = try? Tensor(zeros: shape, dtype: dtype) else {
            throw .failed(backend: "host memory", action: "copy a value out", reason: "invalid shape \(shape)")
        }
        tensor.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(values)) }
        }
        return tensor
    }

    /// Does nothing: all work is synchronous.
    public func synchronize() throws(BackendError) {}
}

/// A kernel of one function without state between runs: sufficient for most kernels on the processor.
public struct LoopKernel: Kernel {
    /// The kernel's function, called with the inputs and the outputs of the request, nil where omitted.
    public typealias Body = @Sendable ([BufferSlice?], [BufferSlice?]) throws(BackendError) -> Void

    /// Kernel name for reports.
    public var name: String
    /// Estimated work of one run.
    public var cost: KernelCost
    /// Inputs accepted with strides; see ``AttendBackend/Kernel/stridedInputs``. Empty by default.
    public var stridedInputs: Set<Int> = []
    /// Inputs whose memory output 0 may reuse; see ``AttendBackend/Kernel/overwritableInputs``. Empty by default.
    public var overwritableInputs: Set<Int> = []
    private let body: Body

    /// Creates a kernel from its function.
    ///
    /// - Parameter request: The basis of the cost estimate: one operation per element of the largest output, and each
    ///   operand moved once.
    public init(_ name: String, _ request: KernelRequest, body: @escaping Body) {
        let operands = (request.inputs + request.outputs).compactMap(\.self)
        self.name = name
        cost = KernelCost(
            flops: Double(request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }),
            bytes: operands.reduce(0) { $0 + Double($1.elementCount * $1.dtype.byteCount) })
        self.body = body
    }

    /// An instance that calls the function; the stream is not used.
    public func makeInstance(on stream: any ComputeStream) -> any KernelInstance { Instance(body: body) }

    private final class Instance: KernelInstance {
        let body: Body

        init(body: @escaping Body) { self.body = body }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) { try body(inputs, outputs) }
    }
}
