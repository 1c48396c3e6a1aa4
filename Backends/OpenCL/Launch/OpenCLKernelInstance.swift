import AttendBackend

/// A kernel on one session's queue: its kernel objects, whose arguments change from run to run.
final class OpenCLKernelInstance: KernelInstance {
    private let kernel: OpenCLKernel
    private let stream: OpenCLStream
    private let scratch: OpenCLBuffer?
    /// Kernel objects by step; nil for copies.
    private var objects: [(kernel: OpenCLObject, program: DeviceProgram)?] = []
    private var hasRun = false
    /// Number of this instance in the stream's error flag; 0 until the first run with a flag.
    private var caller = 0

    init(_ kernel: OpenCLKernel, _ stream: OpenCLStream) throws(BackendError) {
        self.kernel = kernel
        self.stream = stream
        let engine = kernel.engine
        scratch = kernel.scratchByteCount > 0 ? try engine.memory.take(kernel.scratchByteCount) : nil
        for step in kernel.steps {
            guard case .launch(let launch) = step else {
                objects.append(nil)
                continue
            }
            objects.append(try engine.makeKernelObject(launch, operation: kernel.operation))
        }
    }

    deinit {
        if caller != 0 { stream.unregister(caller) }
    }

    func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
        do throws(BackendError) {
            for (index, step) in kernel.steps.enumerated() {
                switch step {
                case .copy(let input, let output, let byteCount):
                    try stream.copy(place(inputs, input), to: place(outputs, output), byteCount: byteCount)
                case .launch(let launch):
                    guard let object = objects[index] else { preconditionFailure("every launch has its kernel object") }
                    try setArguments(of: object.kernel, launch, inputs, outputs)
                    try stream.enqueue(object.kernel, launch, operation: kernel.operation)
                    if !hasRun { kernel.engine.programs.note(launch, of: object.program, on: stream) }
                }
            }
            hasRun = true
        } catch {
            // No work of this run may be pending when its buffers are freed.
            stream.settle()
            throw error
        }
    }

    private func place(_ slices: [BufferSlice?], _ index: Int) throws(BackendError) -> (OpenCLObject, Int) {
        guard index < slices.count, let slice = slices[index] else {
            throw .failed(
                backend: OpenCL.name, action: "run \(kernel.operation)", reason: "operand \(index) is missing")
        }
        return try slice.openCL()
    }

    private func setArguments(
        of object: OpenCLObject, _ launch: Launch, _ inputs: [BufferSlice?], _ outputs: [BufferSlice?]
    ) throws(BackendError) {
        var position: UInt32 = 0
        func set(_ size: Int, _ value: UnsafeRawPointer) throws(BackendError) {
            let status = kernel.engine.context.library.functions.setKernelArgument(object.handle, position, size, value)
            guard status == 0 else {
                throw OpenCLError("clSetKernelArg", status, detail: "argument \(position) of \(launch.kernel)")
                    .backendError("run \(kernel.operation)")
            }
            position += 1
        }
        func set(_ memory: OpenCLObject) throws(BackendError) {
            var handle: OpaquePointer? = memory.handle
            try set(MemoryLayout<OpaquePointer?>.size, &handle)
        }
        func set(_ place: (object: OpenCLObject, offset: Int), _ elementSize: Int) throws(BackendError) {
            try set(place.object)
            var start = UInt64(place.offset / elementSize)
            try set(8, &start)
        }
        for argument in launch.arguments {
            switch argument {
            case .input(let index, let elementSize): try set(place(inputs, index), elementSize)
            case .output(let index, let elementSize): try set(place(outputs, index), elementSize)
            case .scratch(let elementSize):
                guard let scratch else { preconditionFailure("a kernel that uses scratch asks for it") }
                try set((scratch.object, scratch.offset), elementSize)
            case .flag:
                try set(stream.flag())
                if caller == 0 { caller = stream.register(self, operation: kernel.operation) }
                try set(8, &caller)
            case .bytes(let bytes): try set(bytes.count, bytes)
            }
        }
    }
}
