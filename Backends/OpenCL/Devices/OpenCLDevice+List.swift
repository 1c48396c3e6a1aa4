private import Foundation

extension OpenCLDevice {
    /// All devices of all drivers, usable or not, in the loader's order.
    package static func all(_ library: OpenCLLibrary) throws(OpenCLUnavailable) -> [OpenCLDevice] {
        let functions = library.functions
        // The loader leaves the count unchanged if it finds no platform.
        var count: UInt32 = 0
        var status = functions.getPlatformIDs(0, nil, &count)
        var platforms = [OpaquePointer?](repeating: nil, count: Int(count))
        if status == 0, count > 0 { status = functions.getPlatformIDs(count, &platforms, nil) }
        guard status == 0, count > 0 else { throw .noPlatform(missingPlatform(status)) }

        var devices: [OpenCLDevice] = []
        for platform in platforms.compactMap(\.self) {
            var count: UInt32 = 0
            guard functions.getDeviceIDs(platform, CL.allDevices, 0, nil, &count) == 0, count > 0 else { continue }
            var handles = [OpaquePointer?](repeating: nil, count: Int(count))
            guard functions.getDeviceIDs(platform, CL.allDevices, count, &handles, nil) == 0 else { continue }
            for handle in handles.compactMap(\.self) {
                do throws(OpenCLError) {
                    devices.append(
                        try OpenCLDevice(handle, platform: platform, index: devices.count, library))
                } catch {
                    throw .failed("a device can't be described: \(error)")
                }
            }
        }
        return devices
    }

    private static func missingPlatform(_ status: Int32) -> String {
        let answer = status == 0 ? "the loader lists none" : "clGetPlatformIDs returned \(OpenCLError.name(of: status))"
        let vendors = ProcessInfo.processInfo.environment["OCL_ICD_VENDORS"].flatMap { $0.isEmpty ? nil : $0 }
        return vendors.map { "\(answer); OCL_ICD_VENDORS is set to \($0)" } ?? answer
    }

    /// The device matched by a selector: an index, `gpu`, `cpu`, `accelerator`, or a case-insensitive part of its name
    /// or its driver's. Without a selector the largest GPU, else accelerator, else the first usable device.
    ///
    /// - Parameter variable: The environment variable that the selector comes from, for the error.
    package static func choose(
        _ selector: String?, from variable: String? = nil, among devices: [OpenCLDevice]
    ) throws(OpenCLUnavailable) -> OpenCLDevice {
        let usable = devices.filter { $0.flaw == nil }
        guard !usable.isEmpty else {
            throw .noDevice(rejected: devices.map { "\($0.line) \($0.flaw ?? "")" })
        }
        guard let selector, !selector.isEmpty else {
            let types = [CL.typeGPU, CL.typeAccelerator]
            for type in types {
                let best = usable.filter { $0.type & type != 0 }.max { $0.computeUnits < $1.computeUnits }
                if let best { return best }
            }
            return usable[0]
        }
        let wanted = selector.lowercased()
        let found: OpenCLDevice?
        if let index = Int(wanted) {
            found = devices.first { $0.index == index }
        } else if ["gpu", "cpu", "accelerator"].contains(wanted) {
            found = usable.first { $0.typeName == wanted }
        } else {
            found = usable.first { "\($0.name) \($0.platformName)".lowercased().contains(wanted) }
        }
        guard let found else { throw .noMatch(selector: selector, variable: variable, known: devices.map(\.line)) }
        if let flaw = found.flaw { throw .noDevice(rejected: ["\(found.line) \(flaw)"]) }
        return found
    }
}
