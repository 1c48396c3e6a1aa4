import AttendBackend
public import AttendPlugin
private import Foundation

extension BackendRegistry {
    /// A registry of the built-in backends and of plug-ins: those in `paths`, and those in `ATTEND_PLUGINS`, a
    /// colon-separated list of absolute paths. No plug-in code runs before its backend is made.
    ///
    /// - Parameter environment: The environment variables; nil for those of the process.
    /// - Throws: ``AttendPlugin/PluginError`` for a plug-in that is missing, not a library for this machine, without a
    ///   manifest, or with a name that is taken.
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

    /// Adds a plug-in's backend. Registering the same library again has no effect.
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
