public import AttendRuntime
import Synchronization

/// A backend whose every buffer lies between guard zones and whose every result is poisoned before it is
/// computed, so that a write past the end, an element left out and an input written over come to light.
///
/// It works through ``AttendBackend/ComputeStream`` alone, and therefore on any device: a buffer of n bytes is
/// made with 4 KiB more on either side, which are filled with a pattern that is NaN in
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
        /// The first call that left the thread otherwise than it found it.
        var environmentChange: String?
    }

    private struct Place: Hashable {
        var buffer: Int
        var byteOffset: Int
    }

    private let watcher: (@Sendable (CaseStep) -> Void)?
    private let zones: Guard

    public convenience init(_ base: any ComputeBackend) { self.init(base, watcher: nil) }

    /// - Parameter watcher: Is told of every kernel before it is made and before it runs.
    package init(_ base: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)?) {
        self.base = base
        self.watcher = watcher
        zones = Guard(wordSize: base.storageByteCount(of: .int32), boolSize: base.storageByteCount(of: .bool))
    }

    public var device: DeviceDescription { base.device }

    public func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        let (total, isTooLarge) = byteCount.addingReportingOverflow(zones.byteCount(beside: byteCount))
        guard byteCount >= 0, !isTooLarge else {
            throw .outOfMemory(backend: device.backend, byteCount: byteCount)
        }
        let inner = try call("making a buffer") { () throws(BackendError) in
            try base.makeBuffer(byteCount: total)
        }
        let gap = try call("filling a buffer") { () throws(BackendError) in
            try zones.fill(inner, byteCount: byteCount, on: base.makeStream())
        }
        return state.withLock { state in
            let buffer = GuardedBuffer(inner, byteCount: byteCount, number: state.buffers.count, gap: gap)
            state.buffers.append(buffer)
            return buffer
        }
    }

    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try call("packing a constant") { () throws(BackendError) in try base.pack(constant, layout: layout) }
    }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        announce("\(request.operation.versionedName), being prepared")
        do throws(UnsupportedOperation) {
            let kernel = try call("preparing \(request.operation.versionedName)") { () throws(UnsupportedOperation) in
                try base.prepare(request)
            }
            return GuardedKernel(base: kernel, request: request, backend: self)
        } catch {
            audit(error, of: request)
            throw error
        }
    }

    public func makeStream() throws(BackendError) -> any ComputeStream {
        GuardedStream(self, try call("making a stream") { () throws(BackendError) in try base.makeStream() })
    }

    /// What is refused has to be refused for a reason, and again when it is asked for again: planning asks once, and
    /// people read the reason.
    private func audit(_ refusal: UnsupportedOperation, of request: KernelRequest) {
        let name = request.operation.versionedName
        var complaint: String?
        if refusal.isFault {
            complaint = "\(name) was refused against the rules: \(refusal.reason)"
        } else if !refusal.reason.contains(where: { $0.isLetter }) {
            complaint = "\(name) was refused without a reason"
        } else if (try? base.prepare(request)) != nil {
            complaint = "\(name) was refused (\(refusal.reason)), and taken when asked for again"
        }
        guard let complaint else { return }
        state.withLock { $0.falseRefusal = $0.falseRefusal ?? complaint }
    }

    /// What is wrong with the way in which an operation was refused; nil when all is as it should be.
    package var falseRefusal: String? { state.withLock { $0.falseRefusal } }

    /// What a call of the backend did to its thread, put right since; nil when all is as it should be.
    package var environmentChange: String? { state.withLock { $0.environmentChange } }

    // MARK: What the streams and kernels report

    /// Calls the backend, and sees to it that the thread's floating-point environment is the same afterwards.
    func call<Result, Failure: Error>(
        _ what: @autoclosure () -> String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = FloatingPointEnvironment.current
        defer {
            if let change = before.restored() {
                let complaint = "\(what()) \(change)"
                state.withLock { $0.environmentChange = $0.environmentChange ?? complaint }
            }
        }
        return try body()
    }

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

    /// The first thing that a call did to what is not its own, the thread or memory; nil when all is as it should be.
    ///
    /// - Throws: ``AttendBackend/BackendError`` when the device can't be read.
    public func violation() throws(BackendError) -> String? {
        if let environmentChange { return environmentChange }
        let (buffers, copied) = state.withLock { ($0.buffers, $0.copied) }
        let stream = try base.makeStream()
        for buffer in buffers {
            if let trespass = try zones.trespass(in: buffer, on: stream) { return trespass }
        }
        for (place, tensor) in copied.sorted(by: { $0.key.buffer < $1.key.buffer }) {
            let slice = buffers[place.buffer].inner(at: place.byteOffset)
            let found = try stream.copyOut(slice, dtype: tensor.dtype, shape: tensor.shape)
            guard !found.hasSameNumbers(as: tensor) else { continue }
            return "an input or constant of type \(tensor.dtype)\(tensor.shape) was written over"
        }
        return nil
    }
}
