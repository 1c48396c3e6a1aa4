import AttendBackend
import Synchronization

/// A device with its context and the ledger of its objects. One context per device and backend: drivers serialize
/// devices that share one.
final class OpenCLContext: Sendable {
    let library: OpenCLLibrary
    let device: OpenCLDevice
    let deviceClass: DeviceClass
    let ledger: ObjectLedger
    /// Compute units in use.
    let computeUnits: Int
    private let context: OpenCLObject
    /// The sub-device of a CPU for the thread budget; nil for the whole device.
    private let part: OpenCLObject?

    var handle: OpaquePointer { context.handle }
    var deviceHandle: OpaquePointer { part?.handle ?? device.handle }

    init(
        _ library: OpenCLLibrary, _ device: OpenCLDevice, _ deviceClass: DeviceClass, threads: Int?,
        _ ledger: ObjectLedger
    ) throws(OpenCLUnavailable) {
        self.library = library
        self.device = device
        self.deviceClass = deviceClass
        self.ledger = ledger
        do throws(OpenCLError) {
            part = try OpenCLContext.part(of: device, threads: threads, library)
            computeUnits = part == nil ? device.computeUnits : min(device.computeUnits, threads ?? device.computeUnits)
            context = try OpenCLContext.make(library, device, part, ledger)
        } catch {
            throw .failed("\(device.line): \(error)")
        }
    }

    /// Another context on this device; nil if the driver rejects it.
    func another() -> OpenCLObject? { try? OpenCLContext.make(library, device, part, ledger) }

    private static func make(
        _ library: OpenCLLibrary, _ device: OpenCLDevice, _ part: OpenCLObject?, _ ledger: ObjectLedger
    ) throws(OpenCLError) -> OpenCLObject {
        let properties = [CL.contextPlatform, Int(bitPattern: device.platform), 0]
        var status: Int32 = 0
        var handle: OpaquePointer? = part?.handle ?? device.handle
        guard let made = library.functions.createContext(properties, 1, &handle, nil, nil, &status), status == 0
        else { throw OpenCLError("clCreateContext", status) }
        return OpenCLObject(made, .context, library.functions.releaseContext, ledger)
    }

    private struct PartKey: Hashable {
        var device: UInt
        var threads: Int
    }

    /// CPU sub-devices by size. Kept for the lifetime of the process: PoCL's threads access a queue's device after
    /// `clFinish` has returned, and its contexts retain whole devices only.
    private static let parts = Mutex<[PartKey: OpenCLObject]>([:])

    /// The sub-device for `--threads` on a CPU: that many of its compute units.
    private static func part(
        of device: OpenCLDevice, threads: Int?, _ library: OpenCLLibrary
    ) throws(OpenCLError) -> OpenCLObject? {
        guard device.deviceClass == .cpu, let threads, threads > 0, threads < device.computeUnits else { return nil }
        return try parts.withLock { parts throws(OpenCLError) in
            let key = PartKey(device: UInt(bitPattern: device.handle), threads: threads)
            if let known = parts[key] { return known }
            let properties = [CL.partitionByCounts, threads, 0, 0]
            var part: OpaquePointer?
            let status = library.functions.createSubDevices(device.handle, properties, 1, &part, nil)
            guard status == 0, let part else {
                throw OpenCLError("clCreateSubDevices", status, detail: "for --threads \(threads)")
            }
            let made = OpenCLObject(part, .device, library.functions.releaseDevice, ObjectLedger())
            parts[key] = made
            return made
        }
    }
}
