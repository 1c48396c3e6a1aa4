import ArgumentParser
import AttendModels
import AttendRuntime

/// The source named by the argument of `attend count`: a preset, a file or a folder.
enum CountSource {
    static func model(_ name: String, _ type: DTypeOption, symbols: [String: Int]) throws -> CountableModel {
        var model: CountableModel
        let dtype = try type.value
        if let preset = try Preset.builtIn(name) {
            model = try CountableModel(preset, dtype: dtype)
        } else if name.hasSuffix(".json") {
            if try JSONNodeFile.root(of: name).optional("attend_preset") == nil {
                try type.refuse(for: "the graph \(name)")
                model = CountableModel(try Graph(named: name), path: name, fixedSymbols: [:])
            } else {
                model = try CountableModel(Preset(contentsOf: name), dtype: dtype)
            }
        } else if name.contains("/") || FileKind.isFolder(name) {
            model = try CountableModel(ModelPlace.load(folder: name, dtype: dtype))
        } else if let folder = ModelPlace.kept(name) {
            model = try CountableModel(ModelPlace.load(folder: folder, dtype: dtype))
        } else {
            let known = Preset.builtInNames + ModelPlace.known
            throw ValidationError(
                """
                there is no preset and no folder "\(name)"\(Nearest.hint(for: name, among: known)) (presets: \
                \(Preset.builtInNames.joined(separator: ", ")); `make demo` fetches a model into the cache)
                """
            )
        }
        for symbol in symbols.keys.sorted() where !model.graph.symbols.contains(symbol) {
            throw ValidationError(
                """
                --symbol \(symbol): the graph has no symbol of this \
                name\(Nearest.hint(for: symbol, among: model.graph.symbols)) (there are \
                \(model.graph.symbols.joined(separator: ", ")))
                """
            )
        }
        model.fixedSymbols.merge(symbols) { $1 }
        return model
    }

    /// Whether a word names a model's folder: one with a `config.json`, or with a `modules.json` that locates it.
    private static func isFolder(_ name: String) throws -> Bool {
        try InputFile.ifPresent("\(name)/config.json") != nil || InputFile.ifPresent("\(name)/modules.json") != nil
    }
}

/// A JSON file's root, with errors that name the file.
enum JSONNodeFile {
    static func root(of path: String) throws -> JSONNode {
        let bytes = try InputFile.contents(of: path)
        do {
            return JSONNode(try JSONValue(parsing: bytes))
        } catch {
            throw ModelError(path: path, reason: error.description)
        }
    }
}
