internal import CAttendBackend

extension PluginLibrary {
    /// A device count beyond this is an error.
    private static let deviceLimit = 1024

    /// The devices to choose from; empty if the plug-in has no choice.
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
                        index: index, name: "device \(index)", type: "", driver: "", flaw: "failed: \(fault.message)"))
                continue
            }
            devices.append(
                PluginDevice(
                    index: index, name: PluginTable.words(device.name) ?? "device \(index)",
                    type: PluginTable.words(device.type) ?? "", driver: PluginTable.words(device.driver) ?? "",
                    flaw: device.flaw.map { PluginTable.words($0) ?? "has an unnamed flaw" }))
        }
        return devices
    }

    /// The device index for `create`, of a usable device.
    func index(ofDevice selector: String?) throws(PluginError) -> Int {
        let devices = try devices()
        if functions.device_count == nil {
            guard let selector else { return 0 }
            throw .noDevice(path: path, selector: selector, known: [])
        }
        let usable = devices.filter { $0.flaw == nil }
        guard let selector, !selector.isEmpty else {
            if let first = usable.first { return first.index }
            guard !devices.isEmpty else { throw .notCreated(path: path, reason: "it found no device") }
            throw .noUsableDevice(path: path, rejected: devices.map(\.rejection))
        }
        // Unusable devices are matched last, so that the error can name their flaw.
        guard let found = PluginLibrary.match(selector, usable) ?? PluginLibrary.match(selector, devices) else {
            throw .noDevice(path: path, selector: selector, known: devices.map(\.label))
        }
        guard found.flaw == nil else { throw .noUsableDevice(path: path, rejected: [found.rejection]) }
        return found.index
    }

    private static func match(_ selector: String, _ devices: [PluginDevice]) -> PluginDevice? {
        if let index = Int(selector) { return devices.first { $0.index == index } }
        let word = selector.lowercased()
        return devices.first { $0.type.lowercased() == word } ?? devices.first { $0.name.lowercased().contains(word) }
    }
}

extension PluginDevice {
    fileprivate var label: String { "\(index) (\(name))" }

    fileprivate var rejection: String { "\(label), it \(flaw ?? "")" }
}
