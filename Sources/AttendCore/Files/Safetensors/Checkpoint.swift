/// A model's weights: one safetensors file, or several with an index, as Hugging Face lays them out.
public struct Checkpoint: Sendable {
    public let folder: String
    public let files: [SafetensorsFile]
    private let fileOf: [[UInt8]: Int]

    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
    ///
    /// - Throws: ``SafetensorsError`` or ``JSONError``, naming the file.
    public init(folder: String) throws(SafetensorsError) {
        self.folder = folder
        let index = "\(folder)/model.safetensors.index.json"
        var files: [SafetensorsFile] = []
        if let names = try Checkpoint.shards(index) {
            for name in names { files.append(try SafetensorsFile("\(folder)/\(name)")) }
        } else {
            files = [try SafetensorsFile("\(folder)/model.safetensors")]
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

    /// The shards' names, sorted; nil where there is no index.
    private static func shards(_ index: String) throws(SafetensorsError) -> [String]? {
        guard let bytes = try? InputFile.contents(of: index, limit: 100_000_000) else { return nil }
        do {
            var names: Set<String> = []
            for (_, node) in try JSONNode(JSONValue(parsing: bytes)).required("weight_map").members() {
                let name = try node.string()
                guard !name.isEmpty, !name.contains("/"), name != ".." else {
                    throw JSONError.type(path: node.path, expected: "a file beside the index", found: "\"\(name)\"")
                }
                names.insert(name)
            }
            return names.sorted()
        } catch {
            throw .header(path: index, reason: "\(error)")
        }
    }

    public var names: [String] { files.flatMap { $0.entries.map(\.name) } }

    public func contains(_ name: String) -> Bool { fileOf[Array(name.utf8)] != nil }

    /// The tensor of this name, which must have this shape.
    public func tensor(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        guard let number = fileOf[Array(name.utf8)] else {
            throw .missing(path: folder, name: name, hint: Nearest.hint(for: name, among: names))
        }
        return try files[number].tensor(named: name, shape: shape)
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
