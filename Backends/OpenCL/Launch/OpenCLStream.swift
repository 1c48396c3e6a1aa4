import AttendBackend

/// A session's in-order command queue.
final class OpenCLStream: ComputeStream {
    private let engine: OpenCLEngine
    private let queue: OpenCLObject
    /// Device buffer in which kernels record the first index outside of its axis: state, caller, index, size, as 64-bit
    /// integers.
    private var flagBuffer: OpenCLObject?
    /// Whether kernels were given the flag since it was last checked.
    private var isFlagged = false
    /// Kernel instances by the numbers that kernels write to the flag.
    private var callers: [Int: (instance: ObjectIdentifier, operation: String)] = [:]
    private var callerCount = 0
    private var failure: BackendError?

    private var functions: OpenCLFunctions { engine.context.library.functions }

    init(_ engine: OpenCLEngine) throws(BackendError) {
        self.engine = engine
        var status: Int32 = 0
        let context = engine.context
        let properties = engine.profile == nil ? 0 : CL.queueProfiling
        guard
            let handle = context.library.functions.createCommandQueue(
                context.handle, context.deviceHandle, properties, &status), status == 0
        else { throw OpenCLError("clCreateCommandQueue", status).backendError("create a queue") }
        queue = OpenCLObject(handle, .queue, context.library.functions.releaseCommandQueue, context.ledger)
    }

    /// Waits for pending work, which still uses its buffers.
    deinit {
        settle()
        PoCLTurn.shared.leave(queue)
    }

    // MARK: ComputeStream

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        guard tensor.elementCount > 0 else { return }
        let (target, offset) = try destination.openCL()
        let status = tensor.withBytes { bytes in
            bytes.withUnsafeBytes { source in
                functions.enqueueWriteBuffer(
                    queue.handle, target.handle, 1, offset, source.count, source.baseAddress, 0, nil, nil)
            }
        }
        try check("clEnqueueWriteBuffer", status, "copy to the device")
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        guard var tensor = try? Tensor(zeros: shape, dtype: dtype) else {
            preconditionFailure("a planned value has a shape: \(shape)")
        }
        guard tensor.elementCount > 0 else { return tensor }
        let (memory, offset) = try source.openCL()
        let status = tensor.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes { target in
                functions.enqueueReadBuffer(
                    queue.handle, memory.handle, 1, offset, target.count, target.baseAddress, 0, nil, nil)
            }
        }
        try check("clEnqueueReadBuffer", status, "copy from the device")
        return tensor
    }

    func synchronize() throws(BackendError) {
        try check("clFinish", functions.finish(queue.handle), "wait for the device")
        engine.profile?.collect(engine)
        engine.programs.keep()
        guard isFlagged, let flagBuffer else { return }
        isFlagged = false
        var state = [Int64](repeating: 0, count: 4)
        let read = functions.enqueueReadBuffer(queue.handle, flagBuffer.handle, 1, 0, 32, &state, 0, nil, nil)
        try check("clEnqueueReadBuffer", read, "read the flag of bad indices")
        guard state[0] != 0 else { return }
        try clearFlag(flagBuffer)
        let caller = callers[Int(state[1])]
        throw .indexOutOfRange(
            backend: OpenCL.name, operation: caller?.operation ?? "indexing", index: Int(state[2]),
            size: Int(state[3]), instance: caller?.instance)
    }

    func prepare(_ kernels: [any Kernel]) {
        let launches = kernels.compactMap { $0 as? OpenCLKernel }.flatMap(\.steps)
        engine.programs.prepare(
            launches.compactMap { if case .launch(let launch) = $0 { launch.program } else { nil } })
    }

    // MARK: For kernels

    /// Waits for all work, ignoring errors.
    func settle() { _ = functions.finish(queue.handle) }

    func enqueue(_ kernel: OpenCLObject, _ launch: Launch, operation: String) throws(BackendError) {
        var event: OpaquePointer?
        func launched(_ event: UnsafeMutablePointer<OpaquePointer?>?) -> Int32 {
            functions.enqueueKernel(
                queue.handle, kernel.handle, UInt32(launch.global.count), nil, launch.global, launch.local, 0, nil,
                event)
        }
        func enqueued() -> Int32 { engine.profile == nil ? launched(nil) : launched(&event) }
        let status =
            engine.context.device.takesTurns ? PoCLTurn.shared.enqueue(queue, functions, enqueued) : enqueued()
        guard status == 0 else {
            throw OpenCLError("clEnqueueNDRangeKernel", status, detail: "kernel \(launch.kernel)")
                .backendError("run \(operation)", isRunning: true)
        }
        if let event, let profile = engine.profile {
            profile.add(
                OpenCLObject(event, .event, functions.releaseEvent, engine.context.ledger),
                "\(operation)/\(launch.kernel)")
        }
    }

    func copy(
        _ source: (object: OpenCLObject, offset: Int), to target: (object: OpenCLObject, offset: Int), byteCount: Int
    ) throws(BackendError) {
        if byteCount == 0 || (source.object === target.object && source.offset == target.offset) { return }
        let status = functions.enqueueCopyBuffer(
            queue.handle, source.object.handle, target.object.handle, source.offset, target.offset, byteCount, 0, nil,
            nil)
        try check("clEnqueueCopyBuffer", status, "copy on the device")
    }

    /// The flag's buffer; enables the check at the next synchronization.
    func flag() throws(BackendError) -> OpenCLObject {
        isFlagged = true
        if let flagBuffer { return flagBuffer }
        var status: Int32 = 0
        guard let handle = functions.createBuffer(engine.context.handle, CL.readWrite, 32, nil, &status), status == 0
        else { throw OpenCLError("clCreateBuffer", status).backendError("allocate memory", byteCount: 32) }
        let made = OpenCLObject(handle, .buffer, functions.releaseMemObject, engine.context.ledger)
        try clearFlag(made)
        flagBuffer = made
        return made
    }

    /// A number for an instance whose kernels may set the flag.
    func register(_ instance: OpenCLKernelInstance, operation: String) -> Int {
        callerCount += 1
        callers[callerCount] = (ObjectIdentifier(instance), operation)
        return callerCount
    }

    func unregister(_ caller: Int) { callers[caller] = nil }

    private func clearFlag(_ buffer: OpenCLObject) throws(BackendError) {
        let zeros = [Int64](repeating: 0, count: 4)
        let status = functions.enqueueWriteBuffer(queue.handle, buffer.handle, 1, 0, 32, zeros, 0, nil, nil)
        try check("clEnqueueWriteBuffer", status, "clear the flag of bad indices")
    }

    private func check(_ call: String, _ status: Int32, _ action: String) throws(BackendError) {
        if let failure { throw failure }
        guard status != 0 else { return }
        let error = OpenCLError(call, status).backendError(action, isRunning: true)
        if case .deviceLost = error { failure = error }
        throw error
    }
}
