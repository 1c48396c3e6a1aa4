internal import AttendBackend
internal import CAttendBackend
private import Synchronization

/// The function table of the backend that this library exports.
enum ExportTable {
    struct Definition: @unchecked Sendable {
        let name: String
        let version: String
        let services: UnsafePointer<attend_host>
        var devices: (@Sendable () -> [PluginDevice])?
        let make: @Sendable (PluginOptions) throws -> any ExportedBackend
    }

    /// Global, because C functions see only their arguments, and those of `create` don't identify the library.
    private static let definition = Mutex<Definition?>(nil)

    /// Allocates the table for the lifetime of the process, as the host requires.
    static func make(_ definition: Definition) -> UnsafePointer<attend_plugin> {
        self.definition.withLock { $0 = definition }
        let table = UnsafeMutablePointer<attend_plugin>.allocate(capacity: 1)
        table.initialize(to: attend_plugin())
        table.pointee.size = MemoryLayout<attend_plugin>.size
        table.pointee.major = UInt32(ATTEND_BACKEND_MAJOR)
        table.pointee.minor = UInt32(ATTEND_BACKEND_MINOR)
        table.pointee.name = CText.kept(definition.name)
        table.pointee.version = CText.kept(definition.version)
        if definition.devices != nil { addDevices(&table.pointee) }
        addBackend(&table.pointee)
        addMemory(&table.pointee)
        addStreams(&table.pointee)
        addKernels(&table.pointee)
        return UnsafePointer(table)
    }

    private static var current: Definition {
        definition.withLock { definition in
            guard let definition else { preconditionFailure("the table is created only from a definition") }
            return definition
        }
    }

    // MARK: Devices

    private static func addDevices(_ table: inout attend_plugin) {
        table.device_count = { Int32(clamping: ExportTable.current.devices?().count ?? 0) }
        table.device_info = { index, description in
            let devices = ExportTable.current.devices?() ?? []
            guard devices.indices.contains(Int(index)) else { return CFault.make("there is no device \(index)") }
            let device = devices[Int(index)]
            // Device lists are requested rarely: their strings are not freed.
            description?.pointee.name = CText.kept(device.name)
            description?.pointee.type = CText.kept(device.type)
            description?.pointee.driver = CText.kept(device.driver)
            if let flaw = device.flaw { description?.pointee.flaw = CText.kept(flaw) }
            return nil
        }
    }

    // MARK: The backend

    private static func addBackend(_ table: inout attend_plugin) {
        table.create = { options, backend in
            let definition = ExportTable.current
            let (device, context) = (options?.pointee.device ?? 0, options?.pointee.context)
            do {
                let made = try definition.make(
                    PluginOptions(device: Int(device), host: PluginHost(definition.services, context)))
                backend?.pointee = CHandle.give(ExportedCore(made))
                return nil
            } catch {
                return CFault.make("\(error)")
            }
        }
        table.destroy = { CHandle.release($0, as: ExportedCore.self) }
        table.describe = { backend, description in
            if let description {
                CHandle.object(backend, as: ExportedCore.self).describe(into: &description.pointee)
            }
            return nil
        }
        table.element_size = { backend, code in
            guard let dtype = DType(code: code) else { return 0 }
            return Int64(CHandle.object(backend, as: ExportedCore.self).backend.storageByteCount(of: dtype))
        }
    }
}
