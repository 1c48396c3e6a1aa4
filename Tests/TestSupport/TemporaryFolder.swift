import Foundation

/// A folder of one test, removed when this is released.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// Holds the folders of one process, and goes with it: static properties are never released.
    private static let root: String = {
        atexit { try? FileManager.default.removeItem(atPath: TemporaryFolder.root) }
        // Without links, because plug-ins are known by such paths.
        return FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "attend-tests-\(UUID().uuidString)").path
    }()

    public init() throws { path = try Self.untilExit() }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a new folder that is removed when the process ends.
    public static func untilExit() throws -> String {
        let path = "\(root)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// - Returns: The path of the file.
    @discardableResult public func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    /// - Returns: The path of the file.
    @discardableResult public func write(_ text: String, _ name: String) throws -> String {
        try write(Array(text.utf8), name)
    }

    /// The names of the files, sorted.
    public var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
