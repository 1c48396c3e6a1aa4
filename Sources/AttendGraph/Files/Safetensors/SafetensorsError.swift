/// An invalid or unreadable safetensors file. Every case names the file and, if applicable, the tensor.
@nonexhaustive
public enum SafetensorsError: Error, Sendable, Hashable {
    /// A file that can't be opened, read or written.
    case file(FileError)
    /// An invalid header or index.
    case header(path: String, reason: String)
    /// An invalid tensor: bad offsets, shape or elements, or found in two files.
    case tensor(path: String, name: String, reason: String)
    /// A missing tensor; `hint` may suggest a similar name.
    case missing(path: String, name: String, hint: String)
    /// A tensor of an unexpected or unsupported dtype.
    case dtype(path: String, name: String, expected: String, found: String)
    /// A tensor of an unexpected shape.
    case shape(path: String, name: String, expected: [Int], found: [Int])
}

extension SafetensorsError: CustomStringConvertible {
    /// Human-readable message; a long one is shortened to its beginning and end.
    public var description: String { ErrorText.shortened(whole) }

    private var whole: String {
        switch self {
        case .file(let error): error.description
        case .header(let path, let reason): "\(path): header: \(reason)"
        case .tensor(let path, let name, let reason): "\(path): tensor \"\(name)\": \(reason)"
        case .missing(let path, let name, let hint): "\(path): there is no tensor \"\(name)\"\(hint)"
        case .dtype(let path, let name, let expected, let found):
            "\(path): tensor \"\(name)\": expected \(expected), found \(found)"
        case .shape(let path, let name, let expected, let found):
            "\(path): tensor \"\(name)\": expected shape \(expected), found \(found)"
        }
    }
}
