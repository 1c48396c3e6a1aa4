import ArgumentParser
import AttendModels
import AttendRuntime

struct CountCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count a transformer's parameters, and the cost of its attention as the context grows.",
        usage: """
            attend count <model> [<options>]
            attend count --list
            """,
        discussion: """
            All counts are computed from the model's graph; a preset holds only published sizes.
            """)

    static let examples = [
        "attend count gpt3", "attend count gpt3 --context 1024,2048 --svg context.svg",
        "attend count all-MiniLM-L6-v2 --json", "attend count Examples/CrossAttention/translate.json",
        "attend count --list"
    ]
    static let essentials = ["list", "context", "svg", "json"]

    @Argument(
        help:
            "A preset (see --list), a preset or graph file (.json), a model folder, or the name of a cached model.",
        completion: .list(Preset.builtInNames))
    var model: String?

    @Flag(name: .long, help: "List the presets and the sources of their sizes.")
    var list = false

    @Option(
        name: .long, help: "Context lengths in tokens, comma-separated. Default: five doublings up to the model's own.")
    var context: String?

    @Option(name: .long, help: "Fixed size of a symbol of the graph, as NAME=SIZE. Repeatable.")
    var symbol: [String] = []

    @OptionGroup var type: DTypeOption

    @Option(
        name: .long, help: "Write a chart of the cost over the context length to this file.",
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Flag(name: .long, help: "Print one JSON object: parameters, attention, context.")
    var json = false

    func validate() throws {
        if list, model != nil { throw ValidationError("--list lists presets; leave the model out") }
        if !list, model == nil { throw ValidationError("name a preset, a file or a folder; --list shows the presets") }
        _ = try contexts()
        try OutputPlaces.check(["--svg": svg], reading: [model.map { ModelPlace.kept($0) ?? $0 }])
    }

    func run() throws {
        try Exit.reporting {
            guard let model else { return try listPresets() }
            let counted = try CountSource.model(model, type, symbols: SymbolOption.sizes(symbol))
            let report = try CountReport(counted, contexts: contexts(), dtype: type.value)
            if let svg { try OutputFile.write(Array(CountChart(report).document.utf8), to: svg) }
            if json {
                try Terminal.write(report.json())
            } else {
                Terminal.write(report.lines(width: Terminal.width).joined(separator: "\n"))
            }
        }
    }

    /// The requested numbers of tokens; nil for the model's own.
    private func contexts() throws -> [Int]? {
        try context?.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let tokens = Int(text), (1...(1 << 24)).contains(tokens) else {
                throw ValidationError("--context takes numbers of tokens from 1 to \(1 << 24), found \"\(text)\"")
            }
            return tokens
        }
    }

    private func listPresets() throws {
        let presets = try Preset.builtInNames.compactMap { try Preset.builtIn($0) }
        if json {
            let items = presets.map { preset in
                JSONValue.object([
                    .init("name", .string(preset.name)), .init("title", .string(preset.title)),
                    .init("source", .string(preset.source))
                ])
            }
            return try Terminal.write(.object([.init("version", .integer(1)), .init("presets", .array(items))]))
        }
        for preset in presets {
            Terminal.write("\(preset.name)  \(preset.title)")
            for line in preset.source.wrapped(to: Terminal.width - 2) { Terminal.write("  \(line)") }
        }
    }
}

/// `NAME=SIZE` options.
enum SymbolOption {
    static func sizes(_ options: [String]) throws -> [String: Int] {
        var symbols: [String: Int] = [:]
        for text in options {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let size = Int(parts[1]), size >= 0 else {
                throw ValidationError("--symbol takes NAME=SIZE, found \"\(text)\"")
            }
            symbols[String(parts[0])] = size
        }
        return symbols
    }

    /// - Throws: `ValidationError` also for a symbol that is not in the graph.
    static func sizes(_ options: [String], of graph: Graph) throws -> [String: Int] {
        let symbols = try sizes(options)
        let known = Set(graph.values.flatMap(\.type.shape).flatMap(\.symbols)).sorted()
        for symbol in symbols.keys.sorted() where !known.contains(symbol) {
            let list = known.isEmpty ? "it has none" : "there are \(known.joined(separator: ", "))"
            throw ValidationError(
                """
                --symbol \(symbol): the graph has no symbol of this name\(Nearest.hint(for: symbol, among: known)) \
                (\(list))
                """)
        }
        return symbols
    }
}
