internal import CAttendBackend
private import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A loaded and started library. Never unloaded, since its own threads may still run its code.
///
/// `@unchecked Sendable`: it holds an immutable copy of the plug-in's table, whose functions may be called on any
/// thread.
final class PluginLibrary: @unchecked Sendable {
    let path: String
    let name: String
    let functions: attend_plugin

    /// The result of each load attempt in this process: no library is started twice, not even after a failure.
    private static let loaded = Mutex<[String: Result<PluginLibrary, PluginError>]>([:])

    static func load(_ plugin: Plugin) throws(PluginError) -> PluginLibrary {
        let outcome = loaded.withLock { loaded in
            if let known = loaded[plugin.path] { return known }
            let outcome: Result<PluginLibrary, PluginError>
            do throws(PluginError) {
                outcome = .success(try PluginLibrary(plugin))
            } catch {
                outcome = .failure(error)
            }
            loaded[plugin.path] = outcome
            return outcome
        }
        return try outcome.get()
    }

    private init(_ plugin: Plugin) throws(PluginError) {
        path = plugin.path
        name = plugin.name
        LastWords.note(path)
        // `RTLD_LOCAL`, so that two plug-ins may define the same symbol.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .notLoadable(
                path: path, reason: PluginLibrary.linkerMessage(path), remedy: PluginLibrary.remedy(plugin.manifest))
        }
        guard let symbol = dlsym(handle, ATTEND_PLUGIN_SYMBOL) else {
            throw .noSymbol(path: path, symbol: ATTEND_PLUGIN_SYMBOL)
        }
        let table = try Handshake.start(unsafeBitCast(symbol, to: Handshake.Start.self), path: path)
        functions = try PluginTable.read(table, path: path)
        try PluginTable.check(functions, path: path)
        try PluginTable.compare(functions, plugin)
    }

    private static func linkerMessage(_ path: String) -> String {
        let message = dlerror().map { String(cString: $0) } ?? "the dynamic linker gave no reason"
        // The message starts with the path, which the error already contains.
        return ShownText.cleaned(message.hasPrefix(path + ": ") ? String(message.dropFirst(path.count + 2)) : message)
    }

    private static func remedy(_ manifest: PluginManifest) -> String? {
        if let remedy = manifest.remedy { return remedy }
        return manifest.libraries.isEmpty ? nil : "it needs \(manifest.libraries.joined(separator: ", "))"
    }
}

/// The first call into a library.
enum Handshake {
    typealias Start =
        @convention(c) (
            UnsafePointer<attend_handshake>?, UnsafeMutablePointer<UnsafeMutablePointer<attend_error>?>?
        ) -> UnsafePointer<attend_plugin>?

    /// The version last requested by a plug-in. Plug-ins request it while starting, and are started one at a time.
    private static let asked = Mutex<ABIVersion?>(nil)

    static func start(_ start: Start, path: String) throws(PluginError) -> UnsafePointer<attend_plugin> {
        asked.withLock { $0 = nil }
        var handshake = attend_handshake(
            size: MemoryLayout<attend_handshake>.size,
            services: { major, minor in
                Handshake.asked.withLock { $0 = ABIVersion(major: Int(major), minor: Int(minor)) }
                return major == ATTEND_BACKEND_MAJOR ? HostServices.table : nil
            })
        var error: UnsafeMutablePointer<attend_error>?
        let table = start(&handshake, &error)
        let fault = PluginFault(taking: error)
        if let table, fault == nil { return table }
        if let version = asked.withLock(\.self), version.major != ABIVersion.host.major {
            throw .newerVersion(
                path: path, source: "it", needed: version.description, known: ABIVersion.host.description)
        }
        throw .notStarted(path: path, reason: fault?.message ?? "it returned no reason")
    }
}
