public import AttendBackend
private import Foundation

/// A backend in a shared library, found but not yet loaded.
///
/// Making one reads the manifest and the library's header, and runs none of its code. That is loaded when a backend or the devices
/// are asked for, once in a process, and never unloaded. A plug-in is native code: once loaded it can do whatever this process can.
public struct Plugin: Sendable {
    /// The library, without links and dots.
    public let path: String
    public let manifest: PluginManifest

    /// - Parameter path: A path with a slash in it; nothing is searched for.
    /// - Throws: ``PluginError`` for a file that is missing, no library, cut off, or of another architecture, and for a manifest that is
    ///   missing, broken, or asks for a newer interface.
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

    public var name: String { manifest.name }

    /// The devices to choose among; none where the plug-in leaves no choice. Loads the library.
    public func devices() throws(PluginError) -> [PluginDevice] { try PluginLibrary.load(self).devices() }

    /// Makes the backend. Loads the library.
    ///
    /// - Parameters:
    ///   - device: An index, a type (`gpu`) or a part of a name; nil for the first that can be used.
    ///   - threads: Threads of the host that the plug-in may use; nil for one on each processor.
    /// - Throws: ``PluginError`` when the library can't be loaded or started, or makes no backend, and for a device that is not there
    ///   or can't be used.
    public func makeBackend(device: String? = nil, threads: Int? = nil) throws(PluginError) -> any ComputeBackend {
        let library = try PluginLibrary.load(self)
        let index = try library.index(ofDevice: device)
        return PluginBackend(try PluginCore(library, device: index, threads: threads))
    }
}

/// One of the devices of a plug-in.
public struct PluginDevice: Sendable, Hashable {
    public var index: Int
    public var name: String
    /// `gpu`, `cpu` or `accelerator`; empty where it is not known.
    public var type: String
    /// Name and version; empty where they are not known.
    public var driver: String
    /// Why it can't be used; nil where it can.
    public var flaw: String?
}
