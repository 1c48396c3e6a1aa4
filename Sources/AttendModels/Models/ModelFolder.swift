import AttendRuntime

/// A file of a model's folder is missing, can't be read, or has a setting that is not supported.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { ErrorText.shortened("\(path): \(reason)") }
}

/// A JSON file of a model's folder, with errors that name it.
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

    /// A file that is part of the program.
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
