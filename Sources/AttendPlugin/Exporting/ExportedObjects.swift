internal import AttendBackend
internal import CAttendBackend

/// The backend behind a C handle.
final class ExportedCore {
    let backend: any ComputeBackend
    /// Strings read by the host during the backend's lifetime.
    private let texts = CArena()
    private let name: UnsafePointer<CChar>
    private let instructionSet: UnsafePointer<CChar>?
    private let library: UnsafePointer<CChar>?

    init(_ backend: any ComputeBackend) {
        self.backend = backend
        let texts = texts
        name = texts.string(backend.device.name)
        instructionSet = backend.device.instructionSet.map { texts.string($0) }
        library = backend.device.library.map { texts.string($0) }
    }

    func describe(into device: inout attend_device) {
        device.name = name
        device.threads = Int64(backend.device.threads)
        device.instruction_set = instructionSet
        device.library = library
    }
}

final class ExportedBuffer {
    let buffer: any DeviceBuffer

    init(_ buffer: any DeviceBuffer) { self.buffer = buffer }

    static func slice(_ slice: attend_slice) -> BufferSlice? {
        slice.buffer.map {
            BufferSlice(CHandle.object($0, as: ExportedBuffer.self).buffer, byteOffset: slice.byte_offset)
        }
    }
}

/// A stream, and the host's handles of the instances on it, for errors that are reported late.
final class ExportedStream {
    let stream: any ComputeStream
    private var instances: [ObjectIdentifier: OpaquePointer] = [:]

    init(_ stream: any ComputeStream) { self.stream = stream }

    func register(_ instance: ExportedInstance, _ handle: OpaquePointer) {
        instances[ObjectIdentifier(instance.instance)] = handle
    }

    func forget(_ instance: ExportedInstance) { instances[ObjectIdentifier(instance.instance)] = nil }

    func handle(of instance: ObjectIdentifier) -> OpaquePointer? { instances[instance] }
}

final class ExportedKernel {
    let kernel: any Kernel
    let inputCount: Int
    let outputCount: Int
    /// Strings and arrays read by the host during the kernel's lifetime.
    private let texts = CArena()

    init(_ kernel: any Kernel, inputs: Int, outputs: Int) {
        self.kernel = kernel
        inputCount = inputs
        outputCount = outputs
    }

    func describe(into info: inout attend_kernel_info) {
        info.name = texts.string(kernel.name)
        info.flops = kernel.cost.flops
        info.bytes = kernel.cost.bytes
        info.strided_inputs = bits(kernel.stridedInputs)
        info.overwritable_inputs = bits(kernel.overwritableInputs)
        let layouts = (0..<inputCount).map { kernel.packing(ofInput: $0) }
        if layouts.contains(where: { $0 != nil }) {
            info.packings = texts.array(layouts.map { $0.map { texts.string($0) } })
        }
    }

    private func bits(_ inputs: Set<Int>) -> UInt64 {
        inputs.reduce(0) { (0..<64).contains($1) ? $0 | 1 << UInt64($1) : $0 }
    }
}

/// A kernel instance on one stream.
final class ExportedInstance {
    let instance: any KernelInstance
    let stream: ExportedStream
    private let kernel: ExportedKernel
    /// Operands of the last run. They rarely change, so they are rarely looked up.
    private var slices: [attend_slice]
    private var inputs: [BufferSlice?]
    private var outputs: [BufferSlice?]

    init(_ kernel: ExportedKernel, _ instance: any KernelInstance, _ stream: ExportedStream) {
        self.kernel = kernel
        self.instance = instance
        self.stream = stream
        slices = Array(repeating: attend_slice(), count: kernel.inputCount + kernel.outputCount)
        inputs = Array(repeating: nil, count: kernel.inputCount)
        outputs = Array(repeating: nil, count: kernel.outputCount)
    }

    func run(
        _ given: UnsafePointer<attend_slice>?, _ results: UnsafePointer<attend_slice>?
    ) -> UnsafeMutablePointer<attend_error>? {
        guard let given, let results else { return CFault.make("the operands of a run are NULL") }
        for index in 0..<kernel.inputCount where differs(given[index], at: index) {
            inputs[index] = ExportedBuffer.slice(given[index])
        }
        for index in 0..<kernel.outputCount where differs(results[index], at: kernel.inputCount + index) {
            outputs[index] = ExportedBuffer.slice(results[index])
        }
        do throws(BackendError) {
            try instance.run(inputs: inputs, outputs: outputs)
            return nil
        } catch {
            return CFault.make(error, on: stream)
        }
    }

    /// Whether the slice differs from the last run's; stores it.
    private func differs(_ slice: attend_slice, at place: Int) -> Bool {
        if slices[place].buffer == slice.buffer, slices[place].byte_offset == slice.byte_offset { return false }
        slices[place] = slice
        return true
    }
}
