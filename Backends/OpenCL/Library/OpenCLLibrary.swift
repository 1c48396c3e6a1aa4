private import Foundation

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The OpenCL loader, loaded at run time: a program built without OpenCL starts everywhere.
///
/// `@unchecked Sendable`: it holds addresses of functions, which the specification declares thread-safe, except
/// `clSetKernelArg` on the same kernel; each kernel object belongs to one session.
package final class OpenCLLibrary: @unchecked Sendable {
    let functions: OpenCLFunctions
    /// The loaded file.
    package let path: String

    /// Candidate file names; `ATTEND_OPENCL_LIBRARY` overrides them.
    private static let names = [
        "libOpenCL.so.1", "libOpenCL.so", "/System/Library/Frameworks/OpenCL.framework/OpenCL"
    ]

    package init() throws(OpenCLUnavailable) {
        let given = ProcessInfo.processInfo.environment["ATTEND_OPENCL_LIBRARY"].flatMap { $0.isEmpty ? nil : $0 }
        var reasons: [String] = []
        for name in given.map({ [$0] }) ?? OpenCLLibrary.names {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
                reasons.append(dlerror().map { String(cString: $0) } ?? name)
                continue
            }
            do throws(OpenCLFunctions.Missing) {
                functions = try OpenCLFunctions { dlsym(handle, $0) }
            } catch {
                reasons.append("\(name) has no \(error.name)")
                continue
            }
            path = name
            return
        }
        throw .noLibrary(reasons.joined(separator: "; "))
    }

    /// - Throws: ``OpenCLError`` unless the status is 0.
    func check(_ call: String, _ status: Int32, detail: String? = nil) throws(OpenCLError) {
        guard status == 0 else { throw OpenCLError(call, status, detail: detail) }
    }
}

/// The reason why the backend is unavailable.
package enum OpenCLUnavailable: Error, Sendable, Hashable {
    /// The loader was not found.
    case noLibrary(String)
    /// No driver is registered with the loader.
    case noPlatform(String)
    /// Drivers without a usable device, with the rejected devices and reasons.
    case noDevice(rejected: [String])
    /// No device that matches the selector.
    case noMatch(selector: String, variable: String?, known: [String])
    case badSetting(String, remedy: String)
    case failed(String)

    package var reason: String {
        switch self {
        case .noLibrary(let reason): "libOpenCL was not found (\(reason))"
        case .noPlatform(let reason): "no OpenCL driver is installed (\(reason))"
        case .noDevice(let rejected):
            rejected.isEmpty
                ? "the installed OpenCL drivers report no device"
                : "no OpenCL device can be used: \(rejected.joined(separator: "; "))"
        case .noMatch(let selector, let variable, let known):
            "no OpenCL device matches \"\(selector)\"\(variable.map { " (from \($0))" } ?? ""); known devices: "
                + known.joined(separator: ", ")
        case .badSetting(let reason, _): reason
        case .failed(let reason): reason
        }
    }

    package var remedy: String {
        switch self {
        case .noLibrary: "install a loader and a driver: apt-get install ocl-icd-libopencl1 pocl-opencl-icd"
        case .noPlatform, .noDevice:
            "install a driver: apt-get install pocl-opencl-icd (for the processor), or your GPU vendor's"
        case .noMatch: "choose with opencl:INDEX, opencl:gpu, opencl:cpu or opencl:NAME"
        case .badSetting(_, let remedy): remedy
        case .failed: "attend backends lists the devices"
        }
    }
}
