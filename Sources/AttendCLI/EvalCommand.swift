import ArgumentParser
import AttendRegistry
import AttendRuntime

struct EvalCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Run a graph file on tensors from a file, and write, print or draw the outputs.",
        usage: "attend eval <graph> [--inputs <inputs>] [<options>]",
        discussion: """
            Every input of the graph is read from the tensor of the same name. Inputs are safetensors, or JSON: \
            {"attend_tensors": 1, "labels": {SYMBOL: [TOKEN, …]}, "tensors": [{"name", "dtype", "shape", "data"}]}.

            --grid draws rows downward and columns across: for an attention pattern, queries and keys. Darker cells \
            have larger weights. Labels belong to the symbol that gives the size of an axis in the graph.
            """)

    static let examples = [
        "cd Examples/CrossAttention", "attend eval translate.json --inputs sentence.json --grid pattern",
        "attend eval translate.json --inputs sentence.json --output out.safetensors",
        "attend eval translate.json --inputs sentence.json --compare out.safetensors"
    ]
    static let essentials = ["inputs", "output", "print", "grid", "compare", "backend", "json"]

    @Argument(help: "The graph file.", completion: .file(extensions: ["json"]))
    var graph: String

    @Option(
        name: .long, help: "Input tensors, safetensors or JSON. Required if the graph has inputs.",
        completion: .file(extensions: ["safetensors", "json"]))
    var inputs: String?

    @Option(
        name: .long, help: "The safetensors file to write the outputs to.",
        completion: .file(extensions: ["safetensors"]))
    var output: String?

    @Option(name: .customLong("print"), help: "An output to print as numbers. Repeatable.")
    var printed: [String] = []

    @Option(name: .customLong("grid"), help: "An output to draw as a grid, such as an attention pattern. Repeatable.")
    var drawn: [String] = []

    @Option(
        name: .long,
        help: "Labels for the positions along a symbol, as SYMBOL=\"TOKEN TOKEN …\", instead of the file's. Repeatable."
    )
    var labels: [String] = []

    @Option(
        name: .long, help: "When to draw in color: auto (on a terminal, without NO_COLOR), always or never.",
        completion: .list(ColorChoice.allCases.map(\.rawValue)), transform: Choice.parse("color"))
    var color = ColorChoice.auto

    @Option(
        name: .long,
        help:
            """
            Outputs of another run (safetensors): print the largest difference of each output, and fail beyond \
            --tolerance.
            """,
        completion: .file(extensions: ["safetensors", "json"]))
    var compare: String?

    @Option(name: .long, help: "Largest allowed difference: |found - expected| <= tolerance * (1 + |expected|).")
    var tolerance = 1e-5

    @OptionGroup(title: "Backends") var choice: BackendChoice

    @OptionGroup(title: "Execution") var execution: ExecutionOptions

    @Option(
        name: .long,
        help:
            "Size of a symbol that no input determines, as NAME=SIZE, such as a cache's capacity. Repeatable.")
    var symbol: [String] = []

    @Flag(
        name: .long,
        help: "Print one JSON object: graph, backend, device, outputs (with data for --print), placements, seconds.")
    var json = false

    func validate() throws {
        guard output != nil || compare != nil || !printed.isEmpty || !drawn.isEmpty else {
            throw ValidationError("name a file with --output, or an output of the graph with --print or --grid")
        }
        if json, !drawn.isEmpty {
            throw ValidationError("--grid can't be combined with --json; use --print for the numbers")
        }
        try OutputPlaces.check(["--output": output, "--trace": execution.trace], reading: [graph, inputs, compare])
        guard tolerance >= 0, tolerance.isFinite else {
            throw ValidationError("--tolerance must be at least 0, found \(tolerance)")
        }
    }

    func run() throws {
        try Exit.reporting {
            // A missing backend is reported before any file is read.
            let named = try choice.makeNamed()
            let graph = try Graph(named: graph)
            let types = try wantedTypes(of: graph)
            let source = try inputs.map(TensorSource.init)
            var file: TensorTextFile?
            if case .text(let text) = source { file = text }
            let words = try Labels(file: file, options: labels)
            let symbols = try SymbolOption.sizes(symbol, of: graph)
            let tensors = try source.inputs(of: graph, given: symbols)
            let prepared = try PreparedRun(graph, inputs: tensors, symbols: symbols, on: named, choice, execution)
            let (session, plan) = (prepared.session, prepared.plan)
            try words.check(graph, plan.symbols)
            let expected = try compare.map(TensorSource.init)

            var results: [String: Tensor] = [:]
            let time = try ContinuousClock().measure {
                results = try execution.shadowed(session, choice) { try session.run(tensors) }
            }
            if let output { try SafetensorsFile.write(results, to: output) }
            let placements = try prepared.reportPlacements(tensors, choice, execution)
            let comparisons = try expected.map { try self.comparisons(results, $0) } ?? []
            let report = EvalReport(
                graph: graph, device: prepared.device, plan: plan, placements: placements,
                results: results,
                printed: Set(printed),
                comparisons: comparisons, seconds: time.inSeconds)
            if json {
                try Terminal.write(report.json())
            } else {
                try show(results, types, words)
                for comparison in comparisons { Terminal.write(comparison.line(compare ?? "")) }
                if printed.isEmpty, drawn.isEmpty, comparisons.isEmpty { Terminal.write(report.outputs) }
                Terminal.log(report.summary)
            }
            if let fault = comparisons.lazy.compactMap(\.fault).first { throw fault }
        }
    }

    // MARK: Showing

    /// The types of the outputs to show; throws before the run for outputs that can't be shown.
    private func wantedTypes(of graph: Graph) throws(ShowError) -> [String: TensorType] {
        let known = graph.outputs.map(\.name)
        var types: [String: TensorType] = [:]
        for name in printed + drawn {
            guard let output = graph.outputs.first(where: { $0.name == name }) else {
                throw .unknownOutput(name: name, graph: graph.name, known: known)
            }
            types[name] = graph.type(of: output.value)
        }
        for name in drawn { if let type = types[name] { try GridPicture.check(name, type) } }
        return types
    }

    private func show(_ results: [String: Tensor], _ types: [String: TensorType], _ words: Labels) throws {
        func shown(_ name: String) -> ShownOutput? {
            guard let tensor = results[name], let type = types[name] else { return nil }
            return ShownOutput(name, tensor, type, words)
        }
        for output in printed.compactMap(shown) {
            Terminal.write(([output.heading] + output.numbers()).joined(separator: "\n"))
        }
        for output in drawn.compactMap(shown) {
            let picture = GridPicture(output: output, color: color.isOn, width: Terminal.width)
            try Terminal.write(([output.heading] + picture.lines()).joined(separator: "\n"))
        }
    }

    private func comparisons(_ results: [String: Tensor], _ expected: TensorSource) throws -> [Comparison] {
        try results.sorted { $0.key < $1.key }.map { name, tensor in
            try Comparison(
                name, found: tensor, expected: expected.tensor(named: name), in: compare ?? "", tolerance: tolerance)
        }
    }
}
