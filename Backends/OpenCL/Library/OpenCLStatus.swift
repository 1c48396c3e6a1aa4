import AttendBackend

/// A failed OpenCL call.
package struct OpenCLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The function's name, such as `clBuildProgram`.
    package let call: String
    package let status: Int32
    /// The kernel or program concerned, or a build log.
    package var detail: String?

    package init(_ call: String, _ status: Int32, detail: String? = nil) {
        self.call = call
        self.status = status
        self.detail = detail
    }

    package var description: String {
        let what = "\(call) returned \(OpenCLError.name(of: status))"
        return detail.map { "\(what): \($0)" } ?? what
    }

    /// Statuses after which the device is unusable: a kernel that failed while running invalidates the context on most
    /// drivers.
    private var losesDevice: Bool { [-5, -14, -36, -9999].contains(status) }

    /// The error as a ``BackendError``.
    ///
    /// - Parameters:
    ///   - action: The attempted action, with the kernel's name.
    ///   - byteCount: Requested bytes, if memory was requested.
    ///   - isRunning: Whether the error may come from kernels enqueued earlier.
    func backendError(_ action: String, byteCount: Int? = nil, isRunning: Bool = false) -> BackendError {
        switch status {
        case -4, -6, -61: .outOfMemory(backend: OpenCL.name, byteCount: byteCount ?? 0)
        case -5 where byteCount != nil: .outOfMemory(backend: OpenCL.name, byteCount: byteCount ?? 0)
        case _ where isRunning && losesDevice: .deviceLost(backend: OpenCL.name, reason: "\(action): \(description)")
        default: .failed(backend: OpenCL.name, action: action, reason: description)
        }
    }

    /// The status's name in the specification (appendix of error codes; −1001 is the loader's).
    static func name(of status: Int32) -> String {
        names[status].map { "\($0) (\(status))" } ?? "status \(status)"
    }

    private static let names: [Int32: String] = [
        -1: "CL_DEVICE_NOT_FOUND", -2: "CL_DEVICE_NOT_AVAILABLE", -3: "CL_COMPILER_NOT_AVAILABLE",
        -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE", -5: "CL_OUT_OF_RESOURCES", -6: "CL_OUT_OF_HOST_MEMORY",
        -7: "CL_PROFILING_INFO_NOT_AVAILABLE", -8: "CL_MEM_COPY_OVERLAP", -11: "CL_BUILD_PROGRAM_FAILURE",
        -12: "CL_MAP_FAILURE", -13: "CL_MISALIGNED_SUB_BUFFER_OFFSET",
        -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST", -15: "CL_COMPILE_PROGRAM_FAILURE",
        -16: "CL_LINKER_NOT_AVAILABLE", -17: "CL_LINK_PROGRAM_FAILURE", -18: "CL_DEVICE_PARTITION_FAILED",
        -30: "CL_INVALID_VALUE", -31: "CL_INVALID_DEVICE_TYPE", -32: "CL_INVALID_PLATFORM", -33: "CL_INVALID_DEVICE",
        -34: "CL_INVALID_CONTEXT", -35: "CL_INVALID_QUEUE_PROPERTIES", -36: "CL_INVALID_COMMAND_QUEUE",
        -37: "CL_INVALID_HOST_PTR", -38: "CL_INVALID_MEM_OBJECT", -42: "CL_INVALID_BINARY",
        -43: "CL_INVALID_BUILD_OPTIONS", -44: "CL_INVALID_PROGRAM", -45: "CL_INVALID_PROGRAM_EXECUTABLE",
        -46: "CL_INVALID_KERNEL_NAME", -47: "CL_INVALID_KERNEL_DEFINITION", -48: "CL_INVALID_KERNEL",
        -49: "CL_INVALID_ARG_INDEX", -50: "CL_INVALID_ARG_VALUE", -51: "CL_INVALID_ARG_SIZE",
        -52: "CL_INVALID_KERNEL_ARGS", -53: "CL_INVALID_WORK_DIMENSION", -54: "CL_INVALID_WORK_GROUP_SIZE",
        -55: "CL_INVALID_WORK_ITEM_SIZE", -56: "CL_INVALID_GLOBAL_OFFSET", -57: "CL_INVALID_EVENT_WAIT_LIST",
        -58: "CL_INVALID_EVENT", -59: "CL_INVALID_OPERATION", -61: "CL_INVALID_BUFFER_SIZE",
        -63: "CL_INVALID_GLOBAL_WORK_SIZE", -64: "CL_INVALID_PROPERTY", -1001: "CL_PLATFORM_NOT_FOUND_KHR"
    ]
}

/// Constants of the specification's headers.
enum CL {
    static let allDevices: UInt64 = 0xFFFF_FFFF
    static let typeCPU: UInt64 = 1 << 1
    static let typeGPU: UInt64 = 1 << 2
    static let typeAccelerator: UInt64 = 1 << 3

    static let platformName: UInt32 = 0x0902
    static let platformVersion: UInt32 = 0x0901

    static let deviceType: UInt32 = 0x1000
    static let deviceComputeUnits: UInt32 = 0x1002
    static let deviceWorkGroupSize: UInt32 = 0x1004
    static let deviceMaxAllocation: UInt32 = 0x1010
    static let deviceAlignment: UInt32 = 0x1019
    static let deviceSingleConfiguration: UInt32 = 0x101B
    static let deviceGlobalMemory: UInt32 = 0x101F
    static let deviceLocalMemory: UInt32 = 0x1023
    static let deviceLittleEndian: UInt32 = 0x1026
    static let deviceAvailable: UInt32 = 0x1027
    static let deviceCompilerAvailable: UInt32 = 0x1028
    static let deviceName: UInt32 = 0x102B
    static let driverVersion: UInt32 = 0x102D
    static let deviceVersion: UInt32 = 0x102F
    static let deviceNativeFloatWidth: UInt32 = 0x103A

    static let roundedDivision: UInt64 = 1 << 7
    static let partitionByCounts = 0x1087
    static let contextPlatform = 0x1084
    static let queueProfiling: UInt64 = 1 << 1
    static let readWrite: UInt64 = 1 << 0

    static let programBinarySizes: UInt32 = 0x1165
    static let programBinaries: UInt32 = 0x1166
    static let buildLog: UInt32 = 0x1183
    static let kernelWorkGroupSize: UInt32 = 0x11B0
    static let commandStart: UInt32 = 0x1282
    static let commandEnd: UInt32 = 0x1283
}
