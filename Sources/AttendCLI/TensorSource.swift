import AttendCore
import Foundation

/// A file with tensors: safetensors, or JSON that a person wrote.
enum TensorSource {
    case safetensors(SafetensorsFile)
    case text(TensorTextFile)

    init(_ path: String) throws {
        self = try FileKind.isSafetensors(path) ? .safetensors(SafetensorsFile(path)) : .text(TensorTextFile(path))
    }

    func tensor(named name: String) throws -> Tensor {
        switch self {
        case .safetensors(let file): try file.tensor(named: name)
        case .text(let file): try file.tensor(named: name)
        }
    }
}

/// What a file is, by its beginning.
enum FileKind {
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// A safetensors file has "{" after eight bytes of length, a JSON file at its front.
    static func isSafetensors(_ path: String) throws -> Bool {
        let start = try InputFile(path)
        let first = start.byteCount > 0 ? try start.bytes(at: 0, count: min(9, start.byteCount)) : []
        return path.hasSuffix(".safetensors") || (first.count == 9 && first[8] == UInt8(ascii: "{") && first[7] == 0)
    }
}
