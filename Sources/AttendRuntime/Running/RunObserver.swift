public import AttendBackend
public import AttendGraph

/// Callbacks around each kernel of a run, for profiling and comparing.
///
/// ```swift
/// session.observer = profiler
/// ```
public protocol RunObserver: AnyObject {
    /// Called before a kernel is enqueued. Its inputs are computed; its outputs are not, and may share memory with an
    /// input.
    ///
    /// - Throws: ``BackendError``, which ends the run as a kernel failure does.
    func willRun(_ step: RunStep) throws(BackendError)

    /// Called after a kernel was enqueued. The kernel may still be running: see ``RunStep/finish()``.
    ///
    /// - Throws: ``BackendError``, which ends the run as a kernel failure does.
    func didRun(_ step: RunStep) throws(BackendError)
}

/// One kernel of a run with access to its operands. Valid during the observer's call only.
public struct RunStep {
    /// Index in the plan's ``Plan/placements``.
    public let index: Int
    /// The kernel's placement in the plan.
    public let placement: Plan.Placement
    /// The operation and its operands; nil for a copy between backends.
    public let request: KernelRequest?
    let inputs: [BufferSlice?]
    let outputs: [BufferSlice?]
    /// Packed constants; nil for other inputs.
    let packed: [Plan.PlacedConstant?]
    let stream: any ComputeStream

    /// Waits for all enqueued work of the kernel's stream.
    ///
    /// - Throws: ``BackendError`` for failed work.
    public func finish() throws(BackendError) { try stream.synchronize() }

    /// Copies an input to the host as a dense tensor; nil for an omitted input.
    ///
    /// - Throws: ``BackendError`` for a failed copy.
    public func input(_ index: Int) throws(BackendError) -> Tensor? {
        guard let operand = request?.inputs[index], let slice = inputs[index] else { return nil }
        if let constant = packed[index] {
            do throws(ConstantError) {
                let tensor = try constant.tensor()
                return try? tensor.reshaped(operand.shape)
            } catch {
                throw .failed(backend: placement.backend, action: "read a packed constant", reason: error.description)
            }
        }
        return try read(operand, slice)
    }

    /// Copies an output to the host; nil for an unused output. Valid in ``RunObserver/didRun(_:)``.
    ///
    /// - Throws: ``BackendError`` for a failed copy.
    public func output(_ index: Int) throws(BackendError) -> Tensor? {
        guard let operand = request?.outputs[index], let slice = outputs[index] else { return nil }
        return try read(operand, slice)
    }

    /// Copies all inputs to the host, in the operation's order; see ``input(_:)``.
    public func readInputs() throws(BackendError) -> [Tensor?] {
        try (request?.inputs.indices ?? 0..<0).map { index throws(BackendError) in try input(index) }
    }

    /// Copies all outputs to the host, in the operation's order; see ``output(_:)``. Valid in
    /// ``RunObserver/didRun(_:)``.
    public func readOutputs() throws(BackendError) -> [Tensor?] {
        try (request?.outputs.indices ?? 0..<0).map { index throws(BackendError) in try output(index) }
    }

    private func read(_ operand: Operand, _ slice: BufferSlice) throws(BackendError) -> Tensor? {
        if operand.layout.isDense { return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape) }
        let memory = try stream.copyOut(slice, dtype: operand.dtype, shape: [operand.layout.reach])
        return memory.taking(operand.layout.elementOffsets, shape: operand.shape)
    }
}
