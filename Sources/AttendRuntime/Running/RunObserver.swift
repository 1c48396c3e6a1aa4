public import AttendBackend
public import AttendGraph

/// Looks on while a session runs, kernel by kernel: what profiles and comparisons are made of.
///
/// ```swift
/// session.observer = profiler
/// ```
public protocol RunObserver: AnyObject {
    /// Before a kernel is enqueued: its inputs are computed, its outputs are not, and may lie where an input lies.
    ///
    /// - Throws: ``BackendError``, which ends the run as one of the kernel's would.
    func willRun(_ step: RunStep) throws(BackendError)

    /// After it was enqueued. It may still be at work: see ``RunStep/finish()``.
    func didRun(_ step: RunStep) throws(BackendError)
}

/// One kernel of a run, and the values that it reads and writes. Of use during the observer's call alone.
public struct RunStep {
    /// Its place among the plan's ``Plan/placements``.
    public let index: Int
    public let placement: Plan.Placement
    /// The operation and its operands; nil for a copy between two backends.
    public let request: KernelRequest?
    let inputs: [BufferSlice?]
    let outputs: [BufferSlice?]
    /// Constants that were packed, as they were before.
    let packed: [Tensor?]
    let stream: any ComputeStream

    /// Waits for all that was enqueued.
    public func finish() throws(BackendError) { try stream.synchronize() }

    /// An input as a dense tensor; nil where it was left out.
    public func input(_ index: Int) throws(BackendError) -> Tensor? {
        guard let operand = request?.inputs[index], let slice = inputs[index] else { return nil }
        if let constant = packed[index] { return try? constant.reshaped(operand.shape) }
        return try read(operand, slice)
    }

    /// An output; nil where nothing uses it. Of use in ``RunObserver/didRun(_:)``.
    public func output(_ index: Int) throws(BackendError) -> Tensor? {
        guard let operand = request?.outputs[index], let slice = outputs[index] else { return nil }
        return try read(operand, slice)
    }

    /// All inputs, in the operation's order.
    public func readInputs() throws(BackendError) -> [Tensor?] {
        try (request?.inputs.indices ?? 0..<0).map { index throws(BackendError) in try input(index) }
    }

    /// All outputs, in the operation's order. Of use in ``RunObserver/didRun(_:)``.
    public func readOutputs() throws(BackendError) -> [Tensor?] {
        try (request?.outputs.indices ?? 0..<0).map { index throws(BackendError) in try output(index) }
    }

    private func read(_ operand: Operand, _ slice: BufferSlice) throws(BackendError) -> Tensor? {
        if operand.layout.isDense { return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape) }
        let memory = try stream.copyOut(slice, dtype: operand.dtype, shape: [operand.layout.reach])
        return memory.taking(operand.layout.elementOffsets, shape: operand.shape)
    }
}
