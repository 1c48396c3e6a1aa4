import Synchronization

/// The plug-ins under `Tests/PluginTests/Fixtures/hostile`, each bad in one way; each compiled once for all tests of a
/// process, with its manifest beside it.
public enum HostilePlugin: String, CaseIterable, Sendable {
    case crashInPrepare = "crash_in_prepare"
    case neverReturns = "never_returns"
    case nullMessage = "null_message"
    case tableSize = "table_size"
    case negativeSizes = "negative_sizes"
    case negativeElement = "negative_element"
    case writesNothing = "writes_nothing"
    case writesBeyond = "writes_beyond"
    case leaves
    case `throws`

    private static let made = Mutex<[HostilePlugin: PluginFolder]>([:])

    /// The path of the library.
    public func library() throws -> String {
        let folder = try HostilePlugin.made.withLock { made in
            if let known = made[self] { return known }
            let folder = try PluginFolder()
            try build(in: folder)
            made[self] = folder
            return folder
        }
        return "\(folder.path)/lib\(rawValue).so"
    }

    /// Another library of the same name.
    public func build(in folder: PluginFolder) throws {
        let source = "\(CCompiler.root)/Tests/PluginTests/Fixtures/hostile/\(rawValue)"
        try folder.writeManifest(library: "lib\(rawValue)", name: rawValue)
        try CCompiler.build(source + (self == .throws ? ".cpp" : ".c"), to: "\(folder.path)/lib\(rawValue).so")
    }
}
