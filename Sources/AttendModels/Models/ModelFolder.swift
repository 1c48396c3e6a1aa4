import AttendRuntime

/// An error in a file of a model's folder: missing, unreadable, or with an unsupported setting.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// The problem, with the setting, the expected and the found value where they apply.
    public let reason: String

    /// An error about a file.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// The path and the reason, shortened if very long.
    public var description: String { ErrorText.shortened("\(path): \(reason)") }
}

/// A JSON file of a model's folder, whose errors name it.
struct ModelFile {
    let path: String
    let root: JSONNode

    init(_ path: String) throws {
        try self.init(path, bytes: InputFile.contents(of: path))
    }

    /// The file, or nil if it does not exist. A file that exists and can't be read is an error.
    static func optional(_ path: String) throws -> ModelFile? {
        guard let file = try InputFile.ifPresent(path) else { return nil }
        return try ModelFile(path, bytes: file.contents())
    }

    /// Settings merged from files.
    init(_ path: String, root: JSONNode) {
        self.path = path
        self.root = root
    }

    /// The same file with some keys replaced.
    ///
    /// - Parameter setting: The origin of the replacements, for errors.
    func overridden(by overrides: JSONValue, of setting: String) -> ModelFile {
        guard case .object(let others) = overrides, !others.isEmpty, case .object(var members) = root.value else {
            return self
        }
        members.removeAll { member in others.contains { $0.key == member.key } }
        return ModelFile("\(path) (with \(setting))", root: JSONNode(.object(members + others)))
    }

    /// A built-in file.
    init(name: String, text: String) throws {
        try self.init(name, bytes: Array(text.utf8))
    }

    private init(_ path: String, bytes: [UInt8]) throws {
        self.path = path
        do {
            root = JSONNode(try JSONValue(parsing: bytes))
        } catch {
            throw ModelError(path: path, reason: error.description)
        }
    }

    func read<Result>(_ body: (JSONNode) throws -> Result) throws -> Result {
        do {
            return try body(root)
        } catch let error as JSONError {
            throw ModelError(path: path, reason: error.description)
        }
    }
}
