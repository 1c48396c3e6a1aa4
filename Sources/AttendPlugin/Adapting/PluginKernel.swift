internal import AttendBackend
internal import CAttendBackend

/// A plug-in's kernel.
///
/// `@unchecked Sendable`: the handle is an address that the plug-in's functions accept on any thread, and all else is
/// immutable.
final class PluginKernel: Kernel, @unchecked Sendable {
    let name: String
    let cost: KernelCost
    let stridedInputs: Set<Int>
    let overwritableInputs: Set<Int>
    private let packings: [String?]
    let operation: String
    let inputCount: Int
    let outputCount: Int
    let core: PluginCore
    let handle: OpaquePointer

    init(_ request: KernelRequest, _ core: PluginCore) throws(UnsupportedOperation) {
        guard let prepare = core.functions.prepare else {
            preconditionFailure("the table was checked for this function")
        }
        let arena = CArena()
        var info = attend_kernel_info()
        info.size = MemoryLayout<attend_kernel_info>.size
        var made: OpaquePointer?
        if let fault = PluginFault(taking: prepare(core.handle, arena.request(request), &info, &made)) {
            throw UnsupportedOperation(fault.message, isFault: !fault.hasReason)
        }
        guard let made else {
            throw UnsupportedOperation("its prepare returned neither a kernel nor a reason", isFault: true)
        }
        let count = request.inputs.count
        name = PluginTable.words(info.name) ?? request.operation.name
        cost = PluginKernel.cost(info, request)
        stridedInputs = PluginKernel.set(info.strided_inputs, below: count)
        overwritableInputs = PluginKernel.set(info.overwritable_inputs, below: count)
        packings = info.packings.map { names in (0..<count).map { PluginTable.text(names[$0]) } } ?? []
        operation = request.operation.name
        inputCount = count
        outputCount = request.outputs.count
        self.core = core
        handle = made
    }

    deinit { core.functions.kernel_free?(core.handle, handle) }

    func packing(ofInput index: Int) -> String? { packings.indices.contains(index) ? packings[index] : nil }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        guard let stream = stream as? PluginStream, stream.core === core else {
            throw core.failure("run \(operation)", "the stream belongs to another backend (\(type(of: stream)))")
        }
        return try PluginInstance(self, stream)
    }

    /// The plug-in's estimate where plausible, else one operation per output element and each operand moved once.
    private static func cost(_ info: attend_kernel_info, _ request: KernelRequest) -> KernelCost {
        // About 10¹⁸ operations are a second's work of the largest machines: a larger number is a mistake.
        func sensible(_ number: Double) -> Double? { number > 0 && number <= 1e18 ? number : nil }
        let operands = request.inputs.compactMap(\.self) + request.outputs.compactMap(\.self)
        let bytes = operands.reduce(0.0) { $0 + Double($1.elementCount * $1.dtype.byteCount) }
        let elements = request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }
        return KernelCost(flops: sensible(info.flops) ?? Double(elements), bytes: sensible(info.bytes) ?? bytes)
    }

    private static func set(_ bits: UInt64, below count: Int) -> Set<Int> {
        Set((0..<min(count, 64)).filter { bits >> $0 & 1 == 1 })
    }
}

/// A plug-in's kernel instance on one stream.
final class PluginInstance: KernelInstance {
    private let kernel: PluginKernel
    private let stream: PluginStream
    private let handle: OpaquePointer?
    /// Operands of a run, inputs first; preallocated, so that a run allocates nothing.
    private let slices: UnsafeMutablePointer<attend_slice>

    init(_ kernel: PluginKernel, _ stream: PluginStream) throws(BackendError) {
        let core = kernel.core
        var made: OpaquePointer?
        if let create = core.functions.instance_create {
            if let fault = PluginFault(taking: create(core.handle, kernel.handle, stream.handle, &made)) {
                throw fault.backendError(core.name, "set up \(kernel.operation)", operation: kernel.operation)
            }
            guard made != nil else {
                throw core.failure("set up \(kernel.operation)", "it returned neither an instance nor an error")
            }
        }
        self.kernel = kernel
        self.stream = stream
        handle = made
        slices = .allocate(capacity: kernel.inputCount + kernel.outputCount)
        slices.initialize(repeating: attend_slice(), count: kernel.inputCount + kernel.outputCount)
        if let made { stream.register(made, kernel.operation, ObjectIdentifier(self)) }
    }

    deinit {
        if let handle {
            stream.forget(handle)
            kernel.core.functions.instance_free?(kernel.core.handle, handle)
        }
        slices.deallocate()
    }

    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
        let core = kernel.core
        guard inputs.count == kernel.inputCount, outputs.count == kernel.outputCount else {
            throw core.failure(
                "run \(kernel.operation)",
                "expected \(kernel.inputCount) inputs and \(kernel.outputCount) outputs, "
                    + "found \(inputs.count) and \(outputs.count)")
        }
        for index in 0..<inputs.count { slices[index] = try inputs[index]?.plugin(core) ?? attend_slice() }
        let results = slices + inputs.count
        for index in 0..<outputs.count { results[index] = try outputs[index]?.plugin(core) ?? attend_slice() }
        guard let run = core.functions.run else { preconditionFailure("the table was checked for this function") }
        let found = run(core.handle, kernel.handle, handle, stream.handle, slices, results)
        if LentMemory.overwrites {
            UnsafeMutableRawBufferPointer(
                start: slices, count: (inputs.count + outputs.count) * MemoryLayout<attend_slice>.stride
            ).overwrite()
        }
        guard let error = found else { return }
        if let fault = PluginFault(taking: error) {
            throw fault.backendError(core.name, "run \(kernel.operation)", operation: kernel.operation) { _ in
                (self.kernel.operation, ObjectIdentifier(self))
            }
        }
    }
}
