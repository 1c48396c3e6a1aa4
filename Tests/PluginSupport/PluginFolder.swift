import Foundation

/// A folder for libraries and manifests of one test, removed with this.
public final class PluginFolder: Sendable {
    public let path: String

    /// Holds the folders of one process. Those that static properties keep are never released, so all go with the process.
    private static let root: String = {
        atexit { try? FileManager.default.removeItem(atPath: PluginFolder.root) }
        // Without links, as plug-ins are known by such paths.
        return FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "attend-plugins-\(UUID().uuidString)").path
    }()

    public init() throws {
        path = "\(Self.root)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    public func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// A manifest beside a library that may or may not be there.
    public func writeManifest(
        library: String, name: String, version: String = "1.0.0", abi: String = "1.0", needs: String = ""
    ) throws {
        try write(
            #"{"attend_plugin": 1, "name": "\#(name)", "version": "\#(version)", "needs": {"abi": "\#(abi)"\#(needs)}}"#,
            to: "\(library).json")
    }

    /// Builds a plug-in and its manifest.
    public func build(
        _ source: String, library: String, name: String, flags: [String] = [], version: String = "1.0.0",
        abi: String = "1.0"
    ) throws -> String {
        try writeManifest(library: library, name: name, version: version, abi: abi)
        try CCompiler.build(source, to: "\(path)/\(library).so", flags: flags)
        return "\(path)/\(library).so"
    }
}
