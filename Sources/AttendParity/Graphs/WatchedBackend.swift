import AttendCore
import Synchronization

/// A backend whose kernels are watched at work: what each one read and what it gave, as tensors on the host.
///
/// Kernels, layouts, packed constants and the sharing of memory stay what they are, so that what is watched is the plan as
/// it runs. Values are read through ``AttendCore/ComputeStream`` alone: the inputs before a run, since its output may be
/// written over one of them.
final class WatchedBackend: ComputeBackend {
    let base: any ComputeBackend
    private let observer: any StepObserver
    /// What was packed, and the buffers, so that no other comes to lie at one's address.
    private let packed = Mutex<[ObjectIdentifier: (buffer: any DeviceBuffer, constant: Tensor)]>([:])

    init(_ base: any ComputeBackend, observer: any StepObserver) { (self.base, self.observer) = (base, observer) }

    var device: DeviceDescription { base.device }
    func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }
    func makeStream() throws(BackendError) -> any ComputeStream { try base.makeStream() }

    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        let buffer = try base.pack(constant, layout: layout)
        packed.withLock { $0[ObjectIdentifier(buffer)] = (buffer, constant) }
        return buffer
    }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        WatchedKernel(base: try base.prepare(request), request: request, backend: self)
    }

    fileprivate func constant(packedIn slice: BufferSlice) -> Tensor? {
        packed.withLock { $0[ObjectIdentifier(slice.buffer)]?.constant }
    }

    fileprivate func place() -> Plan.Placement? { observer.nextPlace(on: device.backend) }
    fileprivate func tell(_ step: WatchedStep) { observer.observe(step) }
}

/// Learns of every step of a plan, in the order in which they run.
protocol StepObserver: AnyObject, Sendable {
    /// Where the next kernel of this backend stands: kernels are bound to streams in the plan's order. nil where nobody
    /// asked for it.
    func nextPlace(on backend: String) -> Plan.Placement?
    func observe(_ step: WatchedStep)
}

/// One kernel's run.
struct WatchedStep: Sendable {
    let place: Plan.Placement
    let request: KernelRequest
    /// As the operation means them, whatever their strides; by the schema's order.
    let inputs: [Tensor?]
    let outputs: [Tensor?]
}

private struct WatchedKernel: Kernel {
    let base: any Kernel
    let request: KernelRequest
    let backend: WatchedBackend

    var name: String { base.name }
    var cost: KernelCost { base.cost }
    var stridedInputs: Set<Int> { base.stridedInputs }
    var overwritableInputs: Set<Int> { base.overwritableInputs }
    func packing(ofInput index: Int) -> String? { base.packing(ofInput: index) }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        let instance = try base.makeInstance(on: stream)
        guard let place = backend.place() else { return instance }
        return Instance(self, place, stream, instance)
    }

    private final class Instance: KernelInstance {
        private let kernel: WatchedKernel
        private let place: Plan.Placement
        private let stream: any ComputeStream
        private let base: any KernelInstance

        init(
            _ kernel: WatchedKernel, _ place: Plan.Placement, _ stream: any ComputeStream,
            _ base: any KernelInstance
        ) {
            (self.kernel, self.place, self.stream, self.base) = (kernel, place, stream, base)
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            var (read, given): ([Tensor?], [Tensor?]) = ([], [])
            for (index, operand) in kernel.request.inputs.enumerated() {
                guard let operand, let slice = inputs[index] else {
                    read.append(nil)
                    continue
                }
                read.append(try input(index, operand, slice))
            }
            try base.run(inputs: inputs, outputs: outputs)
            for (index, operand) in kernel.request.outputs.enumerated() {
                guard let operand, let slice = outputs[index] else {
                    given.append(nil)
                    continue
                }
                given.append(try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape))
            }
            kernel.backend.tell(WatchedStep(place: place, request: kernel.request, inputs: read, outputs: given))
        }

        private func input(_ index: Int, _ operand: Operand, _ slice: BufferSlice) throws(BackendError) -> Tensor {
            if let constant = kernel.backend.constant(packedIn: slice) {
                return CaseValues.tensor(constant.storage, operand.shape)
            }
            guard kernel.stridedInputs.contains(index), !operand.layout.isDense else {
                return try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
            }
            let memory = try stream.copyOut(slice, dtype: operand.dtype, shape: [operand.layout.reach])
            return memory.taking(operand.layout.places, shape: operand.shape)
        }
    }
}

extension Layout {
    /// Elements in memory from the value's start to the last that it reaches; 0 where there are none.
    var reach: Int {
        guard elementCount > 0 else { return 0 }
        return zip(shape, strides).reduce(offset) { $0 + ($1.0 - 1) * max(0, $1.1) } + 1
    }
}
