package import AttendRuntime

/// Something that a backend gets wrong.
package protocol PlantedFault: Sendable {
    func concerns(_ request: KernelRequest) -> Bool
    /// What the backend takes a request for. By default what it is.
    func misread(_ request: KernelRequest) -> KernelRequest
    /// How the kernel with the fault is given its inputs. By default as the backend wants them.
    var inputs: FaultyInputs { get }
    /// What happens to memory after a run that was right. By default nothing.
    func spoil(_ run: FaultyRun) throws(BackendError)
}

extension PlantedFault {
    package func misread(_ request: KernelRequest) -> KernelRequest { request }
    package var inputs: FaultyInputs { .asWanted }
    package func spoil(_ run: FaultyRun) throws(BackendError) {}
}

/// How a kernel with a fault is given its inputs.
package enum FaultyInputs: Sendable {
    /// As the backend wants them, packed constants and strides included.
    case asWanted
    /// Dense, so that the fault can read them on the host.
    case dense
    /// With their strides, read on the host; the backend gets dense copies.
    case strided
}

/// A fault of the published list.
package protocol ListedFault: PlantedFault {
    /// Lower-case words joined by hyphens, beginning with the operation.
    var name: String { get }
    /// What is wrong, in a few words.
    var summary: String { get }
    /// What one act of it spoils.
    var extent: FaultExtent { get }
    /// The operations whose cases are run against it.
    var operations: [String] { get }
}

extension ListedFault {
    /// Its operations, where they have a result.
    package func concerns(_ request: KernelRequest) -> Bool {
        operations.contains(request.operation.name) && request.outputs[0]?.elementCount ?? 0 > 0
    }
}

/// The size at which a fault acts.
package enum FaultExtent: String, Sendable, CaseIterable {
    case element, row, memory, thread, run
}

/// One run of a kernel with a fault.
package struct FaultyRun {
    package let request: KernelRequest
    package let inputs: [BufferSlice?]
    package let outputs: [BufferSlice?]
    /// What lay in the outputs' places before the run.
    package let before: [Tensor?]
    package let stream: any ComputeStream
    /// How often this kernel ran before.
    package let index: Int
    /// Where the first result of the run before this one lies, of whichever kernel.
    let previous: (BufferSlice, Operand)?
    let backend: FaultyBackend

    /// A result, dense; nil for one that is not wanted.
    package func output(_ index: Int = 0) throws(BackendError) -> Tensor? {
        guard let slice = outputs[index], let operand = request.outputs[index] else { return nil }
        return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
    }

    /// Writes a spoiled result.
    package func write(_ tensor: Tensor, output index: Int = 0) throws(BackendError) {
        guard let slice = outputs[index] else { return }
        try trespass(tensor, at: slice)
    }

    /// Writes anywhere.
    package func trespass(_ tensor: Tensor, at slice: BufferSlice) throws(BackendError) {
        backend.noteAct()
        try stream.copyIn(tensor, to: slice)
    }

    /// An input's elements in memory from the value's start to the last that its layout reaches.
    func memory(ofInput index: Int) throws(BackendError) -> Tensor? {
        guard let slice = inputs[index], let operand = request.inputs[index] else { return nil }
        guard operand.elementCount > 0 else {
            return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
        }
        return try stream.copyOut(slice, dtype: operand.dtype, shape: [operand.layout.reach])
    }

    /// An input as its layout shows it, dense.
    package func input(_ index: Int) throws(BackendError) -> Tensor? {
        guard let memory = try memory(ofInput: index), let operand = request.inputs[index] else { return nil }
        guard operand.elementCount > 0 else { return memory }
        return memory.taking(operand.layout.elementOffsets, shape: operand.shape)
    }
}
