public import AttendCore
import Synchronization

/// A backend whose every buffer lies between guard zones and whose every result is poisoned before it is
/// computed, so that a write past the end, an element left out and an input written over come to light.
///
/// It works through ``AttendCore/ComputeStream`` alone, and therefore on any device: a buffer of n bytes is
/// made with ``Guard/byteCount`` bytes more on either side, which are filled with a pattern that is NaN in
/// every floating-point type (a read past the end shows too). Before each kernel its outputs are filled
/// alike. What a backend packs for itself is its own and not guarded.
///
/// One wrapper serves one run of one case; it keeps every buffer alive until it goes itself.
public final class GuardedBackend: ComputeBackend {
    public let base: any ComputeBackend
    private let state = Mutex(State())

    private struct State {
        var buffers: [GuardedBuffer] = []
        /// What was copied in and no kernel may change, by place.
        var copied: [Place: Tensor] = [:]
        /// The first refusal that is none.
        var falseRefusal: String?
    }

    private struct Place: Hashable {
        var buffer: Int
        var byteOffset: Int
    }

    private let watcher: (@Sendable (CaseStep) -> Void)?

    public convenience init(_ base: any ComputeBackend) { self.init(base, watcher: nil) }

    /// - Parameter watcher: Is told of every kernel before it is made and before it runs.
    package init(_ base: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)?) {
        self.base = base
        self.watcher = watcher
    }

    public var device: DeviceDescription { base.device }

    public func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        let (total, isTooLarge) = byteCount.addingReportingOverflow(2 * Guard.byteCount)
        guard byteCount >= 0, !isTooLarge else {
            throw .outOfMemory(backend: device.backend, byteCount: byteCount)
        }
        let inner = try base.makeBuffer(byteCount: total)
        let stream = try base.makeStream()
        try stream.copyIn(Guard.zone, to: BufferSlice(inner))
        try stream.copyIn(Guard.zone, to: BufferSlice(inner, byteOffset: Guard.byteCount + byteCount))
        try Guard.poison(BufferSlice(inner, byteOffset: Guard.byteCount), byteCount: byteCount, on: stream)
        try stream.synchronize()
        return state.withLock { state in
            let buffer = GuardedBuffer(inner, byteCount: byteCount, number: state.buffers.count)
            state.buffers.append(buffer)
            return buffer
        }
    }

    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try base.pack(constant, layout: layout)
    }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        announce("\(request.operation.versionedName), being prepared")
        do throws(UnsupportedOperation) {
            return GuardedKernel(base: try base.prepare(request), request: request, backend: self)
        } catch {
            audit(error, of: request)
            throw error
        }
    }

    public func makeStream() throws(BackendError) -> any ComputeStream {
        GuardedStream(self, try base.makeStream())
    }

    /// What is refused has to be refused for a reason, and again when it is asked for again: planning asks once, and
    /// people read the reason.
    private func audit(_ refusal: UnsupportedOperation, of request: KernelRequest) {
        let name = request.operation.versionedName
        var complaint: String?
        if !refusal.reason.contains(where: { $0.isLetter }) {
            complaint = "\(name) was refused without a reason"
        } else if (try? base.prepare(request)) != nil {
            complaint = "\(name) was refused (\(refusal.reason)), and taken when asked for again"
        }
        guard let complaint else { return }
        state.withLock { $0.falseRefusal = $0.falseRefusal ?? complaint }
    }

    /// What is wrong with the way in which an operation was refused; nil when all is as it should be.
    package var falseRefusal: String? { state.withLock { $0.falseRefusal } }

    // MARK: What the streams and kernels report

    func announce(_ kernel: String) { watcher?(.kernel(kernel)) }

    func noteCopy(of tensor: Tensor, to slice: BufferSlice) {
        guard let buffer = slice.buffer as? GuardedBuffer else { return }
        let place = Place(buffer: buffer.number, byteOffset: slice.byteOffset)
        state.withLock { $0.copied[place] = tensor }
    }

    /// The buffer holds a result from now on.
    func noteResult(in slice: BufferSlice, of kernel: String) {
        guard let buffer = slice.buffer as? GuardedBuffer else { return }
        buffer.setWriter(kernel)
        state.withLock { state in state.copied = state.copied.filter { $0.key.buffer != buffer.number } }
    }

    // MARK: Looking afterwards

    /// The first thing that a kernel did to memory that is not its own; nil when all is as it should be.
    ///
    /// - Throws: ``AttendCore/BackendError`` when the device can't be read.
    public func violation() throws(BackendError) -> String? {
        let (buffers, copied) = state.withLock { ($0.buffers, $0.copied) }
        let stream = try base.makeStream()
        for buffer in buffers {
            if let trespass = try Guard.trespass(in: buffer, on: stream) { return trespass }
        }
        for (place, tensor) in copied.sorted(by: { $0.key.buffer < $1.key.buffer }) {
            let slice = buffers[place.buffer].inner(at: place.byteOffset)
            let found = try stream.copyOut(slice, dtype: tensor.dtype, shape: tensor.shape)
            guard !found.hasSameBits(as: tensor) else { continue }
            return "an input or constant of type \(tensor.dtype)\(tensor.shape) was written over"
        }
        return nil
    }
}
