public import AttendBackend
private import Foundation

/// A backend in a shared library, found but not necessarily loaded.
///
/// The initializer reads the manifest and the library's header and runs none of its code. The library is loaded when a
/// backend or the device list is requested, once per process, and never unloaded. A plug-in is native code: once loaded
/// it can do whatever this process can.
public struct Plugin: Sendable {
    /// The library's path, without symbolic links and dots.
    public let path: String
    /// The manifest beside the library.
    public let manifest: PluginManifest

    /// Reads a plug-in's manifest and checks the library file.
    ///
    /// - Parameter path: A path that contains a slash; there is no search.
    /// - Throws: ``PluginError`` for a file that is missing, not a library, truncated, or for another architecture, and
    ///   for a manifest that is missing, invalid, or requires a newer interface.
    public init(path: String) throws(PluginError) {
        self.path = try LibraryFile.canonical(path)
        try LibraryFile.check(self.path)
        let file = try PluginManifest.path(besides: self.path)
        guard FileManager.default.fileExists(atPath: file) else {
            throw .noManifest(path: self.path, expected: URL(fileURLWithPath: file).lastPathComponent)
        }
        manifest = try PluginManifest(path: file)
        guard manifest.needs.isUnderstood else {
            throw .newerVersion(
                path: self.path, source: "its manifest", needed: manifest.needs.description,
                known: ABIVersion.host.description)
        }
    }

    /// The backend's name.
    public var name: String { manifest.name }

    /// The devices to choose from; empty if the plug-in has no choice. Loads the library.
    ///
    /// - Throws: ``PluginError`` when the library can't be loaded or started, or reports an impossible device count.
    public func devices() throws(PluginError) -> [PluginDevice] { try PluginLibrary.load(self).devices() }

    /// Makes the backend. Loads the library.
    ///
    /// - Parameters:
    ///   - device: An index, a type (`gpu`) or a part of a name; nil for the first usable device.
    ///   - threads: Number of host threads that the plug-in may use; nil for one per processor.
    /// - Throws: ``PluginError`` when the library can't be loaded or started, or makes no backend, and for a device
    ///   that is missing or unusable.
    public func makeBackend(device: String? = nil, threads: Int? = nil) throws(PluginError) -> any ComputeBackend {
        let library = try PluginLibrary.load(self)
        let index = try library.index(ofDevice: device)
        return PluginBackend(try PluginCore(library, device: index, threads: threads))
    }
}

/// A device of a plug-in.
public struct PluginDevice: Sendable, Hashable {
    /// Index in the plug-in's device list.
    public var index: Int
    /// The device's name.
    public var name: String
    /// `gpu`, `cpu` or `accelerator`; empty if unknown.
    public var type: String
    /// Driver name and version; empty if unknown.
    public var driver: String
    /// The reason why the device is unusable; nil if it is usable.
    public var flaw: String?
}
