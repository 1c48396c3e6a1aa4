import AttendCore

/// A file of a model's folder is not there, can't be read, or asks for what is not known.
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

    /// The file, or nil where nothing has this name. What is there and can't be read is an error.
    static func optional(_ path: String) throws -> ModelFile? {
        guard let file = try InputFile.ifPresent(path) else { return nil }
        return try ModelFile(path, bytes: file.contents())
    }

    /// Settings put together from files that were read.
    init(_ path: String, root: JSONNode) {
        self.path = path
        self.root = root
    }

    /// The same with other values for some keys.
    ///
    /// - Parameter setting: Where the others stand, for errors.
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
