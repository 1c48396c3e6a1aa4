import ArgumentParser
import Attend
import AttendCore

/// What the word behind `attend count` means: a preset, a file or a folder.
enum CountSource {
    static func model(_ name: String, symbols: [String: Int]) throws -> CountableModel {
        var model: CountableModel
        if let preset = try Preset.builtIn(name) {
            model = try CountableModel(preset)
        } else if name.hasSuffix(".json") {
            let root = try JSONNodeFile.root(of: name)
            model =
                try root.optional("attend_preset") == nil
                ? CountableModel(try Graph(contentsOf: name), path: name, fixedSymbols: [:])
                : CountableModel(try Preset(contentsOf: name))
        } else if name.contains("/") || (try? InputFile("\(name)/config.json")) != nil {
            model = try CountableModel(folder: name)
        } else {
            throw ValidationError(
                "there is no preset \"\(name)\"\(Nearest.hint(for: name, among: Preset.builtInNames)) (known are \(Preset.builtInNames.joined(separator: ", "))), and no folder of this name with a config.json"
            )
        }
        for symbol in symbols.keys.sorted() where !model.graph.symbols.contains(symbol) {
            throw ValidationError(
                "--symbol \(symbol): no size has this name\(Nearest.hint(for: symbol, among: model.graph.symbols)) (there are \(model.graph.symbols.joined(separator: ", ")))"
            )
        }
        model.fixedSymbols.merge(symbols) { $1 }
        return model
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
