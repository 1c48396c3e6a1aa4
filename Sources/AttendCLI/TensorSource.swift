import AttendCore
import Foundation

/// A file with tensors: safetensors, or JSON that a person wrote.
enum TensorSource {
    case safetensors(SafetensorsFile)
    case text(TensorTextFile)

    init(_ path: String) throws {
        guard try !FileKind.isSafetensors(path) else {
            self = .safetensors(try SafetensorsFile(path))
            return
        }
        guard try FileKind.isJSON(path) else {
            throw FileError(
                path: path, reason: "holds no tensors: it is neither safetensors nor JSON ({\"attend_tensors\": 1, …})")
        }
        self = .text(try TensorTextFile(path))
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

    /// Whether the text of a file begins as an object of JSON.
    static func isJSON(_ path: String) throws -> Bool {
        let start = try InputFile(path)
        let first = try start.bytes(at: 0, count: min(4096, start.byteCount))
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first[3...] : first[...]
        return text.first { !Array(" \t\r\n".utf8).contains($0) } == UInt8(ascii: "{")
    }
}

extension Graph {
    /// Reads a graph file that was named on the command line.
    ///
    /// - Throws: As ``Graph/init(contentsOf:)``, and `FileError` that says what the file is where it is no graph at all.
    init(named path: String) throws {
        guard !FileKind.isFolder(path) else {
            throw FileError(path: path, reason: "is a folder, no graph file; attend inspect shows a model's graph")
        }
        guard try !FileKind.isSafetensors(path) else {
            throw FileError(
                path: path, reason: "is safetensors, no graph file (.json); attend inspect shows what it holds")
        }
        guard try FileKind.isJSON(path) else {
            throw FileError(
                path: path, reason: "is neither a graph (.json), nor safetensors, nor a model's folder")
        }
        do {
            self = try Graph(contentsOf: path)
        } catch {
            guard let other = try? Graph.otherKind(path) else { throw error }
            throw FileError(path: path, reason: other)
        }
    }

    /// A description of a JSON file that is not a graph; nil for one with the key `attend`.
    private static func otherKind(_ path: String) throws -> String? {
        let root = try JSONValue(parsing: InputFile.contents(of: path))
        guard root["attend"] == nil else { return nil }
        if root["attend_tensors"] != nil { return "holds tensors, no graph; --inputs takes it" }
        if root["attend_preset"] != nil { return "is a preset, no graph; attend count and attend run --preset take it" }
        if root["model_type"] != nil || root["architectures"] != nil {
            return "is a model's config.json, no graph; name its folder"
        }
        return "is JSON, but no graph: the key \"attend\" with the version is missing"
    }
}
