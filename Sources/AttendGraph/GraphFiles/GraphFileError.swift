/// Why a graph file can't be read or written. The path of the file stands in front.
public struct GraphFileError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable {
        case file(FileError)
        case json(JSONError)
        case graph(GraphError)
        case safetensors(SafetensorsError)
        /// A place in the file, such as `nodes[3]`, and what is wrong there.
        case content(place: String, reason: String)
    }

    public let path: String
    public let reason: Reason

    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

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

    /// Brings the errors of the parts under one roof.
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

/// A complaint about one place, before the file's path is known.
struct GraphContentError: Error {
    let place: String
    let reason: String
}
