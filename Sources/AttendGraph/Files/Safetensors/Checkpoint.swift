/// A model's weights: one safetensors file, or several with an index, as Hugging Face lays them out.
public struct Checkpoint: Sendable {
    public let folder: String
    public let files: [SafetensorsFile]
    private let fileOf: [[UInt8]: Int]

    /// Opens `model.safetensors`, or, if there is none, the shards of `model.safetensors.index.json`.
    ///
    /// - Throws: ``SafetensorsError``, naming the file.
    public init(folder: String) throws(SafetensorsError) {
        self.folder = folder
        var files: [SafetensorsFile] = []
        if let single = try Checkpoint.file("\(folder)/model.safetensors") {
            files = [try SafetensorsFile(single)]
        } else {
            files = try Checkpoint.shards(of: folder)
        }
        var fileOf: [[UInt8]: Int] = [:]
        for (number, file) in files.enumerated() {
            for entry in file.entries {
                if let other = fileOf.updateValue(number, forKey: Array(entry.name.utf8)) {
                    throw .tensor(path: file.path, name: entry.name, reason: "it is also in \(files[other].path)")
                }
            }
        }
        self.files = files
        self.fileOf = fileOf
    }

    private static func file(_ path: String) throws(SafetensorsError) -> InputFile? {
        do {
            return try InputFile.ifPresent(path)
        } catch {
            throw .file(error)
        }
    }

    /// The shards, sorted by name.
    private static func shards(of folder: String) throws(SafetensorsError) -> [SafetensorsFile] {
        let path = "\(folder)/model.safetensors.index.json"
        guard let index = try file(path) else { throw try noWeights(folder) }
        var fileOf: [(tensor: String, file: String)] = []
        do {
            for (tensor, node) in try JSONNode(JSONValue(parsing: index.contents(limit: 100_000_000)))
                .required("weight_map").members()
            {
                let name = try node.string()
                guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
                    throw JSONError.type(path: node.path, expected: "a file beside the index", found: "\"\(name)\"")
                }
                fileOf.append((tensor, name))
            }
        } catch {
            throw .header(path: path, reason: "\(error)")
        }
        var files: [SafetensorsFile] = []
        for name in Set(fileOf.map(\.file)).sorted() { files.append(try SafetensorsFile("\(folder)/\(name)")) }
        for (tensor, file) in fileOf where !files.contains(where: { $0.entry(named: tensor) != nil }) {
            throw .tensor(path: path, name: tensor, reason: "the index places it in \(file), but no shard has it")
        }
        guard !files.isEmpty else { throw .header(path: path, reason: "weight_map names no file") }
        return files
    }

    /// The error for a folder without safetensors, with a hint if it has weights in another format.
    private static func noWeights(_ folder: String) throws(SafetensorsError) -> SafetensorsError {
        var hint = ""
        for other in ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack"]
        where try file("\(folder)/\(other)") != nil {
            hint = "; \(other) is there, but only safetensors are read (save_pretrained writes them)"
            break
        }
        return .file(
            FileError(
                path: "\(folder)/model.safetensors",
                reason: "can't open it: no such file, and no model.safetensors.index.json\(hint)"))
    }

    public var names: [String] { files.flatMap { $0.entries.map(\.name) } }

    public func contains(_ name: String) -> Bool { fileOf[Array(name.utf8)] != nil }

    /// The tensor of this name, which must have this shape.
    public func tensor(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        try file(holding: name).tensor(named: name, shape: shape)
    }

    /// The tensor of this name and shape as float32, see ``SafetensorsFile/floats(named:shape:)``.
    public func floats(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        try file(holding: name).floats(named: name, shape: shape)
    }

    /// The file that holds the tensor of this name.
    package func file(holding name: String) throws(SafetensorsError) -> SafetensorsFile {
        guard let number = fileOf[Array(name.utf8)] else {
            throw .missing(path: folder, name: name, hint: Nearest.hint(for: name, among: names))
        }
        return files[number]
    }

    /// Checks that there is a tensor of this name and shape, without reading it.
    public func check(_ name: String, shape: [Int]) throws(SafetensorsError) {
        guard let number = fileOf[Array(name.utf8)], let entry = files[number].entry(named: name) else {
            throw .missing(path: folder, name: name, hint: Nearest.hint(for: name, among: names))
        }
        guard entry.shape == shape else {
            throw .shape(path: files[number].path, name: name, expected: shape, found: entry.shape)
        }
    }
}
