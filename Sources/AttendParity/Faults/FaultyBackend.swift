package import AttendCore

/// A backend that is right but for one fault, to see whether the kit finds it.
package final class FaultyBackend: ComputeBackend {
    package let base: any ComputeBackend
    package let fault: any PlantedFault

    package init(_ base: any ComputeBackend, _ fault: any PlantedFault) {
        self.base = base
        self.fault = fault
    }

    package var device: DeviceDescription { base.device }

    package func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }

    package func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }

    package func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try base.pack(constant, layout: layout)
    }

    package func makeStream() throws(BackendError) -> any ComputeStream { try base.makeStream() }

    package func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard fault.concerns(request) else { return try base.prepare(request) }
        return FaultyKernel(base: try base.prepare(fault.misread(request)), request: request, backend: self)
    }
}

/// Something that a backend gets wrong.
package protocol PlantedFault: Sendable {
    func concerns(_ request: KernelRequest) -> Bool
    /// What the backend takes a request for. By default what it is.
    func misread(_ request: KernelRequest) -> KernelRequest
    /// What happens to memory after a run that was right. By default nothing.
    func spoil(_ run: FaultyRun) throws(BackendError)
}

extension PlantedFault {
    package func misread(_ request: KernelRequest) -> KernelRequest { request }
    package func spoil(_ run: FaultyRun) throws(BackendError) {}
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

    /// A result, dense; nil for one that is not wanted.
    package func output(_ index: Int = 0) throws(BackendError) -> Tensor? {
        guard let slice = outputs[index], let operand = request.outputs[index] else { return nil }
        return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
    }

    package func write(_ tensor: Tensor, output index: Int = 0) throws(BackendError) {
        guard let slice = outputs[index] else { return }
        try stream.copyIn(tensor, to: slice)
    }
}

private struct FaultyKernel: Kernel {
    let base: any Kernel
    let request: KernelRequest
    let backend: FaultyBackend

    var name: String { base.name }
    var cost: KernelCost { base.cost }
    var stridedInputs: Set<Int> { base.stridedInputs }
    var overwritableInputs: Set<Int> { base.overwritableInputs }
    func packing(ofInput index: Int) -> String? { base.packing(ofInput: index) }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(self, stream, try base.makeInstance(on: stream))
    }

    private final class Instance: KernelInstance {
        private let kernel: FaultyKernel
        private let stream: any ComputeStream
        private let base: any KernelInstance
        private var runs = 0

        init(_ kernel: FaultyKernel, _ stream: any ComputeStream, _ base: any KernelInstance) {
            self.kernel = kernel
            self.stream = stream
            self.base = base
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            var before: [Tensor?] = []
            for (slice, operand) in zip(outputs, kernel.request.outputs) {
                guard let slice, let operand else {
                    before.append(nil)
                    continue
                }
                before.append(try? stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape))
            }
            try base.run(inputs: inputs, outputs: outputs)
            try kernel.backend.fault.spoil(
                FaultyRun(
                    request: kernel.request, inputs: inputs, outputs: outputs, before: before, stream: stream,
                    index: runs))
            runs += 1
        }
    }
}
