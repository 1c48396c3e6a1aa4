import AttendBackend
import Synchronization

/// A device in use: its context, and what counts the objects made in it. One context a device and backend: drivers
/// serialize devices that share one.
final class OpenCLContext: Sendable {
    let library: OpenCLLibrary
    let device: OpenCLDevice
    let deviceClass: DeviceClass
    let ledger: ObjectLedger
    /// Processors of the device that are used.
    let computeUnits: Int
    private let context: OpenCLObject
    /// The part of a processor that the thread budget leaves; nil for all of the device.
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

    /// A second context on this device, with objects of its own; nil where the driver refuses it.
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

    /// Parts of processors, by their sizes. They are kept for as long as the process lives: PoCL's threads look at a queue's device
    /// once more after `clFinish` has returned, and its contexts hold whole devices alone.
    private static let parts = Mutex<[PartKey: OpenCLObject]>([:])

    /// `--threads` on a processor: a sub-device of that many of its units.
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
