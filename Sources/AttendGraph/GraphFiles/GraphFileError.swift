/// A failure to read or write a graph file, with its path.
public struct GraphFileError: Error, Sendable, CustomStringConvertible {
    /// The underlying error.
    public enum Reason: Sendable {
        /// A file that can't be opened, read or written.
        case file(FileError)
        /// Invalid JSON.
        case json(JSONError)
        /// An invalid graph.
        case graph(GraphError)
        /// An invalid safetensors file of constants.
        case safetensors(SafetensorsError)
        /// An error at a place in the file, such as `nodes[3]`.
        case content(place: String, reason: String)
    }

    /// The graph file's path.
    public let path: String
    /// The underlying error.
    public let reason: Reason

    /// An error for this file.
    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// Human-readable message; a long one is shortened to its beginning and end.
    public var description: String { ErrorText.shortened(whole) }

    private var whole: String {
        switch reason {
        case .file(let error): error.description
        case .json(let error): "\(path): \(error)"
        case .graph(let error): "\(path): \(error)"
        case .safetensors(let error): "\(path): \(error)"
        case .content(let place, let reason): "\(path): \(place): \(reason)"
        }
    }

    /// Converts the errors of `body` to ``GraphFileError``.
    static func at<Result>(_ path: String, _ body: () throws -> Result) throws(GraphFileError) -> Result {
        do {
            return try body()
        } catch let error as GraphFileError {
            throw error
        } catch let error as FileError {
            throw GraphFileError(path: path, reason: .file(error))
        } catch let error as JSONError {
            throw GraphFileError(path: path, reason: .json(error))
        } catch let error as GraphError {
            throw GraphFileError(path: path, reason: .graph(error))
        } catch let error as SafetensorsError {
            throw GraphFileError(path: path, reason: .safetensors(error))
        } catch {
            throw GraphFileError(path: path, reason: .content(place: "the file", reason: "\(error)"))
        }
    }
}

/// An error at a place in the file, before the file's path is known.
struct GraphContentError: Error {
    let place: String
    let reason: String
}
