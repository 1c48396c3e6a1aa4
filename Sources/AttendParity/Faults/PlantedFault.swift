package import AttendRuntime

/// A planted fault of a backend.
package protocol PlantedFault: Sendable {
    func concerns(_ request: KernelRequest) -> Bool
    /// The request as the faulty backend understands it; by default unchanged.
    func misread(_ request: KernelRequest) -> KernelRequest
    /// The layout of the inputs of the faulty kernel; by default the backend's preference.
    var inputs: FaultyInputs { get }
    /// Modifies memory after a correct run; by default nothing.
    func spoil(_ run: FaultyRun) throws(BackendError)
    /// The error that the faulty backend reports for a kernel's error; nil for none. By default the same.
    func reported(_ error: BackendError) -> BackendError?
}

extension PlantedFault {
    package func misread(_ request: KernelRequest) -> KernelRequest { request }
    package var inputs: FaultyInputs { .asWanted }
    package func spoil(_ run: FaultyRun) throws(BackendError) {}
    package func reported(_ error: BackendError) -> BackendError? { error }
}

/// The layout of the inputs of a faulty kernel.
package enum FaultyInputs: Sendable {
    /// The backend's preference, including packed constants and strides.
    case asWanted
    /// Dense, so that the fault can read them on the host.
    case dense
    /// Strided, read on the host; the backend gets dense copies.
    case strided
}

/// A fault of the published list.
package protocol ListedFault: PlantedFault {
    /// The name: lower-case words joined by hyphens, beginning with the operation.
    var name: String { get }
    /// A short description of the error.
    var summary: String { get }
    /// The extent of one act of the fault.
    var extent: FaultExtent { get }
    /// The operations whose cases are run with the fault.
    var operations: [String] { get }
    /// Whether thousands of runs are needed to show it; by default false.
    var needsManyRuns: Bool { get }
}

extension ListedFault {
    package var needsManyRuns: Bool { false }

    /// True for the fault's operations with a nonempty result.
    package func concerns(_ request: KernelRequest) -> Bool {
        operations.contains(request.operation.name) && request.outputs[0]?.elementCount ?? 0 > 0
    }
}

/// The extent of one act of a fault.
package enum FaultExtent: String, Sendable, CaseIterable {
    case element, row, memory, thread, run
}

/// One run of a faulty kernel.
package struct FaultyRun {
    package let request: KernelRequest
    package let inputs: [BufferSlice?]
    package let outputs: [BufferSlice?]
    /// The contents of the outputs' memory before the run.
    package let before: [Tensor?]
    package let stream: any ComputeStream
    /// The number of previous runs of this kernel.
    package let index: Int
    /// The inputs of the kernel's first run, for faults that read inputs on the host; nil in the first run.
    let firstInputs: [Tensor?]?
    /// The first result of the previous run of any kernel, with its memory.
    let previous: (BufferSlice, Operand)?
    let backend: FaultyBackend

    /// A result, dense; nil if it is not requested.
    package func output(_ index: Int = 0) throws(BackendError) -> Tensor? {
        guard let slice = outputs[index], let operand = request.outputs[index] else { return nil }
        return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
    }

    /// Writes a wrong result.
    package func write(_ tensor: Tensor, output index: Int = 0) throws(BackendError) {
        guard let slice = outputs[index] else { return }
        try trespass(tensor, at: slice)
    }

    /// Writes at any position of a buffer.
    package func trespass(_ tensor: Tensor, at slice: BufferSlice) throws(BackendError) {
        backend.noteAct()
        try stream.copyIn(tensor, to: slice)
    }

    /// An input's elements in memory order, from the value's start to the last element of its layout.
    func memory(ofInput index: Int) throws(BackendError) -> Tensor? {
        guard let slice = inputs[index], let operand = request.inputs[index] else { return nil }
        guard operand.elementCount > 0 else {
            return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
        }
        return try stream.copyOut(slice, dtype: operand.dtype, shape: [operand.layout.reach])
    }

    /// An input as a dense tensor.
    package func input(_ index: Int) throws(BackendError) -> Tensor? {
        guard let memory = try memory(ofInput: index), let operand = request.inputs[index] else { return nil }
        guard operand.elementCount > 0 else { return memory }
        return memory.taking(operand.layout.elementOffsets, shape: operand.shape)
    }
}
