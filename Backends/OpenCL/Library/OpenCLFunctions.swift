/// The functions of OpenCL 1.2 used by this backend, looked up by name at run time.
///
/// Handles are opaque pointers, statuses `Int32`, sizes `Int`. The signatures are those of the Khronos specification
/// (OpenCL 1.2, sections 4 and 5); building needs no part of OpenCL.
struct OpenCLFunctions {
    typealias Handle = OpaquePointer
    typealias Handles = UnsafePointer<OpaquePointer?>
    typealias Status = UnsafeMutablePointer<Int32>
    typealias Information =
        @convention(c) (Handle?, UInt32, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> Int32
    typealias DeviceInformation =
        @convention(c) (Handle?, Handle?, UInt32, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> Int32
    typealias Release = @convention(c) (Handle?) -> Int32
    typealias Found = UnsafeMutablePointer<OpaquePointer?>

    let getPlatformIDs: @convention(c) (UInt32, Found?, UnsafeMutablePointer<UInt32>?) -> Int32
    let getPlatformInfo: Information
    let getDeviceIDs: @convention(c) (Handle?, UInt64, UInt32, Found?, UnsafeMutablePointer<UInt32>?) -> Int32
    let getDeviceInfo: Information
    let createSubDevices:
        @convention(c) (Handle?, UnsafePointer<Int>?, UInt32, Found?, UnsafeMutablePointer<UInt32>?) -> Int32
    let releaseDevice: Release

    let createContext:
        @convention(c) (
            UnsafePointer<Int>?, UInt32, Handles?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Status?
        ) -> Handle?
    let releaseContext: Release
    let createCommandQueue: @convention(c) (Handle?, Handle?, UInt64, Status?) -> Handle?
    let releaseCommandQueue: Release
    let flush: Release
    let finish: Release

    let createBuffer: @convention(c) (Handle?, UInt64, Int, UnsafeMutableRawPointer?, Status?) -> Handle?
    let releaseMemObject: Release
    /// Queue, buffer, blocking, offset, count, host memory, number of events to wait for, their array, the event.
    let enqueueReadBuffer:
        @convention(c) (
            Handle?, Handle?, UInt32, Int, Int, UnsafeMutableRawPointer?, UInt32, Handles?, Found?
        ) -> Int32
    let enqueueWriteBuffer:
        @convention(c) (
            Handle?, Handle?, UInt32, Int, Int, UnsafeRawPointer?, UInt32, Handles?, Found?
        ) -> Int32
    /// Queue, source, target, source offset, target offset, count, events.
    let enqueueCopyBuffer: @convention(c) (Handle?, Handle?, Handle?, Int, Int, Int, UInt32, Handles?, Found?) -> Int32

    let createProgramWithSource:
        @convention(c) (
            Handle?, UInt32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int>?, Status?
        ) -> Handle?
    let createProgramWithBinary:
        @convention(c) (
            Handle?, UInt32, Handles?, UnsafePointer<Int>?, UnsafePointer<UnsafePointer<UInt8>?>?, Status?, Status?
        ) -> Handle?
    let buildProgram:
        @convention(c) (
            Handle?, UInt32, Handles?, UnsafePointer<CChar>?, UnsafeRawPointer?, UnsafeMutableRawPointer?
        ) -> Int32
    /// Program, devices, options, headers and their names, a callback.
    let compileProgram:
        @convention(c) (
            Handle?, UInt32, Handles?, UnsafePointer<CChar>?, UInt32, Handles?, UnsafePointer<UnsafePointer<CChar>?>?,
            UnsafeRawPointer?, UnsafeMutableRawPointer?
        ) -> Int32
    let getProgramInfo: Information
    let getProgramBuildInfo: DeviceInformation
    let releaseProgram: Release

    let createKernel: @convention(c) (Handle?, UnsafePointer<CChar>?, Status?) -> Handle?
    let setKernelArgument: @convention(c) (Handle?, UInt32, Int, UnsafeRawPointer?) -> Int32
    let getKernelWorkGroupInfo: DeviceInformation
    let releaseKernel: Release
    /// Queue, kernel, dimensions, offset, global size, local size, events.
    let enqueueKernel:
        @convention(c) (
            Handle?, Handle?, UInt32, UnsafePointer<Int>?, UnsafePointer<Int>?, UnsafePointer<Int>?, UInt32, Handles?,
            Found?
        ) -> Int32
    let getEventProfilingInfo: Information
    let releaseEvent: Release

    /// A function missing in the library.
    struct Missing: Error {
        let name: String
    }

    /// - Parameter find: Returns the address of the function with this name.
    init(_ find: (String) -> UnsafeMutableRawPointer?) throws(Missing) {
        func load<Function>(_ name: String) throws(Missing) -> Function {
            guard let address = find(name) else { throw Missing(name: name) }
            return unsafeBitCast(address, to: Function.self)
        }
        getPlatformIDs = try load("clGetPlatformIDs")
        getPlatformInfo = try load("clGetPlatformInfo")
        getDeviceIDs = try load("clGetDeviceIDs")
        getDeviceInfo = try load("clGetDeviceInfo")
        createSubDevices = try load("clCreateSubDevices")
        releaseDevice = try load("clReleaseDevice")
        createContext = try load("clCreateContext")
        releaseContext = try load("clReleaseContext")
        createCommandQueue = try load("clCreateCommandQueue")
        releaseCommandQueue = try load("clReleaseCommandQueue")
        flush = try load("clFlush")
        finish = try load("clFinish")
        createBuffer = try load("clCreateBuffer")
        releaseMemObject = try load("clReleaseMemObject")
        enqueueReadBuffer = try load("clEnqueueReadBuffer")
        enqueueWriteBuffer = try load("clEnqueueWriteBuffer")
        enqueueCopyBuffer = try load("clEnqueueCopyBuffer")
        createProgramWithSource = try load("clCreateProgramWithSource")
        createProgramWithBinary = try load("clCreateProgramWithBinary")
        buildProgram = try load("clBuildProgram")
        compileProgram = try load("clCompileProgram")
        getProgramInfo = try load("clGetProgramInfo")
        getProgramBuildInfo = try load("clGetProgramBuildInfo")
        releaseProgram = try load("clReleaseProgram")
        createKernel = try load("clCreateKernel")
        setKernelArgument = try load("clSetKernelArg")
        getKernelWorkGroupInfo = try load("clGetKernelWorkGroupInfo")
        releaseKernel = try load("clReleaseKernel")
        enqueueKernel = try load("clEnqueueNDRangeKernel")
        getEventProfilingInfo = try load("clGetEventProfilingInfo")
        releaseEvent = try load("clReleaseEvent")
    }
}
