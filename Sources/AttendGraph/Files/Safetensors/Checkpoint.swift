/// A model's weights: one safetensors file, or several with an index, in Hugging Face's layout.
public struct Checkpoint: Sendable {
    /// The folder as given.
    public let folder: String
    /// The file, or the shards sorted by name.
    public let files: [SafetensorsFile]
    private let fileOf: [[UInt8]: Int]

    /// Opens `model.safetensors`, or, without one, the shards of `model.safetensors.index.json`. Reads the index and
    /// headers, not the tensors.
    ///
    /// - Throws: ``SafetensorsError`` that names the file: missing or invalid, a tensor in two files, or a tensor of
    ///   the index that no shard has.
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
        guard !files.isEmpty else { throw .header(path: path, reason: "weight_map lists no files") }
        return files
    }

    /// The error for a folder without safetensors, with a hint if it has weights in another format.
    private static func noWeights(_ folder: String) throws(SafetensorsError) -> SafetensorsError {
        var hint = ""
        for other in ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack"]
        where try file("\(folder)/\(other)") != nil {
            hint = "; found \(other), but only safetensors files are supported (save_pretrained writes them)"
            break
        }
        return .file(
            FileError(
                path: "\(folder)/model.safetensors",
                reason: "can't open it: no such file, and no model.safetensors.index.json\(hint)"))
    }

    /// The names of all tensors, file by file, in the order of their offsets. O(tensors).
    public var names: [String] { files.flatMap { $0.entries.map(\.name) } }

    /// Whether there is a tensor of this name. O(1).
    public func contains(_ name: String) -> Bool { fileOf[Array(name.utf8)] != nil }

    /// Reads the tensor of this name, which must have this shape. O(bytes).
    ///
    /// - Throws: ``SafetensorsError`` for a missing tensor, another shape, an unsupported dtype or a read error.
    public func tensor(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        try file(holding: name).tensor(named: name, shape: shape)
    }

    /// Reads the tensor of this name and shape in a floating-point dtype; see
    /// ``SafetensorsFile/floats(named:shape:dtype:)``. O(bytes).
    ///
    /// - Throws: ``SafetensorsError`` for a missing tensor, another shape, a dtype that is not floating-point, a number
    ///   beyond the range of `dtype`, or a read error.
    public func floats(named name: String, shape: [Int], dtype: DType = .float32) throws(SafetensorsError) -> Tensor {
        try file(holding: name).floats(named: name, shape: shape, dtype: dtype)
    }

    /// Whether two tensors hold the same bits, or the same numbers as float32. O(bytes), in chunks if the bits are equal.
    ///
    /// - Throws: ``SafetensorsError`` as ``floats(named:shape:dtype:)``.
    package func holdSameFloats(_ first: String, _ second: String, shape: [Int]) throws(SafetensorsError) -> Bool {
        let (mine, other) = (try file(holding: first), try file(holding: second))
        if try mine.holdsSameBytes(first, as: second, in: other) { return true }
        return try floats(named: first, shape: shape) == floats(named: second, shape: shape)
    }

    /// The file with the tensor of this name.
    package func file(holding name: String) throws(SafetensorsError) -> SafetensorsFile {
        guard let number = fileOf[Array(name.utf8)] else {
            throw .missing(path: folder, name: name, hint: Nearest.hint(for: name, among: names))
        }
        return files[number]
    }

    /// Checks for a tensor of this name and shape, without reading it. O(1).
    ///
    /// - Throws: ``SafetensorsError`` for a missing tensor or another shape.
    public func check(_ name: String, shape: [Int]) throws(SafetensorsError) {
        guard let number = fileOf[Array(name.utf8)], let entry = files[number].entry(named: name) else {
            throw .missing(path: folder, name: name, hint: Nearest.hint(for: name, among: names))
        }
        guard entry.shape == shape else {
            throw .shape(path: files[number].path, name: name, expected: shape, found: entry.shape)
        }
    }
}
