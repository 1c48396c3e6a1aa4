internal import CAttendBackend

extension PluginLibrary {
    /// More devices than any machine has: a count beyond is none.
    private static let deviceLimit = 1024

    /// The devices to choose among; empty where the plug-in leaves no choice.
    func devices() throws(PluginError) -> [PluginDevice] {
        guard let count = functions.device_count, let describe = functions.device_info else { return [] }
        let found = Int(count())
        guard (0...PluginLibrary.deviceLimit).contains(found) else {
            throw .contradiction(
                path: path, what: "its device_count()", expected: "0 to \(PluginLibrary.deviceLimit)", found: "\(found)"
            )
        }
        var devices: [PluginDevice] = []
        for index in 0..<found {
            var device = attend_device()
            device.size = MemoryLayout<attend_device>.size
            if let fault = PluginFault(taking: describe(Int32(index), &device)) {
                devices.append(
                    PluginDevice(
                        index: index, name: "device \(index)", type: "", driver: "", flaw: "says: \(fault.message)"))
                continue
            }
            devices.append(
                PluginDevice(
                    index: index, name: PluginTable.text(device.name) ?? "device \(index)",
                    type: PluginTable.text(device.type) ?? "", driver: PluginTable.text(device.driver) ?? "",
                    flaw: PluginTable.text(device.flaw)))
        }
        return devices
    }

    /// The index that `create` is given for what the user named.
    func index(ofDevice selector: String?) throws(PluginError) -> Int {
        let devices = try devices()
        if functions.device_count == nil {
            guard let selector else { return 0 }
            throw .noDevice(path: path, selector: selector, known: [])
        }
        let known = devices.map { "\($0.index) (\($0.name))" }
        guard let selector else {
            guard let first = devices.first(where: { $0.flaw == nil }) ?? devices.first else {
                throw .notCreated(path: path, reason: "it finds no device here")
            }
            return first.index
        }
        if let index = Int(selector) {
            guard devices.indices.contains(index) else {
                throw .noDevice(path: path, selector: selector, known: known)
            }
            return index
        }
        let word = selector.lowercased()
        let match =
            devices.first { $0.type.lowercased() == word } ?? devices.first { $0.name.lowercased().contains(word) }
        guard let match else { throw .noDevice(path: path, selector: selector, known: known) }
        return match.index
    }
}
