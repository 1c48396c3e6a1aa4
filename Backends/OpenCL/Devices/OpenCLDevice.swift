/// Kernel variants for a device: chosen by its type, never by its name or vendor.
package enum DeviceClass: String, Sendable, Hashable {
    /// One work-item per group, vectorized; no local memory, no barriers.
    case cpu
    /// Groups of work-items that share work through local memory.
    case gpu
}

/// A device of a driver, with the properties that kernels depend on.
///
/// `@unchecked Sendable`: its handles are addresses passed to OpenCL's thread-safe functions.
package struct OpenCLDevice: @unchecked Sendable {
    let handle: OpaquePointer
    let platform: OpaquePointer
    /// Index in the list of all devices, as in `opencl:INDEX`.
    package let index: Int
    package let name: String
    package let platformName: String
    package let platformVersion: String
    package let driverVersion: String
    package let deviceVersion: String
    package let type: UInt64
    package let computeUnits: Int
    let workGroupSize: Int
    let localMemory: Int
    package let globalMemory: Int
    let maxAllocation: Int
    /// Alignment of values in a buffer, in bytes.
    let alignment: Int
    let nativeFloatWidth: Int
    /// Nil for other drivers.
    package let pocl: PoCL?
    /// Whether correctly rounded division and square root are available.
    let roundsDivision: Bool
    /// The reason why the device is unusable; nil if it is usable.
    package let flaw: String?

    /// The kernel variants for the device's type. A device that is both CPU and GPU, such as Oclgrind's, counts as a
    /// GPU.
    package var deviceClass: DeviceClass { OpenCLDevice.deviceClass(of: type) }

    private static func deviceClass(of type: UInt64) -> DeviceClass {
        type & CL.typeCPU != 0 && type & (CL.typeGPU | CL.typeAccelerator) == 0 ? .cpu : .gpu
    }

    /// `gpu`, `cpu` or `accelerator`.
    package var typeName: String {
        if type & CL.typeGPU != 0 { return "gpu" }
        return type & CL.typeAccelerator != 0 ? "accelerator" : "cpu"
    }

    /// Whether its kernels go through ``PoCLTurn``: only PoCL's CPU devices load kernels into the process.
    var takesTurns: Bool { deviceClass == .cpu && pocl?.miscountsKernels ?? false }

    package var selector: String { "opencl:\(index)" }

    /// A single line for listings and errors.
    package var line: String { "\(selector)  \(name) (\(typeName), \(platformName))" }

    init(
        _ handle: OpaquePointer, platform: OpaquePointer, index: Int, _ library: OpenCLLibrary
    ) throws(OpenCLError) {
        let functions = library.functions
        func text(_ key: UInt32) throws(OpenCLError) -> String {
            try OpenCLInformation.text("clGetDeviceInfo", functions.getDeviceInfo, handle, key)
        }
        func number(_ key: UInt32) throws(OpenCLError) -> Int {
            Int(
                truncatingIfNeeded: try OpenCLInformation.number(
                    "clGetDeviceInfo", functions.getDeviceInfo, handle, key))
        }
        self.handle = handle
        self.platform = platform
        self.index = index
        name = try text(CL.deviceName)
        platformName = try OpenCLInformation.text(
            "clGetPlatformInfo", functions.getPlatformInfo, platform, CL.platformName)
        platformVersion = try OpenCLInformation.text(
            "clGetPlatformInfo", functions.getPlatformInfo, platform, CL.platformVersion)
        pocl = PoCL(platformName: platformName, platformVersion: platformVersion)
        driverVersion = try text(CL.driverVersion)
        deviceVersion = try text(CL.deviceVersion)
        type = UInt64(try number(CL.deviceType))
        computeUnits = try number(CL.deviceComputeUnits)
        workGroupSize = try number(CL.deviceWorkGroupSize)
        localMemory = try number(CL.deviceLocalMemory)
        globalMemory = try number(CL.deviceGlobalMemory)
        maxAllocation = try number(CL.deviceMaxAllocation)
        alignment = max(256, try number(CL.deviceAlignment) / 8)
        nativeFloatWidth = try number(CL.deviceNativeFloatWidth)
        roundsDivision = UInt64(try number(CL.deviceSingleConfiguration)) & CL.roundedDivision != 0
        let isGPU = OpenCLDevice.deviceClass(of: type) == .gpu
        let flaws = [
            try number(CL.deviceAvailable) == 0 ? "is not available" : nil,
            try number(CL.deviceCompilerAvailable) == 0 ? "has no compiler" : nil,
            try number(CL.deviceLittleEndian) == 0 ? "is big-endian" : nil,
            workGroupSize < 256 && isGPU
                ? "has a maximum work-group size of \(workGroupSize), expected at least 256" : nil,
            localMemory < 16384 && isGPU
                ? "has \(localMemory) bytes of local memory, expected at least 16384" : nil
        ]
        flaw = flaws.compactMap(\.self).first
    }
}

/// Results of the `clGet…Info` functions.
enum OpenCLInformation {
    static func text(
        _ call: String, _ function: OpenCLFunctions.Information, _ handle: OpaquePointer, _ key: UInt32
    ) throws(OpenCLError) -> String {
        var count = 0
        var status = function(handle, key, 0, nil, &count)
        guard status == 0 else { throw OpenCLError(call, status) }
        var bytes = [UInt8](repeating: 0, count: max(count, 1))
        status = function(handle, key, bytes.count, &bytes, nil)
        guard status == 0 else { throw OpenCLError(call, status) }
        return string(bytes)
    }

    /// A number of at most eight bytes.
    static func number(
        _ call: String, _ function: OpenCLFunctions.Information, _ handle: OpaquePointer, _ key: UInt32
    ) throws(OpenCLError) -> UInt64 {
        var value: UInt64 = 0
        let status = function(handle, key, 8, &value, nil)
        guard status == 0 else { throw OpenCLError(call, status) }
        return value
    }

    /// Text up to its terminating zero, trimmed.
    static func string(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
