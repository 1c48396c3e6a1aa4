import AttendRuntime
import Foundation

/// The files of one case in memory.
struct Draft: Sendable, Hashable {
    var files: [DraftFile]

    init(_ files: [DraftFile]) { self.files = files }

    /// Reads the files of a folder, by their extensions.
    init(folder: String) throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        files = try paths.compactMap { path in
            guard case let whole = "\(folder)/\(path)", FileManager.default.contents(atPath: whole) != nil else {
                return nil
            }
            return DraftFile(path, try InputFile.contents(of: whole))
        }
    }

    subscript(path: String) -> DraftFile? {
        get { files.first { $0.path == path } }
        set {
            files.removeAll { $0.path == path }
            if let newValue { files.append(newValue) }
        }
    }

    /// Edits a JSON document of the draft.
    mutating func edit(_ path: String, _ body: (inout DraftValue) -> Void) {
        guard let index = files.firstIndex(where: { $0.path == path }), case .json(var value) = files[index].content
        else { return }
        body(&value)
        files[index].content = .json(value)
    }

    /// Writes all files to a folder, which is emptied first.
    func write(to folder: String) throws {
        let manager = FileManager.default
        try? manager.removeItem(atPath: folder)
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for file in files {
            let path = "\(folder)/\(file.path)"
            if file.path.contains("/") {
                let parent = (path as NSString).deletingLastPathComponent
                try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
            }
            switch file.content {
            case .absent: break
            case .folder: try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
            case .link(let target): try manager.createSymbolicLink(atPath: path, withDestinationPath: target)
            default:
                guard manager.createFile(atPath: path, contents: Data(file.content.bytes)) else {
                    throw FuzzError("\(path): can't write it")
                }
            }
        }
    }
}

struct DraftFile: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case json(DraftValue)
        case tensors(DraftTensors)
        case text(String)
        case bytes([UInt8])
        case absent
        case folder
        case link(String)

        var bytes: [UInt8] {
            switch self {
            case .json(let value): value.bytes
            case .tensors(let tensors): tensors.bytes
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            case .absent, .folder, .link: []
            }
        }
    }

    /// The path in the case's folder.
    var path: String
    var content: Content

    init(_ path: String, _ content: Content) { (self.path, self.content) = (path, content) }

    /// The contents by the file's extension, if the bytes are of that kind.
    init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        if path.hasSuffix(".safetensors"), let tensors = DraftTensors(bytes: bytes) {
            content = .tensors(tensors)
        } else if path.hasSuffix(".json"), let value = try? JSONValue(parsing: bytes) {
            content = .json(DraftValue(value))
        } else if path.hasSuffix(".txt"), let text = String(validating: bytes, as: UTF8.self) {
            content = .text(text)
        } else {
            content = .bytes(bytes)
        }
    }
}
