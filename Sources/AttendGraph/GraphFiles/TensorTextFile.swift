/// Hand-written tensors in JSON: small inputs of a graph, with labels for the positions along its symbols.
///
/// ```json
/// {"attend_tensors": 1,
///  "labels": {"target": ["le", "chat"]},
///  "tensors": [{"name": "french", "dtype": "float32", "shape": [2, 3], "data": [1, 0, 0,  0, 1, 0]}]}
/// ```
///
/// `data` is as in a graph file: flat, row-major, with `"inf"`, `"-inf"` and `"nan"`.
public struct TensorTextFile: Sendable {
    /// The path as given.
    public let path: String
    /// The tensors by name.
    public let tensors: [String: Tensor]
    /// Labels by symbol: `labels["target"]` are words for the positions along every axis of that size.
    public let labels: [String: [String]]

    /// Reads a file. O(bytes).
    ///
    /// - Throws: ``GraphFileError`` that names the file and the place in it.
    public init(_ path: String) throws(GraphFileError) {
        try self.init(path) { () throws(FileError) in try InputFile.contents(of: path) }
    }

    /// Reads a file embedded in the program.
    package init(named name: String, bytes: [UInt8]) throws(GraphFileError) {
        try self.init(name) { () throws(FileError) in bytes }
    }

    private init(_ path: String, _ contents: () throws(FileError) -> [UInt8]) throws(GraphFileError) {
        self.path = path
        (tensors, labels) = try GraphFileError.at(path) {
            do {
                return try TensorTextFile.content(JSONNode(JSONValue(parsing: contents())))
            } catch let error as GraphContentError {
                throw GraphFileError(path: path, reason: .content(place: error.place, reason: error.reason))
            }
        }
    }

    /// The tensor of this name.
    ///
    /// - Throws: ``GraphFileError`` if there is none.
    public func tensor(named name: String) throws(GraphFileError) -> Tensor {
        guard let tensor = tensors[name] else {
            let hint = Nearest.hint(for: name, among: tensors.keys.sorted())
            throw GraphFileError(
                path: path, reason: .content(place: "tensors", reason: "there is no tensor \"\(name)\"\(hint)"))
        }
        return tensor
    }

    private static func content(_ root: JSONNode) throws -> ([String: Tensor], [String: [String]]) {
        try root.allow(["attend_tensors", "labels", "tensors"])
        let version = try root.required("attend_tensors").integer()
        guard version == 1 else {
            throw GraphContentError(
                place: "attend_tensors", reason: "version \(version) is not known; this program reads version 1")
        }
        var tensors: [String: Tensor] = [:]
        for node in try root.required("tensors").elements() {
            try node.allow(["name", "dtype", "shape", "data"])
            let name = try node.required("name").string()
            guard tensors[name] == nil else {
                throw GraphContentError(place: node.path, reason: "duplicate tensor \"\(name)\"")
            }
            let shape = try node.required("shape").elements().map { try $0.integer() }
            do {
                tensors[name] = try node.required("data").tensor(node.required("dtype").dtype(), shape)
            } catch let error as TensorError {
                throw GraphContentError(place: "tensor \"\(name)\"", reason: error.description)
            }
        }
        var labels: [String: [String]] = [:]
        for (symbol, node) in try root.optional("labels")?.members() ?? [] {
            labels[symbol] = try node.elements().map { try $0.string() }
        }
        return (tensors, labels)
    }
}
