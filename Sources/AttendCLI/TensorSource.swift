import ArgumentParser
import AttendRuntime
import Foundation

/// A file with tensors: safetensors or handwritten JSON.
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

    var path: String {
        switch self {
        case .safetensors(let file): file.path
        case .text(let file): file.path
        }
    }

    var names: [String] {
        switch self {
        case .safetensors(let file): file.entries.map(\.name)
        case .text(let file): file.tensors.keys.sorted()
        }
    }

    func tensor(named name: String) throws -> Tensor {
        switch self {
        case .safetensors(let file): try file.tensor(named: name)
        case .text(let file): try file.tensor(named: name)
        }
    }

    /// All tensors by name.
    func tensors() throws -> [String: Tensor] {
        var all: [String: Tensor] = [:]
        for name in names { all[name] = try tensor(named: name) }
        return all
    }

    /// A tensor for each input of the graph; warns of unused tensors.
    ///
    /// - Parameter completing: A function from all tensors of the file to those of the graph; without it tensors are
    ///   read by name.
    /// - Throws: `FileError` that names the file for a dtype or shape that doesn't match the graph's input; otherwise
    ///   `RunError`, as thrown by a session.
    func inputs(
        of graph: Graph, given symbols: [String: Int],
        completing: (([String: Tensor]) throws -> [String: Tensor])? = nil
    ) throws -> [String: Tensor] {
        if let completing {
            return try checked(completing(tensors()), of: graph, given: symbols)
        }
        let wanted = graph.inputs.map { graph.values[$0].name }
        var tensors: [String: Tensor] = [:]
        for name in wanted { tensors[name] = try tensor(named: name) }
        let unread = names.filter { tensors[$0] == nil }
        if !unread.isEmpty {
            let shown = unread.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
            let rest = unread.count > 5 ? " and \(unread.count - 5) more" : ""
            Terminal.log("attend: warning: \(path): the graph has no input for the tensors \(shown)\(rest)")
        }
        return try checked(tensors, of: graph, given: symbols)
    }

    /// The tensors, checked against the types of the graph's inputs.
    private func checked(
        _ tensors: [String: Tensor], of graph: Graph, given symbols: [String: Int]
    ) throws -> [String: Tensor] {
        do throws(GraphError) {
            _ = try graph.bindSymbols(tensors.mapValues { (dtype: $0.dtype, shape: $0.shape) }, given: symbols)
        } catch {
            let isOfFile =
                switch error {
                case .type, .size: true
                // The conflict is between two inputs, not between an input and --symbol.
                case .symbol(let symbol, _, _, _, _): symbols[symbol] == nil
                default: false
                }
            throw isOfFile ? FileError(path: path, reason: "\(error)") : RunError.graph(error)
        }
        return tensors
    }
}

extension TensorSource? {
    /// As ``TensorSource/inputs(of:given:)``; a graph without inputs needs no file.
    func inputs(of graph: Graph, given symbols: [String: Int]) throws -> [String: Tensor] {
        if let source = self { return try source.inputs(of: graph, given: symbols) }
        guard graph.inputs.isEmpty else {
            throw ValidationError("the graph has inputs; name their file with --inputs")
        }
        return [:]
    }
}

/// The kind of a file, by its first bytes.
enum FileKind {
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether a file is safetensors: "{" follows eight bytes of length; a JSON file begins with it.
    static func isSafetensors(_ path: String) throws -> Bool {
        let start = try InputFile(path)
        let first = start.byteCount > 0 ? try start.bytes(at: 0, count: min(9, start.byteCount)) : []
        return path.hasSuffix(".safetensors") || (first.count == 9 && first[8] == UInt8(ascii: "{") && first[7] == 0)
    }

    /// Whether the text of a file begins like a JSON object.
    static func isJSON(_ path: String) throws -> Bool {
        let start = try InputFile(path)
        let first = try start.bytes(at: 0, count: min(4096, start.byteCount))
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first[3...] : first[...]
        return text.first { !Array(" \t\r\n".utf8).contains($0) } == UInt8(ascii: "{")
    }
}

extension Graph {
    /// Reads a graph file named on the command line.
    ///
    /// - Throws: As ``Graph/init(contentsOf:)``; for other kinds of files, a `FileError` that names the kind.
    init(named path: String) throws {
        guard !FileKind.isFolder(path) else {
            throw FileError(path: path, reason: "is a folder, not a graph file; attend inspect shows a model's graph")
        }
        guard try !FileKind.isSafetensors(path) else {
            throw FileError(
                path: path,
                reason:
                    "is a safetensors file, not a graph file (.json); attend inspect shows its contents")
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
        if root["attend_tensors"] != nil { return "holds tensors, not a graph; pass it with --inputs" }
        if root["attend_preset"] != nil {
            return "is a preset, not a graph; use it with attend count or attend run --preset"
        }
        if root["model_type"] != nil || root["architectures"] != nil {
            return "is a model's config.json, not a graph; name its folder"
        }
        return "is JSON, but not a graph: the key \"attend\" with the version is missing"
    }
}
