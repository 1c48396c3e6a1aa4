import AttendBackend
public import AttendPlugin
private import Foundation

extension BackendRegistry {
    /// The built-in backends and those of plug-ins: of the paths, and of `ATTEND_PLUGINS`, which holds absolute paths with colons
    /// between them. Runs no code of a plug-in; that is loaded when its backend is made.
    ///
    /// - Throws: ``AttendPlugin/PluginError`` for a plug-in that is missing, no library for this machine, without a manifest, or of a
    ///   name that is taken.
    public static func withPlugins(
        _ paths: [String] = [], environment: [String: String]? = nil
    ) throws(PluginError) -> BackendRegistry {
        var registry = BackendRegistry.builtIn
        let environment = environment ?? ProcessInfo.processInfo.environment
        let listed = (environment["ATTEND_PLUGINS"] ?? "").split(separator: ":").map(String.init)
        for path in listed {
            guard path.hasPrefix("/") else { throw .relativePath(path, source: "ATTEND_PLUGINS") }
            try registry.register(Plugin(path: path))
        }
        for path in paths { try registry.register(Plugin(path: path)) }
        return registry
    }

    /// Makes the plug-in's backend one of the registry's. The same library once more changes nothing.
    ///
    /// - Throws: ``AttendPlugin/PluginError/nameTaken(name:path:by:)``, and
    ///   ``AttendPlugin/PluginError/reservedName(name:path:meaning:)`` for ``automaticName``.
    public mutating func register(_ plugin: Plugin) throws(PluginError) {
        guard plugin.name != BackendRegistry.automaticName else {
            throw .reservedName(
                name: plugin.name, path: plugin.path, meaning: "the fastest backend")
        }
        if let other = entry(named: plugin.name) {
            if other.plugin?.path == plugin.path { return }
            let owner = other.plugin.map { "the plug-in \($0.path)" } ?? "the built-in backend \(other.name)"
            throw .nameTaken(name: plugin.name, path: plugin.path, by: owner)
        }
        var entry = Entry(name: plugin.name, summary: plugin.manifest.summary) { options in
            do throws(PluginError) {
                return try plugin.makeBackend(device: options.device, threads: options.threads)
            } catch {
                throw unavailable(plugin, error)
            }
        }
        entry.devices = { try devices(of: plugin) }
        entry.plugin = plugin
        register(entry)
    }
}

@Sendable private func devices(of plugin: Plugin) throws -> [BackendDevice] {
    do throws(PluginError) {
        return try plugin.devices().map { device in
            BackendDevice(
                selector: "\(plugin.name):\(device.index)", name: device.name, type: device.type, driver: device.driver,
                flaw: device.flaw)
        }
    } catch {
        throw unavailable(plugin, error)
    }
}

private func unavailable(_ plugin: Plugin, _ error: PluginError) -> BackendUnavailable {
    BackendUnavailable(name: plugin.name, reason: "\(error.path): \(error.reason)", remedy: error.remedy)
}
