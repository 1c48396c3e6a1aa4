public import AttendRuntime

/// A well-known transformer by its sizes, with the place where they are published: no weights.
///
/// A preset is a JSON file, see `Presets/Files`; those are built into the program, and any other can be read from disk.
public struct Preset: Sendable, Hashable {
    /// What it is called on the command line: its file's name.
    public var name: String
    public var title: String
    /// Where its sizes come from.
    public var source: String
    /// The most tokens that it was made for.
    public var contextLimit: Int
    public var configuration: TransformerConfiguration
    /// Where it was read, for errors.
    let file: String

    /// The graph of these sizes.
    ///
    /// - Throws: ``ModelError`` that names the preset's file, where sizes don't fit together; what the weight source throws.
    public func graph(weights: WeightSource) throws -> Graph {
        do {
            return try Transformer(configuration, name: name, weights: weights).graph()
        } catch let error as GraphError {
            throw ModelError(path: file, reason: "the sizes don't fit together: \(error)")
        } catch let error as ModelError where error.path == name {
            throw ModelError(path: file, reason: error.reason)
        }
    }

    /// The presets that come with Attend, by name.
    public static var builtInNames: [String] { PresetFiles.texts.keys.sorted() }

    /// The built-in preset of this name; nil where there is none.
    ///
    /// - Throws: ``ModelError`` for a file that is no preset.
    public static func builtIn(_ name: String) throws -> Preset? {
        try PresetFiles.texts[name].map { try Preset(name: name, file: ModelFile(name: "\(name).json", text: $0)) }
    }

    /// Reads a preset's file.
    ///
    /// - Throws: ``FileError``, or ``ModelError`` that names the key, what was expected and what was found.
    public init(contentsOf path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        try self.init(name: name.hasSuffix(".json") ? String(name.dropLast(5)) : name, file: ModelFile(path))
    }
}
