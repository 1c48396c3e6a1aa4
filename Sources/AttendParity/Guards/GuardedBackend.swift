public import AttendRuntime
import Synchronization

/// A wrapper of a backend that places every buffer between guard zones and poisons every result before it is computed,
/// to detect writes past the end, unwritten elements and overwritten inputs.
///
/// It uses only ``AttendBackend/ComputeStream``, and so works on any device. A buffer of n bytes is allocated with 4
/// KiB more on either side, which are filled with a pattern that is NaN in every floating-point type (so reads past the
/// end are visible too). Before each kernel, its outputs are filled with the same pattern. Constants that a backend
/// packs are not guarded.
///
/// Use one wrapper per run of a case: it keeps every buffer alive until it is released.
public final class GuardedBackend: ComputeBackend {
    /// The wrapped backend.
    public let base: any ComputeBackend
    private let state = Mutex(State())

    private struct State {
        var buffers: [GuardedBuffer] = []
        /// The number of the next buffer; numbers are not in the order of the list if threads make buffers.
        var bufferCount = 0
        /// The tensors copied in, by place; no kernel may change them.
        var copied: [Place: Tensor] = [:]
        /// The first invalid refusal of an operation.
        var falseRefusal: String?
        /// The first call that changed the thread's floating-point environment.
        var environmentChange: String?
    }

    private struct Place: Hashable {
        var buffer: Int
        var byteOffset: Int
    }

    private let watcher: (@Sendable (CaseStep) -> Void)?
    private let zones: Guard

    /// A guarded backend on top of `base`.
    public convenience init(_ base: any ComputeBackend) { self.init(base, watcher: nil) }

    /// - Parameter watcher: A callback for every kernel, before its creation and before each run.
    package convenience init(_ base: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)?) {
        self.init(base, zones: .nans, watcher: watcher)
    }

    init(_ base: any ComputeBackend, zones kind: Guard.Words, watcher: (@Sendable (CaseStep) -> Void)? = nil) {
        self.base = base
        self.watcher = watcher
        zones = Guard(
            kind, wordSize: base.storageByteCount(of: .int32), boolSize: base.storageByteCount(of: .bool))
    }

    /// The device of the wrapped backend.
    public var device: DeviceDescription { base.device }

    /// The storage size of the wrapped backend.
    public func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }

    /// Makes a buffer between two guard zones, filled with the pattern.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        let (total, isTooLarge) = byteCount.addingReportingOverflow(zones.byteCount(beside: byteCount))
        guard byteCount >= 0, !isTooLarge else {
            throw .outOfMemory(backend: device.backend, byteCount: byteCount)
        }
        let inner = try call("making a buffer") { () throws(BackendError) in
            try base.makeBuffer(byteCount: total)
        }
        let number = state.withLock { state in
            defer { state.bufferCount += 1 }
            return state.bufferCount
        }
        let gap = try call("filling a buffer") { () throws(BackendError) in
            try zones.fill(inner, byteCount: byteCount, number: number, on: base.makeStream())
        }
        let buffer = GuardedBuffer(inner, byteCount: byteCount, number: number, gap: gap)
        state.withLock { $0.buffers.append(buffer) }
        return buffer
    }

    /// Packs a constant on the wrapped backend, without guards.
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try call("packing a constant") { () throws(BackendError) in try base.pack(constant, layout: layout) }
    }

    /// Prepares a kernel of the wrapped backend, and checks refusals.
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

    /// Makes a stream that checks the floating-point environment after each call.
    public func makeStream() throws(BackendError) -> any ComputeStream {
        GuardedStream(self, try call("making a stream") { () throws(BackendError) in try base.makeStream() })
    }

    /// Checks that a refusal has a reason, and that it is repeated: planning asks once, and users read the reason.
    private func audit(_ refusal: UnsupportedOperation, of request: KernelRequest) {
        let name = request.operation.versionedName
        var complaint: String?
        if refusal.isFault {
            complaint = "\(name) was reported unsupported against the rules: \(refusal.reason)"
        } else if !refusal.reason.contains(where: { $0.isLetter }) {
            complaint = "\(name) was reported unsupported without a reason"
        } else if (try? base.prepare(request)) != nil {
            complaint = "\(name) was reported unsupported (\(refusal.reason)), but prepared on the second request"
        }
        guard let complaint else { return }
        state.withLock { $0.falseRefusal = $0.falseRefusal ?? complaint }
    }

    /// The error of an invalid refusal; nil if there was none.
    package var falseRefusal: String? { state.withLock { $0.falseRefusal } }

    /// The first change of the thread's floating-point environment by the backend, already undone; nil if there was
    /// none.
    package var environmentChange: String? { state.withLock { $0.environmentChange } }

    // MARK: What the streams and kernels report

    /// Calls the backend, and restores the thread's floating-point environment afterwards.
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

    /// Records that the buffer contains a result.
    func noteResult(in slice: BufferSlice, of kernel: String) {
        guard let buffer = slice.buffer as? GuardedBuffer else { return }
        buffer.setWriter(kernel)
        state.withLock { state in state.copied = state.copied.filter { $0.key.buffer != buffer.number } }
    }

    // MARK: Checks after a run

    /// The first change of the thread, or of memory outside a result; nil if there was none.
    ///
    /// - Throws: ``AttendBackend/BackendError`` if the device can't be read.
    /// - Complexity: O(bytes copied in + buffers).
    public func violation() throws(BackendError) -> String? {
        if let environmentChange { return environmentChange }
        let (buffers, copied) = state.withLock { ($0.buffers, $0.copied) }
        let stream = try base.makeStream()
        for buffer in buffers {
            if let trespass = try zones.trespass(in: buffer, on: stream) { return trespass }
        }
        let numbered = Dictionary(uniqueKeysWithValues: buffers.map { ($0.number, $0) })
        for (place, tensor) in copied.sorted(by: { $0.key.buffer < $1.key.buffer }) {
            guard let slice = numbered[place.buffer]?.inner(at: place.byteOffset) else { continue }
            let found = try stream.copyOut(slice, dtype: tensor.dtype, shape: tensor.shape)
            guard !found.hasSameNumbers(as: tensor) else { continue }
            return "an input or constant of type \(tensor.dtype)\(tensor.shape) was overwritten"
        }
        return nil
    }
}
