public import AttendRuntime

/// The sizes of a published transformer, with their source; without weights.
///
/// A preset is a JSON file, see `Presets/Files`. Those are built into the program; others can be read from disk.
public struct Preset: Sendable, Hashable {
    /// The name on the command line: the file's name without `.json`.
    public var name: String
    /// The model's name for reports.
    public var title: String
    /// The publication of the sizes.
    public var source: String
    /// The model's maximum number of tokens.
    public var contextLimit: Int
    /// The sizes and choices of the transformer.
    public var configuration: TransformerConfiguration
    /// The preset's file, for errors.
    let file: String

    /// The transformer's graph.
    ///
    /// - Parameters:
    ///   - dtype: The floating-point dtype to compute in; see ``Transformer``.
    ///   - weights: The source of the weights.
    /// - Throws: ``ModelError`` that names the preset's file, for inconsistent sizes; the errors of the weight source.
    public func graph(dtype: DType = .float32, weights: WeightSource) throws -> Graph {
        do {
            return try Transformer(configuration, name: name, dtype: dtype, weights: weights).graph()
        } catch let error as GraphError {
            throw ModelError(path: file, reason: "inconsistent sizes: \(error)")
        } catch let error as ModelError where error.path == name {
            throw ModelError(path: file, reason: error.reason)
        }
    }

    /// The names of the built-in presets, sorted.
    public static var builtInNames: [String] { PresetFiles.texts.keys.sorted() }

    /// The built-in preset of this name; nil if there is none.
    ///
    /// - Throws: ``ModelError`` for an invalid file.
    public static func builtIn(_ name: String) throws -> Preset? {
        try PresetFiles.texts[name].map { try Preset(name: name, file: ModelFile(name: "\(name).json", text: $0)) }
    }

    /// Reads a preset file; its name is the file's name without `.json`.
    ///
    /// - Throws: ``FileError``, or ``ModelError`` that names the key, the expected and the found value.
    public init(contentsOf path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        try self.init(name: name.hasSuffix(".json") ? String(name.dropLast(5)) : name, file: ModelFile(path))
    }
}
