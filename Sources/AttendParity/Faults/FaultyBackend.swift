package import AttendRuntime
import Synchronization

/// A backend that is correct except for one fault, to test whether the kit detects it.
package final class FaultyBackend: ComputeBackend {
    package let base: any ComputeBackend
    package let fault: any PlantedFault
    /// The number of threads that the backend was made with for a case; nil for the run's.
    package let threads: Int?
    private let acts: Acts
    private let latest = Mutex<(BufferSlice, Operand)?>(nil)

    package init(_ base: any ComputeBackend, _ fault: any PlantedFault) {
        self.base = base
        self.fault = fault
        (threads, acts) = (nil, Acts())
    }

    private init(_ base: any ComputeBackend, _ fault: any PlantedFault, threads: Int, acts: Acts) {
        (self.base, self.fault, self.threads, self.acts) = (base, fault, threads, acts)
    }

    /// The same fault in a backend with another number of threads; its acts count here.
    func variant(on base: any ComputeBackend, threads: Int) -> FaultyBackend {
        FaultyBackend(base, fault, threads: threads, acts: acts)
    }

    private final class Acts: Sendable {
        let count = Mutex(0)
    }

    /// The number of times the fault changed something.
    package var actCount: Int { acts.count.withLock { $0 } }
    func noteAct() { acts.count.withLock { $0 += 1 } }

    /// The memory of the last result of a kernel with the fault, even if it was freed or reused since.
    var latestResult: (BufferSlice, Operand)? { latest.withLock { $0 } }
    func note(result: (BufferSlice, Operand)) { latest.withLock { $0 = result } }

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
        let offered = fault.misread(request)
        guard fault.inputs != .asWanted else {
            return FaultyKernel(base: try base.prepare(offered), request: request, backend: self)
        }
        let dense = offered.withDenseInputs
        do throws(UnsupportedOperation) {
            return FaultyKernel(base: try base.prepare(dense), request: request, backend: self)
        } catch {
            // The fault must apply also to a backend that supports only the parts.
            guard let whole = ComposedKernel(dense, on: base) else { throw error }
            return FaultyKernel(base: whole, request: request, backend: self)
        }
    }
}

extension KernelRequest {
    /// The request with dense inputs and no constants, which could be packed.
    var withDenseInputs: KernelRequest { given(strided: [], keepingConstants: false) }

    /// The request as a kernel sees it that accepts strides for these inputs.
    func given(strided: Set<Int>, keepingConstants: Bool = true) -> KernelRequest {
        KernelRequest(
            operation: operation,
            inputs: inputs.enumerated().map { index, operand in
                operand.map {
                    Operand(
                        dtype: $0.dtype, layout: strided.contains(index) ? $0.layout : Layout(dense: $0.shape),
                        isConstant: keepingConstants && $0.isConstant)
                }
            },
            outputs: outputs)
    }
}

private struct FaultyKernel: Kernel {
    let base: any Kernel
    let request: KernelRequest
    let backend: FaultyBackend

    private var inputs: FaultyInputs { backend.fault.inputs }

    var name: String { base.name }
    var cost: KernelCost { base.cost }
    var overwritableInputs: Set<Int> { inputs == .asWanted ? base.overwritableInputs : [] }
    var stridedInputs: Set<Int> {
        switch inputs {
        case .asWanted: base.stridedInputs
        case .dense: []
        case .strided: Set(request.inputs.indices)
        }
    }
    /// The request with the layouts of its actual inputs.
    var given: KernelRequest { request.given(strided: stridedInputs) }

    func packing(ofInput index: Int) -> String? { inputs == .asWanted ? base.packing(ofInput: index) : nil }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(self, stream, try base.makeInstance(on: stream))
    }

    private final class Instance: KernelInstance {
        private let kernel: FaultyKernel
        private let stream: any ComputeStream
        private let base: any KernelInstance
        private var runs = 0
        private var firstInputs: [Tensor?]?

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
                // Typed memory, such as the reference's, can't be read as another type.
                let shown = try? stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
                before.append(shown ?? Guard.garbage(operand.dtype, operand.shape))
            }
            let run = FaultyRun(
                request: kernel.given, inputs: inputs, outputs: outputs, before: before, stream: stream, index: runs,
                firstInputs: firstInputs, previous: kernel.backend.latestResult, backend: kernel.backend)
            do throws(BackendError) {
                try base.run(inputs: kernel.inputs == .strided ? dense(run) : inputs, outputs: outputs)
            } catch {
                let reported = kernel.backend.fault.reported(error)
                if reported != error { kernel.backend.noteAct() }
                if let reported { throw reported }
                return
            }
            try kernel.backend.fault.spoil(run)
            if firstInputs == nil, kernel.inputs != .asWanted {
                firstInputs = []
                for index in inputs.indices { firstInputs?.append(try run.input(index)) }
            }
            if let slice = outputs.first ?? nil, let operand = kernel.request.outputs[0] {
                kernel.backend.note(result: (slice, operand))
            }
            runs += 1
        }

        /// The inputs, with dense copies of those that are not dense.
        private func dense(_ run: FaultyRun) throws(BackendError) -> [BufferSlice?] {
            var slices = run.inputs
            for (index, operand) in run.request.inputs.enumerated() {
                guard let operand, !operand.layout.isDense, let tensor = try run.input(index) else { continue }
                let backend = kernel.backend.base
                let byteCount = operand.elementCount * backend.storageByteCount(of: operand.dtype)
                let slice = BufferSlice(try backend.makeBuffer(byteCount: byteCount))
                try stream.copyIn(tensor, to: slice)
                slices[index] = slice
            }
            return slices
        }
    }
}
