import ArgumentParser
import AttendModels
import AttendRuntime

struct InspectCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show the contents of a graph file, a model folder or a safetensors file.",
        usage: "attend inspect <file> [<options>]")

    static let examples = [
        "attend inspect Examples/CrossAttention/translate.json", "attend inspect all-MiniLM-L6-v2 --optimized",
        "attend inspect all-MiniLM-L6-v2 --optimized --dot > minilm.dot",
        "attend inspect all-MiniLM-L6-v2 --check"
    ]
    static let essentials = ["optimized", "dot", "check", "json"]

    @Argument(
        help: "A graph (.json), a model folder, the name of a cached model, or a safetensors file.",
        completion: .file())
    var file: String

    @Flag(name: .long, help: "Show the effect of optimization: each pass, and the operations before and after.")
    var optimized = false

    @Flag(name: .long, help: "Print the graph for Graphviz.")
    var dot = false

    @Option(
        name: .customLong("without-pass"),
        help:
            "A pass to skip, by its name in the output of --optimized. Repeatable.",
        completion: .list(PassChoice.known))
    var omitted: [String] = []

    @Flag(
        name: .long,
        help:
            "Read all weights, and name the tensors with elements that are NaN, infinite or beyond --dtype; exit code 5 for any."
    )
    var check = false

    @OptionGroup var type: DTypeOption

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if check, optimized || dot { throw ValidationError("--check reads weights; --optimized and --dot show graphs") }
        if dot, json { throw ValidationError("--dot and --json are alternative forms; choose one") }
        try PassChoice.check(omitted)
        if !omitted.isEmpty, !optimized { throw ValidationError("--without-pass needs --optimized") }
    }

    func run() throws {
        try Exit.reporting {
            guard !file.isEmpty else { throw ValidationError("the file's name is empty") }
            let file = try ModelPlace.fileOrFolder(file)
            let isFolder = FileKind.isFolder(file)
            if !isFolder, !check { try type.refuse(for: file) }
            if check { return try report(WeightReport(of: file, dtype: type.value)) }
            if isFolder { return try show(ModelPlace.load(folder: file, dtype: type.value).graph()) }
            if try FileKind.isSafetensors(file) {
                guard !optimized, !dot else {
                    throw ValidationError("\(file) holds tensors; --optimized and --dot show graphs")
                }
                try inspect(SafetensorsFile(file))
            } else {
                try show(Graph(named: file))
            }
        }
    }

    private func report(_ report: WeightReport) throws {
        if json { try Terminal.write(report.json) } else { Terminal.write(report.lines.joined(separator: "\n")) }
        if !report.check.findings.isEmpty { throw ExitCode(Exit.badFile) }
    }

    private func show(_ graph: Graph) throws {
        guard optimized else { return dot ? Terminal.write(GraphDrawing(graph).dot) : try inspect(graph) }
        let optimization = try Optimization(graph, without: Set(omitted))
        if dot { return Terminal.write(GraphDrawing(optimization.after).dot) }
        if json { return try Terminal.write(optimization.json()) }
        Terminal.write(optimization.lines().joined(separator: "\n"))
        try inspect(optimization.after)
    }

    private func inspect(_ file: SafetensorsFile) throws {
        if json {
            let tensors = file.entries.map { entry in
                JSONValue.object([
                    .init("name", .string(entry.name)), .init("dtype", .string(entry.dtypeName)),
                    .init("shape", .array(entry.shape.map { .integer($0) })), .init("bytes", .integer(entry.byteCount))
                ])
            }
            let metadata = file.metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            return try Terminal.write(
                .object([
                    .init("version", .integer(1)), .init("file", .string(file.path)),
                    .init("metadata", .object(metadata)),
                    .init("tensors", .array(tensors))
                ]))
        }
        for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) { Terminal.write("# \(key): \(value)") }
        let width = file.entries.map(\.name.count).max() ?? 0
        for entry in file.entries {
            let padding = String(repeating: " ", count: width - entry.name.count)
            Terminal.write("\(entry.name)\(padding)  \(entry.dtypeName)  \(entry.shape)")
        }
        let bytes = file.entries.reduce(0) { $0 + $1.byteCount }
        Terminal.write("\(file.entries.count) tensors, \(bytes) bytes")
    }

    private func inspect(_ graph: Graph) throws {
        func described(_ id: Graph.ValueID) -> (name: String, type: String) {
            (graph.values[id].name, graph.type(of: id).description)
        }
        let inputs = graph.inputs.map(described)
        let states = graph.states.map { described($0.value) }
        let constants = graph.constants.map { ($0.name, "\($0.content.dtype)\($0.content.shape)") }
        let nodes = graph.nodes.map { node in
            let values = node.inputs.compactMap { $0.map { graph.values[$0].name } }.joined(separator: ", ")
            return (node.name, "\(node.operation.name)(\(values)) → \(graph.type(of: node.outputs[0]))")
        }
        let outputs = graph.outputs.map { ($0.name, "\(graph.values[$0.value].name): \(graph.type(of: $0.value))") }
        let sections = [
            ("inputs", inputs), ("states", states), ("constants", constants), ("nodes", nodes), ("outputs", outputs)
        ]
        if json {
            let members = sections.map { title, lines in
                JSONValue.Member(
                    title, .array(lines.map { .object([.init("name", .string($0.0)), .init("what", .string($0.1))]) }))
            }
            return try Terminal.write(
                .object([.init("version", .integer(1)), .init("graph", .string(graph.name))] + members))
        }
        Terminal.write("graph \(graph.name)")
        for (title, lines) in sections where !lines.isEmpty {
            Terminal.write("\(title):")
            for (name, what) in lines { Terminal.write("  \(name): \(what)") }
        }
    }
}
