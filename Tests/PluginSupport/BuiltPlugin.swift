import Foundation

/// Examples in Swift, which are built with the package.
public enum BuiltPlugin {
    public struct Missing: Error, CustomStringConvertible {
        public let description: String
    }

    /// Copies the library that was built beside this program, and its manifest, into the folder.
    ///
    /// - Parameter manifest: Its path in the package.
    /// - Returns: The path of the copy.
    public static func library(_ name: String, manifest: String, in folder: PluginFolder) throws -> String {
        let file = "lib\(name).so"
        var place = Bundle.main.bundleURL
        for _ in 0..<4 {
            let candidate = place.appending(path: file).path
            if FileManager.default.fileExists(atPath: candidate) {
                try FileManager.default.copyItem(atPath: candidate, toPath: "\(folder.path)/\(file)")
                try FileManager.default.copyItem(
                    atPath: "\(CCompiler.root)/\(manifest)", toPath: "\(folder.path)/lib\(name).json")
                return "\(folder.path)/\(file)"
            }
            place.deleteLastPathComponent()
        }
        throw Missing(description: "\(file) was not built beside \(Bundle.main.bundlePath)")
    }
}

/// The example in Swift, copied once for all tests of a process.
public enum MinimalSwiftPlugin {
    private static let made = Result {
        let folder = try PluginFolder()
        let manifest = "Plugins/Backends/minimal-swift/libminimal-swift.json"
        return (try BuiltPlugin.library("minimal-swift", manifest: manifest, in: folder), folder)
    }

    public static func library() throws -> String { try made.get().0 }
}
