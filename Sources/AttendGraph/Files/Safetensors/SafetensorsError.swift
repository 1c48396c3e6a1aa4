/// What is wrong with a safetensors file. Every case names the file and, where there is one, the tensor.
@nonexhaustive
public enum SafetensorsError: Error, Sendable, Hashable {
    case file(FileError)
    case header(path: String, reason: String)
    case tensor(path: String, name: String, reason: String)
    case missing(path: String, name: String, hint: String)
    case dtype(path: String, name: String, expected: String, found: String)
    case shape(path: String, name: String, expected: [Int], found: [Int])
}

extension SafetensorsError: CustomStringConvertible {
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
