import Foundation
import TestSupport

/// A folder for libraries and manifests of one test, removed with this.
public final class PluginFolder: Sendable {
    private let folder: TemporaryFolder
    public var path: String { folder.path }

    public init() throws { folder = try TemporaryFolder() }

    public func write(_ text: String, to name: String) throws { try folder.write(text, name) }

    public func write(_ bytes: [UInt8], to name: String) throws { try folder.write(bytes, name) }

    /// A manifest beside a library that may or may not be there.
    public func writeManifest(
        library: String, name: String, version: String = "1.0.0", abi: String = "1.0", needs: String = ""
    ) throws {
        try write(
            #"{"attend_plugin": 1, "name": "\#(name)", "version": "\#(version)", "#
                + #""needs": {"abi": "\#(abi)"\#(needs)}}"#,
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
