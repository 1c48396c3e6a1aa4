import AttendCore

/// A model's `config.json` could not be read, or asks for what is not there.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}

/// A JSON file of a model's folder, with errors that name it.
struct ModelFile {
    let path: String
    let root: JSONNode

    init(_ path: String) throws {
        try self.init(path, bytes: InputFile.contents(of: path))
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

    /// The file if it exists.
    static func optional(_ path: String) throws -> ModelFile? {
        (try? InputFile(path)) == nil ? nil : try ModelFile(path)
    }

    func read<Result>(_ body: (JSONNode) throws -> Result) throws -> Result {
        do {
            return try body(root)
        } catch let error as JSONError {
            throw ModelError(path: path, reason: error.description)
        }
    }
}
