import AttendRuntime
private import Foundation

/// A copy of a model's folder without the transformer's weights, under a temporary name until it is finished.
final class FolderCopy {
    /// The transformer's folder in the copy.
    let transformer: String
    /// Files of weights in other formats, which are not copied.
    let leftOut: [String]
    private let temporary: String
    private let output: String

    private static let foreign: Set<String> = [
        "bin", "pt", "pth", "h5", "msgpack", "onnx", "ot", "gguf", "ckpt", "mlmodel", "tflite", "xml"
    ]

    /// Copies what stays.
    ///
    /// - Parameters:
    ///   - output: A path at which nothing exists.
    ///   - transformer: The folder of the transformer, which is `folder` or in it.
    /// - Throws: ``QuantizationError/exists(path:)``; ``FileError`` for files that can't be copied.
    init(of folder: String, to output: String, transformer: String) throws {
        let files = FileManager.default
        var base = output
        while base.count > 1, base.hasSuffix("/") { base.removeLast() }
        guard !files.fileExists(atPath: base) else { throw QuantizationError.exists(path: output) }
        (self.output, temporary) = (base, "\(base).\(getpid()).partial")
        let relative = FolderCopy.relative(transformer, to: folder)
        self.transformer = relative.isEmpty ? temporary : "\(temporary)/\(relative)"
        var leftOut: [String] = []
        do {
            let prefix = relative.isEmpty ? "" : "\(relative)/"
            // The folder itself may be a link, whose content is not listed; the copy may be in it.
            let folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
            let paths = try files.subpathsOfDirectory(atPath: folder).sorted()
            UnfinishedFiles.add(temporary)
            try files.createDirectory(atPath: temporary, withIntermediateDirectories: true)
            for path in paths {
                let ending = (path as NSString).pathExtension
                // A model of the hub's cache is links.
                let source = URL(fileURLWithPath: "\(folder)/\(path)").resolvingSymlinksInPath().path
                guard files.fileExists(atPath: source), !path.hasPrefix(".") else { continue }
                let isFolder = try files.attributesOfItem(atPath: source)[.type] as? FileAttributeType == .typeDirectory
                let target = "\(temporary)/\(path)"
                if isFolder {
                    try files.createDirectory(atPath: target, withIntermediateDirectories: true)
                } else if path.hasPrefix(prefix), FolderCopy.isWeights(String(path.dropFirst(prefix.count))) {
                    continue
                } else if FolderCopy.foreign.contains(ending) {
                    leftOut.append(path)
                } else {
                    try files.copyItem(atPath: source, toPath: target)
                    // Copies of protected files may be changed.
                    try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target)
                }
            }
        } catch {
            try? files.removeItem(atPath: temporary)
            UnfinishedFiles.forget(temporary)
            throw FileError(path: output, reason: "can't copy \(folder) there: \(FolderCopy.cause(error))")
        }
        self.leftOut = leftOut
    }

    /// Whether a file of the transformer's folder holds its weights.
    private static func isWeights(_ name: String) -> Bool {
        name.hasPrefix("model") && (name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json"))
    }

    private static func relative(_ path: String, to folder: String) -> String {
        func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
        return parts(path).dropFirst(parts(folder).count).joined(separator: "/")
    }

    private static func cause(_ error: any Error) -> String {
        let error = error as NSError
        let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError
        return inner?.localizedDescription ?? error.localizedDescription
    }

    /// Writes a file of the transformer's folder.
    ///
    /// - Throws: ``FileError``.
    func write(_ value: JSONValue, to name: String) throws {
        try OutputFile.write(Array(value.serialized(pretty: true).utf8), to: "\(transformer)/\(name)")
    }

    /// Gives the copy its name.
    ///
    /// - Throws: ``FileError``; nothing is left then.
    func finish() throws {
        do {
            try FileManager.default.moveItem(atPath: temporary, toPath: output)
        } catch {
            throw FileError(path: output, reason: "can't give the folder its name: \(FolderCopy.cause(error))")
        }
    }

    deinit {
        // Fails without effect if it was renamed.
        try? FileManager.default.removeItem(atPath: temporary)
        UnfinishedFiles.forget(temporary)
    }
}
