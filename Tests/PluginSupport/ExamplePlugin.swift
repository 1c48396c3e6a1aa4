import Foundation
import Synchronization

/// The examples under `Plugins/Backends`: those in C compiled, those in Swift, which are built with the package,
/// copied; each once for all tests of a process, with its manifest beside it.
public enum ExamplePlugin: String, CaseIterable, Sendable {
    case minimal, fused
    case minimalSwift = "minimal-swift"
    case null
    /// Of the tutorial.
    case abacus = "abacus-example"

    public struct Missing: Error, CustomStringConvertible {
        public let description: String
    }

    public var isInC: Bool { self == .minimal || self == .fused }

    /// As `--backend` takes it.
    public var backend: String { self == .abacus ? "abacus" : rawValue }

    private static let made = Mutex<[ExamplePlugin: PluginFolder]>([:])

    /// The path of the library.
    public func library() throws -> String {
        let folder = try ExamplePlugin.made.withLock { made in
            if let known = made[self] { return known }
            let folder = try PluginFolder()
            let source = "\(CCompiler.root)/Plugins/Backends/\(backend)"
            let manifest = "\(source)/\(self == .null ? "Plugin/" : "")lib\(rawValue).json"
            try FileManager.default.copyItem(atPath: manifest, toPath: "\(folder.path)/lib\(rawValue).json")
            let library = "\(folder.path)/lib\(rawValue).so"
            if isInC {
                try CCompiler.build("\(source)/\(rawValue).c", to: library)
            } else {
                try FileManager.default.copyItem(atPath: built(), toPath: library)
            }
            made[self] = folder
            return folder
        }
        return "\(folder.path)/lib\(rawValue).so"
    }

    /// The library beside this program.
    private func built() throws -> String {
        var place = Bundle.main.bundleURL
        for _ in 0..<4 {
            let candidate = place.appending(path: "lib\(rawValue).so").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
            place.deleteLastPathComponent()
        }
        throw Missing(description: "lib\(rawValue).so was not built beside \(Bundle.main.bundlePath)")
    }
}
