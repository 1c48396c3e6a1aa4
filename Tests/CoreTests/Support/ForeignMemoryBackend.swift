import AttendRuntime
import Synchronization
import TestSupport

/// A device whose memory the host can't touch and whose queue runs late, like a GPU's: buffers are
/// numbers, and copies and kernels wait in the stream until something is read or synchronized.
///
/// What it computes with is another backend. A host that peeks into a buffer, reads before the
/// work is done, or hands over a buffer of another device finds out here.
final class ForeignMemoryBackend: ForwardingBackend {
    let base: any ComputeBackend
    let device: DeviceDescription
    /// What it does not refuse, by its versioned name.
    private let claims: @Sendable (String) -> Bool
    private let memory = Mutex<[Int: any DeviceBuffer]>([:])
    private let serial = Atomic<Int>(0)
    /// The operations that were offered, in order, with whether a kernel was found.
    let offers = Mutex<[String]>([])

    init(
        _ base: any ComputeBackend, named name: String = "foreign",
        claims: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.base = base
        self.claims = claims
        device = DeviceDescription(backend: name, name: "memory of its own", threads: 1)
    }

    /// All that the host ever holds.
    final class Handle: DeviceBuffer {
        let number: Int
        let byteCount: Int
        let owner: ForeignMemoryBackend

        init(_ number: Int, _ byteCount: Int, _ owner: ForeignMemoryBackend) {
            (self.number, self.byteCount, self.owner) = (number, byteCount, owner)
        }

        deinit { owner.memory.withLock { $0[number] = nil } }
    }

    var liveBuffers: Int { memory.withLock(\.count) }

    private func handle(_ buffer: any DeviceBuffer) -> Handle {
        let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
        memory.withLock { $0[number] = buffer }
        return Handle(number, buffer.byteCount, self)
    }

    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        handle(try base.makeBuffer(byteCount: byteCount))
    }

    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        handle(try base.pack(constant, layout: layout))
    }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        do throws(UnsupportedOperation) {
            guard claims(request.operation.versionedName) else { throw UnsupportedOperation("not claimed") }
            let kernel = try base.prepare(request)
            offers.withLock { $0.append("\(request.operation.versionedName) ✓") }
            return ForeignKernel(base: kernel)
        } catch {
            offers.withLock { $0.append("\(request.operation.versionedName) ✗") }
            throw error
        }
    }

    func makeStream() throws(BackendError) -> any ComputeStream { Stream(self, try base.makeStream()) }

    fileprivate func real(_ slice: BufferSlice) throws(BackendError) -> BufferSlice {
        guard let handle = slice.buffer as? Handle, handle.owner === self,
            let buffer = memory.withLock({ $0[handle.number] })
        else { throw .failed(backend: "foreign", action: "open a buffer", reason: "it is not of this device") }
        return BufferSlice(buffer, byteOffset: slice.byteOffset)
    }

    /// What waits in a stream; it holds what it needs alive until it has run.
    fileprivate enum Work {
        case copyIn(Tensor, to: BufferSlice)
        case run(any KernelInstance, inputs: [BufferSlice?], outputs: [BufferSlice?])
    }

    fileprivate final class Stream: ComputeStream {
        let backend: ForeignMemoryBackend
        let inner: any ComputeStream
        var queue: [Work] = []

        init(_ backend: ForeignMemoryBackend, _ inner: any ComputeStream) {
            self.backend = backend
            self.inner = inner
        }

        func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
            queue.append(.copyIn(tensor, to: destination))
        }

        func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
            try synchronize()
            return try inner.copyOut(backend.real(source), dtype: dtype, shape: shape)
        }

        func synchronize() throws(BackendError) {
            let work = queue
            queue = []
            for item in work {
                switch item {
                case .copyIn(let tensor, let destination): try inner.copyIn(tensor, to: backend.real(destination))
                case .run(let instance, let inputs, let outputs):
                    try instance.run(inputs: real(inputs), outputs: real(outputs))
                }
            }
            try inner.synchronize()
        }

        private func real(_ slices: [BufferSlice?]) throws(BackendError) -> [BufferSlice?] {
            var opened: [BufferSlice?] = []
            for slice in slices {
                guard let slice else {
                    opened.append(nil)
                    continue
                }
                opened.append(try backend.real(slice))
            }
            return opened
        }
    }

    private struct ForeignKernel: ForwardingKernel {
        let base: any Kernel

        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            guard let stream = stream as? Stream else { preconditionFailure("a stream of another backend") }
            return Instance(stream, try base.makeInstance(on: stream.inner))
        }
    }

    private final class Instance: KernelInstance {
        private let stream: Stream
        private let inner: any KernelInstance

        init(_ stream: Stream, _ inner: any KernelInstance) { (self.stream, self.inner) = (stream, inner) }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            stream.queue.append(.run(inner, inputs: inputs, outputs: outputs))
        }
    }
}
