import AttendBackend

/// The shared state of a device's kernels: context, memory and programs.
final class OpenCLEngine: Sendable {
    let context: OpenCLContext
    let memory: DeviceMemory
    let programs: ProgramStore
    /// Nil unless launches are timed.
    let profile: OpenCLProfile?

    init(
        _ context: OpenCLContext, _ cache: ProgramCache, buildOptions: String?, programLimit: Int,
        profile: OpenCLProfile?
    ) {
        self.context = context
        memory = DeviceMemory(context)
        programs = ProgramStore(context, cache, extraOptions: buildOptions, limit: programLimit)
        self.profile = profile
    }

    var isCPU: Bool { context.deviceClass == .cpu }

    /// Width in floats of the product kernels' vectors on a CPU device, 8 or 16.
    var lane: Int { context.device.nativeFloatWidth >= 16 ? 16 : 8 }

    /// Minimum number of work-items for good load balance: a few per compute unit.
    var itemGoal: Int { max(1, context.computeUnits) * 8 }

    /// A program specification for this device's class.
    ///
    /// - Parameters:
    ///   - wide: Whether a work-item of the CPU class computes 16 elements at a time.
    ///   - lanes: Work-items per group on a GPU; groups on a CPU have one.
    func program(_ files: [KernelFile], wide: Bool = false, lanes: Int = 64) -> ProgramSpecification {
        program(files, width: isCPU && wide ? 16 : 1, lanes: lanes)
    }

    /// The same with this number of elements at a time.
    func program(_ files: [KernelFile], width: Int, lanes: Int = 64) -> ProgramSpecification {
        var program = ProgramSpecification([.prelude] + files)
        program.define("CPU_CLASS", isCPU ? "1" : "0")
        program.define("WIDTH", "\(width)")
        program.define("LANES", "\(group(lanes))")
        return program
    }

    /// Work-items per group: one on a CPU.
    func group(_ lanes: Int = 64) -> Int { isCPU ? 1 : lanes }

    /// A kernel object, compiled if needed, with its program.
    func makeKernelObject(
        _ launch: Launch, operation: String
    ) throws(BackendError) -> (kernel: OpenCLObject, program: DeviceProgram) {
        let (program, object) = try programs.program(launch.program)
        let functions = context.library.functions
        var status: Int32 = 0
        guard let handle = functions.createKernel(object.handle, launch.kernel, &status), status == 0 else {
            throw OpenCLError("clCreateKernel", status, detail: launch.kernel).backendError("run \(operation)")
        }
        let kernel = OpenCLObject(handle, .kernel, functions.releaseKernel, context.ledger)
        var limit = 0
        status = functions.getKernelWorkGroupInfo(
            handle, context.deviceHandle, CL.kernelWorkGroupSize, MemoryLayout<Int>.size, &limit, nil)
        let wanted = launch.local.reduce(1, *)
        guard status == 0, limit >= wanted else {
            throw .failed(
                backend: OpenCL.name, action: "run \(operation)",
                reason:
                    "the device's work-group limit is \(limit) for kernel \(launch.kernel), expected at least \(wanted)"
            )
        }
        return (kernel, program)
    }
}
